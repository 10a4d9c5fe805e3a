-- analysis.additions_by_month: titles by the month in which they came to the catalogue, and how many there were then.
-- in   titles.features
-- out  month      varchar  2021-09
--      titles     bigint   how many
--      movies     bigint   of them
--      tv_shows   bigint   of them
--      catalogue  bigint   titles added up to its end
with counted as (
  select
    concat(cast(year_added as varchar), '-', lpad(cast(month_added as varchar), 2, '0')) as month,
    cast(count(*) as bigint) as titles,
    cast(count(*) filter (where type = 'Movie') as bigint) as movies,
    cast(count(*) filter (where type = 'TV Show') as bigint) as tv_shows
  from titles.features
  where date_added is not null
  group by year_added, month_added
)
select
  month, titles, movies, tv_shows,
  cast(sum(titles) over (order by month) as bigint) as catalogue
from counted
order by month
