-- analysis.production_by_year: titles by the year of their release.
-- in   titles.features
-- out  release_year  integer  of the release
--      titles        bigint   how many
--      movies        bigint   of them
--      tv_shows      bigint   of them
select
  release_year,
  cast(count(*) as bigint) as titles,
  cast(count(*) filter (where type = 'Movie') as bigint) as movies,
  cast(count(*) filter (where type = 'TV Show') as bigint) as tv_shows
from titles.features
where release_year is not null
group by release_year
order by release_year
