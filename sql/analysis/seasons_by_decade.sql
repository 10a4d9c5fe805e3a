-- analysis.seasons_by_decade: seasons of TV shows, by the decade of their release.
-- in   titles.features
-- out  decade            integer  its first year
--      tv_shows          bigint   of known length
--      mean_seasons      double   arithmetic
--      most_seasons      integer  the most
--      one_season_share  double   of them, 0 to 1
select
  decade,
  cast(count(*) as bigint) as tv_shows,
  round(avg(seasons), 4) as mean_seasons,
  max(seasons) as most_seasons,
  round(count(*) filter (where seasons = 1) / count(*), 4) as one_season_share
from titles.features
where seasons is not null and decade is not null
group by decade
order by decade
