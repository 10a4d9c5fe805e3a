-- analysis.movie_minutes_by_decade: how long movies are, by the decade of their release.
-- in   titles.features
-- out  decade    integer  its first year
--      movies    bigint   of known duration
--      mean      double   arithmetic
--      p10       double   a tenth is not longer
--      median    double   half is not longer
--      p90       double   a tenth is longer
--      shortest  integer  the least
--      longest   integer  the most
select
  decade,
  cast(count(*) as bigint) as movies,
  round(avg(duration_minutes), 4) as mean,
  cast(percentile_cont(0.1) within group (order by duration_minutes) as double) as p10,
  cast(median(duration_minutes) as double) as median,
  cast(percentile_cont(0.9) within group (order by duration_minutes) as double) as p90,
  min(duration_minutes) as shortest,
  max(duration_minutes) as longest
from titles.features
where duration_minutes is not null and decade is not null
group by decade
order by decade
