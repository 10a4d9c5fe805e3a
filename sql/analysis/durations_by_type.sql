-- analysis.durations_by_type: how long titles are: movies in minutes, TV shows in seasons.
-- in   titles.features
-- out  type      varchar  Movie or TV Show
--      unit      varchar  minutes or seasons
--      titles    bigint   of known duration
--      mean      double   arithmetic
--      p10       double   a tenth is not longer
--      median    double   half is not longer
--      p90       double   a tenth is longer
--      shortest  integer  the least
--      longest   integer  the most
with measured as (
  select
    type,
    case when type = 'Movie' then 'minutes' else 'seasons' end as unit,
    coalesce(duration_minutes, seasons) as duration
  from titles.features
  where duration_minutes is not null or seasons is not null
)
select
  type, unit,
  cast(count(*) as bigint) as titles,
  round(avg(duration), 4) as mean,
  cast(percentile_cont(0.1) within group (order by duration) as double) as p10,
  cast(median(duration) as double) as median,
  cast(percentile_cont(0.9) within group (order by duration) as double) as p90,
  min(duration) as shortest,
  max(duration) as longest
from measured
group by type, unit
order by type
