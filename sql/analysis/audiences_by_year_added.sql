-- analysis.audiences_by_year_added: the mix of audiences in what came each year, and how it changed.
-- in   titles.features
-- out  year_added        integer  of the addition
--      content_category  varchar  the audience
--      titles            bigint   how many
--      share             double   of the year's titles, 0 to 1
--      change            double   of the share, against the last year that had this audience; null for the first
with counted as (
  select year_added, content_category, cast(count(*) as bigint) as titles
  from titles.features
  where year_added is not null
  group by year_added, content_category
),
shared as (
  select *, titles / sum(titles) over (partition by year_added) as part
  from counted
)
select
  year_added, content_category, titles,
  round(part, 4) as share,
  round(part - lag(part) over (partition by content_category order by year_added), 4) as change
from shared
order by year_added, titles desc, content_category
