-- analysis.movie_minutes_histogram: movies by duration, in steps of ten minutes.
-- in   titles.features
-- out  from_minutes  integer  the least of the step
--      to_minutes    integer  the least of the next
--      movies        bigint   how many
select
  cast(floor(duration_minutes / 10) * 10 as integer) as from_minutes,
  cast(floor(duration_minutes / 10) * 10 + 10 as integer) as to_minutes,
  cast(count(*) as bigint) as movies
from titles.features
where duration_minutes is not null
group by 1, 2
order by from_minutes
