-- silver.checked_events (view): ratings given, and opinions taken back, since the data was loaded, with the reason why one cannot be used, if any.
-- A rating is judged on the scale of the newest load. A clock may be a day ahead.
-- in   bronze.events
--      bronze.loads
-- out  user_id        varchar      without blanks around it
--      item_id        varchar      without blanks around it
--      kind           varchar      rating, or remove: what was said before of the title no longer stands
--      rating         double       null for a remove
--      time_ms        bigint       when it happened, milliseconds since 1970
--      source_file    varchar      event log
--      line           bigint       its place in the log
--      load_id        varchar      the run that brought it
--      loaded_at      timestamptz  when that run began, UTC
--      reject_column  varchar      the column at fault
--      reject_value   varchar      what stood there
--      reject_reason  varchar      null for a good row
-- reject  user_id is empty | item_id is empty | rating is empty | rating is out of range
--         timestamp is before 1990 | timestamp is more than a day after the load
with scale as (
  select
    coalesce(max_by(rating_min, loaded_at), 0.5) as rating_min,
    coalesce(max_by(rating_max, loaded_at), 5.0) as rating_max
  from bronze.loads
),
typed as (
  select
    trim(e.user_id) as user_id,
    trim(e.item_id) as item_id,
    e.kind,
    case when e.kind = 'rating' then e.value end as rating,
    e.time_ms, e.log_offset, e.load_id, e.loaded_at,
    floor(epoch(e.loaded_at)) * 1000 as loaded_ms,
    s.rating_min, s.rating_max
  from bronze.events e
  cross join scale s
  where e.kind = 'rating' or e.kind = 'remove'
),
judged as (
  select
    *,
    case
      when coalesce(user_id, '') = '' then 'user_id is empty'
      when coalesce(item_id, '') = '' then 'item_id is empty'
      when kind = 'rating' and rating is null then 'rating is empty'
      when kind = 'rating' and not rating between rating_min and rating_max then 'rating is out of range'
      when time_ms < 631152000000 then 'timestamp is before 1990'
      when time_ms > loaded_ms + 86400000 then 'timestamp is more than a day after the load'
    end as reject_reason
  from typed
)
select
  user_id, item_id, kind, rating, time_ms,
  'event log' as source_file, log_offset as line, load_id, loaded_at,
  split_part(reject_reason, ' ', 1) as reject_column,
  case
    when reject_reason like 'user_id%' then user_id
    when reject_reason like 'item_id%' then item_id
    when reject_reason like 'rating%' then cast(rating as varchar)
    when reject_reason like 'timestamp%' then cast(time_ms as varchar)
  end as reject_value,
  reject_reason
from judged
