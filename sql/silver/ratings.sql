-- silver.ratings: one rating per user and title, the latest one.
-- The later time wins, among equal times the later load, in one load the later line.
-- in   silver.checked_ratings
-- out  user_id   varchar      as the source names the user
--      item_id   varchar      as the source names the title
--      rating    double       within the scale of its load, 0.5 .. 5 unless set otherwise
--      rated_at  timestamptz  UTC, whole seconds
select
  user_id,
  item_id,
  max_by(rating, {'time': rated_at, 'load': loaded_at, 'line': line}) as rating,
  max(rated_at) as rated_at
from silver.checked_ratings
where reject_reason is null
group by user_id, item_id
