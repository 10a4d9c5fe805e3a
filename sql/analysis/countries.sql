-- analysis.countries: titles by country; one of several countries counts in each.
-- in   analysis.title_countries
-- out  country         varchar  as the source names it
--      region          varchar  the part of the world that it is in
--      titles          bigint   how many
--      primary_titles  bigint   of which it is the first country
--      movies          bigint   of them
--      tv_shows        bigint   of them
--      coproductions   bigint   with another country
select
  country, region,
  cast(count(*) as bigint) as titles,
  cast(count(*) filter (where is_primary) as bigint) as primary_titles,
  cast(count(*) filter (where type = 'Movie') as bigint) as movies,
  cast(count(*) filter (where type = 'TV Show') as bigint) as tv_shows,
  cast(count(*) filter (where is_coproduction) as bigint) as coproductions
from analysis.title_countries
group by country, region
order by titles desc, country
