-- analysis.coproductions_by_year: titles of several countries, by the year of their release.
-- in   titles.features
-- out  release_year   integer  of the release
--      titles         bigint   of which the country is known
--      coproductions  bigint   of several countries
--      share          double   of those titles, 0 to 1
select
  release_year,
  cast(count(*) as bigint) as titles,
  cast(count(*) filter (where is_coproduction) as bigint) as coproductions,
  round(count(*) filter (where is_coproduction) / count(*), 4) as share
from titles.features
where country_count > 0 and release_year is not null
group by release_year
order by release_year
