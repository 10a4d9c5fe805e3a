-- analysis.ratings: titles by audience rating.
-- in   titles.features
-- out  rating            varchar  as the source names it; null for none
--      content_category  varchar  the audience that it stands for
--      titles            bigint   how many
--      movies            bigint   of them
--      tv_shows          bigint   of them
--      share             double   of all titles, 0 to 1
select
  rating, content_category,
  cast(count(*) as bigint) as titles,
  cast(count(*) filter (where type = 'Movie') as bigint) as movies,
  cast(count(*) filter (where type = 'TV Show') as bigint) as tv_shows,
  round(count(*) / sum(count(*)) over (), 4) as share
from titles.features
group by rating, content_category
order by titles desc, rating
