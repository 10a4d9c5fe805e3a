-- gold.popularity: how often each title was rated in the last days before the newest rating of all.
-- in   gold.interactions
-- out  window_days      integer  7, 30, 90, 365; 0 for all time
--      item_row         integer  see gold.items; titles without a rating in the window are left out
--      n_ratings        bigint   in the window
--      popularity_rank  bigint   1 for the most rated; equal counts share a rank
with newest as (
  select epoch(max(rated_at)) as newest_s
  from gold.interactions
),
counts as (
  select
    i.item_row,
    count(*) as n_all,
    count_if(epoch(i.rated_at) > n.newest_s - 7 * 86400) as n_7,
    count_if(epoch(i.rated_at) > n.newest_s - 30 * 86400) as n_30,
    count_if(epoch(i.rated_at) > n.newest_s - 90 * 86400) as n_90,
    count_if(epoch(i.rated_at) > n.newest_s - 365 * 86400) as n_365
  from gold.interactions i
  cross join newest n
  group by i.item_row
),
windows as (
  select 0 as window_days, item_row, n_all as n_ratings from counts
  union all
  select 7 as window_days, item_row, n_7 as n_ratings from counts
  union all
  select 30 as window_days, item_row, n_30 as n_ratings from counts
  union all
  select 90 as window_days, item_row, n_90 as n_ratings from counts
  union all
  select 365 as window_days, item_row, n_365 as n_ratings from counts
)
select
  cast(window_days as integer) as window_days,
  item_row,
  cast(n_ratings as bigint) as n_ratings,
  cast(rank() over (partition by window_days order by n_ratings desc) as bigint) as popularity_rank
from windows
where n_ratings > 0
