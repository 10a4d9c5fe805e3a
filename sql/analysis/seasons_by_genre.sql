-- analysis.seasons_by_genre: seasons of TV shows, by genre; one of several genres counts in each.
-- in   analysis.title_genres
-- out  genre             varchar  as the source names it
--      tv_shows          bigint   of known length
--      mean_seasons      double   arithmetic
--      most_seasons      integer  the most
--      one_season_share  double   of them, 0 to 1
select
  genre,
  cast(count(*) as bigint) as tv_shows,
  round(avg(seasons), 4) as mean_seasons,
  max(seasons) as most_seasons,
  round(count(*) filter (where seasons = 1) / count(*), 4) as one_season_share
from analysis.title_genres
where seasons is not null
group by genre
order by genre
