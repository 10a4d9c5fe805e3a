-- analysis.country_pairs: the fifty pairs of countries that made the most titles together.
-- in   analysis.title_countries
-- out  country  varchar  the first by name
--      partner  varchar  the second by name
--      titles   bigint   how many
select one.country, other.country as partner, cast(count(*) as bigint) as titles
from analysis.title_countries as one
join analysis.title_countries as other on other.show_id = one.show_id and other.country > one.country
group by one.country, other.country
order by titles desc, one.country, partner
limit 50
