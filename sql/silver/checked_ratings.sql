-- silver.checked_ratings (view): every rating, typed, with the reason why it cannot be used, if any.
-- A time without a date in it counts seconds since 1970, or milliseconds from 100,000,000,000 on.
-- A source that has no times at all gives each rating the time of its load.
-- in   bronze.ratings
--      bronze.loads
-- out  user_id        varchar      without blanks around it
--      item_id        varchar      without blanks around it
--      rating         double       null when it is not a number
--      rated_at       timestamptz  UTC; null when there is a reject reason
--      source_file    varchar      where it came from
--      line           bigint       where it came from
--      load_id        varchar      the load that brought it
--      loaded_at      timestamptz  when that load began, UTC
--      reject_column  varchar      the column at fault; null for the whole line
--      reject_value   varchar      what stood there
--      reject_reason  varchar      null for a good row
-- reject  the line is malformed: <why> | user_id is empty | item_id is empty | rating is empty
--         rating is not a number | rating is out of range | timestamp is empty | timestamp is not a time
--         timestamp is before 1990 | timestamp is after the load
with typed as (
  select
    trim(r.user_id) as user_id,
    trim(r.item_id) as item_id,
    r.rating as raw_rating,
    r.timestamp as raw_timestamp,
    try_cast(r.rating as double) as rating,
    coalesce(try_cast(r.timestamp as double), epoch(try_cast(r.timestamp as timestamptz))) as number,
    coalesce(l.rating_min, 0.5) as rating_min,
    coalesce(l.rating_max, 5.0) as rating_max,
    floor(epoch(r.loaded_at)) as loaded_s,
    r.source_file, r.line, r.malformed, r.raw_line, r.load_id, r.loaded_at
  from bronze.ratings r
  left join bronze.loads l on l.load_id = r.load_id
),
timed as (
  select
    *,
    case
      when raw_timestamp is null then loaded_s
      when number >= 100000000000 then floor(number / 1000)
      else floor(number)
    end as seconds
  from typed
),
judged as (
  select
    *,
    case
      when malformed is not null then concat('the line is malformed: ', malformed)
      when coalesce(user_id, '') = '' then 'user_id is empty'
      when coalesce(item_id, '') = '' then 'item_id is empty'
      when coalesce(trim(raw_rating), '') = '' then 'rating is empty'
      when rating is null then 'rating is not a number'
      when not rating between rating_min and rating_max then 'rating is out of range'
      when trim(raw_timestamp) = '' then 'timestamp is empty'
      when seconds is null then 'timestamp is not a time'
      when seconds < 631152000 then 'timestamp is before 1990'
      when seconds > loaded_s then 'timestamp is after the load'
    end as reject_reason
  from timed
)
select
  user_id,
  item_id,
  rating,
  case when reject_reason is null then to_timestamp(seconds) end as rated_at,
  source_file, line, load_id, loaded_at,
  case when malformed is null then split_part(reject_reason, ' ', 1) end as reject_column,
  case
    when malformed is not null then raw_line
    when reject_reason like 'user_id%' then user_id
    when reject_reason like 'item_id%' then item_id
    when reject_reason like 'rating%' then raw_rating
    when reject_reason like 'timestamp%' then raw_timestamp
  end as reject_value,
  reject_reason
from judged
