-- analysis.audiences_by_country: the mix of audiences of the ten countries with the most titles.
-- in   analysis.title_countries
-- out  country           varchar  as the source names it
--      content_category  varchar  the audience
--      titles            bigint   how many
--      share             double   of the country's titles, 0 to 1
with largest as (
  select country
  from analysis.title_countries
  group by country
  order by count(*) desc, country
  limit 10
),
counted as (
  select country, content_category, cast(count(*) as bigint) as titles
  from analysis.title_countries
  where country in (select country from largest)
  group by country, content_category
)
select
  country, content_category, titles,
  round(titles / sum(titles) over (partition by country), 4) as share
from counted
order by country, titles desc, content_category
