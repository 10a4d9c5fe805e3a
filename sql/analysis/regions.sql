-- analysis.regions: titles by part of the world; one of several counts in each, once.
-- in   analysis.title_countries
-- out  region     varchar  the part of the world
--      countries  bigint   with a title
--      titles     bigint   how many
--      movies     bigint   of them
--      tv_shows   bigint   of them
select
  region,
  cast(count(distinct country) as bigint) as countries,
  cast(count(distinct show_id) as bigint) as titles,
  cast(count(distinct case when type = 'Movie' then show_id end) as bigint) as movies,
  cast(count(distinct case when type = 'TV Show' then show_id end) as bigint) as tv_shows
from analysis.title_countries
group by region
order by titles desc, region
