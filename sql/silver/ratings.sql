-- silver.ratings: one rating per user and title, the latest one, loaded or given since.
-- The later time wins, among equal times the later load, in one load the later line. What a user took back goes,
-- unless it was given again later.
-- in   silver.checked_ratings
--      silver.checked_events
-- out  user_id   varchar      as the source names the user
--      item_id   varchar      as the source names the title
--      rating    double       within the scale of its load, 0.5 .. 5 unless set otherwise
--      rated_at  timestamptz  UTC, whole seconds
with given as (
  select user_id, item_id, rating, cast(epoch(rated_at) as bigint) * 1000 as time_ms, loaded_at, line
  from silver.checked_ratings
  where reject_reason is null
  union all
  select user_id, item_id, rating, time_ms, loaded_at, line
  from silver.checked_events
  where reject_reason is null and kind = 'rating'
),
taken_back as (
  select user_id, item_id, max(time_ms) as taken_ms
  from silver.checked_events
  where reject_reason is null and kind = 'remove'
  group by user_id, item_id
)
select
  g.user_id,
  g.item_id,
  max_by(g.rating, {'time': g.time_ms, 'load': g.loaded_at, 'line': g.line}) as rating,
  to_timestamp(floor(max(g.time_ms) / 1000)) as rated_at
from given g
left join taken_back t on t.user_id = g.user_id and t.item_id = g.item_id
where t.taken_ms is null or g.time_ms > t.taken_ms
group by g.user_id, g.item_id
