-- silver.checked_users (view): what is known of every user, typed, with the reason why it cannot be used, if any.
-- in   bronze.users
-- out  user_id        varchar      without blanks around it
--      gender         varchar      capital letters: F, M; null when unknown
--      age            integer      years; null when unknown
--      occupation     varchar      null when unknown
--      zip_code       varchar      null when unknown
--      source_file    varchar      where it came from
--      line           bigint       where it came from
--      load_id        varchar      the load that brought it
--      loaded_at      timestamptz  when that load began, UTC
--      reject_column  varchar      the column at fault; null for the whole line
--      reject_value   varchar      what stood there
--      reject_reason  varchar      null for a good row
-- reject  the line is malformed: <why> | user_id is empty | age is not a whole number up to 130
with typed as (
  select
    trim(user_id) as user_id,
    nullif(upper(trim(gender)), '') as gender,
    age as raw_age,
    case when regexp_matches(trim(age), '^[0-9]{1,3}$') then cast(trim(age) as integer) end as age,
    nullif(trim(occupation), '') as occupation,
    nullif(trim(zip_code), '') as zip_code,
    source_file, line, malformed, raw_line, load_id, loaded_at
  from bronze.users
),
judged as (
  select
    *,
    case
      when malformed is not null then concat('the line is malformed: ', malformed)
      when coalesce(user_id, '') = '' then 'user_id is empty'
      when trim(raw_age) <> '' and coalesce(age, 999) > 130 then 'age is not a whole number up to 130'
    end as reject_reason
  from typed
)
select
  user_id, gender, age, occupation, zip_code,
  source_file, line, load_id, loaded_at,
  case when malformed is null then split_part(reject_reason, ' ', 1) end as reject_column,
  case
    when malformed is not null then raw_line
    when reject_reason like 'user_id%' then user_id
    when reject_reason like 'age%' then raw_age
  end as reject_value,
  reject_reason
from judged
