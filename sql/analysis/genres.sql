-- analysis.genres: titles by genre; one of several genres counts in each.
-- in   analysis.title_genres
-- out  genre     varchar  as the source names it
--      titles    bigint   how many
--      movies    bigint   of them
--      tv_shows  bigint   of them
select
  genre,
  cast(count(*) as bigint) as titles,
  cast(count(*) filter (where type = 'Movie') as bigint) as movies,
  cast(count(*) filter (where type = 'TV Show') as bigint) as tv_shows
from analysis.title_genres
group by genre
order by titles desc, genre
