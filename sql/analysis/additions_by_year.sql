-- analysis.additions_by_year: titles by the year in which they came to the catalogue.
-- in   titles.features
-- out  year_added     integer  of the addition
--      titles         bigint   how many
--      movies         bigint   of them
--      tv_shows       bigint   of them
--      tv_show_share  double   of the year's titles, 0 to 1
--      growth         double   against the year before: 0.5 is half as many again; null for the first
with counted as (
  select
    year_added,
    cast(count(*) as bigint) as titles,
    cast(count(*) filter (where type = 'Movie') as bigint) as movies,
    cast(count(*) filter (where type = 'TV Show') as bigint) as tv_shows
  from titles.features
  where year_added is not null
  group by year_added
)
select
  year_added, titles, movies, tv_shows,
  round(tv_shows / titles, 4) as tv_show_share,
  round(titles / lag(titles) over (order by year_added) - 1, 4) as growth
from counted
order by year_added
