-- analysis.additions_by_calendar_month: the season of additions: titles by the month of the year in which they came.
-- in   titles.features
-- out  month_added  integer  1 to 12
--      titles       bigint   how many
--      share        double   of all titles with a date, 0 to 1
select
  month_added,
  cast(count(*) as bigint) as titles,
  round(count(*) / sum(count(*)) over (), 4) as share
from titles.features
where month_added is not null
group by month_added
order by month_added
