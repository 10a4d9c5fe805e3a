-- silver.checked_items (view): every title as it came, with the reason why it cannot be used, if any.
-- A title without a name is no fault: its id names it.
-- in   bronze.items
-- out  item_id        varchar      without blanks around it
--      title          varchar      without blanks around it and with single ones in it; may be empty
--      genres         varchar      as they came
--      release_date   varchar      as it came
--      source_file    varchar      where it came from
--      line           bigint       where it came from
--      load_id        varchar      the load that brought it
--      loaded_at      timestamptz  when that load began, UTC
--      reject_column  varchar      the column at fault; null for the whole line
--      reject_value   varchar      what stood there
--      reject_reason  varchar      null for a good row
-- reject  the line is malformed: <why> | item_id is empty
with judged as (
  select
    *,
    case
      when malformed is not null then concat('the line is malformed: ', malformed)
      when coalesce(trim(item_id), '') = '' then 'item_id is empty'
    end as reject_reason
  from bronze.items
)
select
  trim(item_id) as item_id,
  trim(regexp_replace(coalesce(title, ''), '[ ]+', ' ', 'g')) as title,
  genres,
  release_date,
  source_file, line, load_id, loaded_at,
  case when malformed is null and reject_reason is not null then 'item_id' end as reject_column,
  case when malformed is not null then raw_line when reject_reason is not null then item_id end as reject_value,
  reject_reason
from judged
