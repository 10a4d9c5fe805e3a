-- silver.checked_tags (view): every tag, typed, with the reason why it cannot be used, if any.
-- Times are read as those of ratings are.
-- in   bronze.tags
-- out  user_id        varchar      without blanks around it
--      item_id        varchar      without blanks around it
--      tag            varchar      without blanks around it
--      tagged_at      timestamptz  UTC; null when there is a reject reason
--      source_file    varchar      where it came from
--      line           bigint       where it came from
--      load_id        varchar      the load that brought it
--      reject_column  varchar      the column at fault; null for the whole line
--      reject_value   varchar      what stood there
--      reject_reason  varchar      null for a good row
-- reject  the line is malformed: <why> | user_id is empty | item_id is empty | tag is empty
--         timestamp is empty | timestamp is not a time | timestamp is before 1990
--         timestamp is after the load
with typed as (
  select
    trim(user_id) as user_id,
    trim(item_id) as item_id,
    trim(tag) as tag,
    timestamp as raw_timestamp,
    coalesce(try_cast(timestamp as double), epoch(try_cast(timestamp as timestamptz))) as number,
    floor(epoch(loaded_at)) as loaded_s,
    source_file, line, malformed, raw_line, load_id
  from bronze.tags
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
      when coalesce(tag, '') = '' then 'tag is empty'
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
  tag,
  case when reject_reason is null then to_timestamp(seconds) end as tagged_at,
  source_file, line, load_id,
  case when malformed is null then split_part(reject_reason, ' ', 1) end as reject_column,
  case
    when malformed is not null then raw_line
    when reject_reason like 'user_id%' then user_id
    when reject_reason like 'item_id%' then item_id
    when reject_reason like 'tag%' then tag
    when reject_reason like 'timestamp%' then raw_timestamp
  end as reject_value,
  reject_reason
from judged
