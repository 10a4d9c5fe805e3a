-- silver.checked_links (view): every link, typed, with the reason why it cannot be used, if any.
-- in   bronze.links
-- out  item_id        varchar      without blanks around it
--      imdb_id        varchar      as IMDb writes it, tt0114709; null when there is none
--      tmdb_id        bigint       null when there is none
--      source_file    varchar      where it came from
--      line           bigint       where it came from
--      load_id        varchar      the load that brought it
--      loaded_at      timestamptz  when that load began, UTC
--      reject_column  varchar      the column at fault; null for the whole line
--      reject_value   varchar      what stood there
--      reject_reason  varchar      null for a good row
-- reject  the line is malformed: <why> | item_id is empty | imdb_id is not a number
--         tmdb_id is not a number
with typed as (
  select
    trim(item_id) as item_id,
    imdb_id as raw_imdb_id,
    tmdb_id as raw_tmdb_id,
    regexp_extract(trim(imdb_id), '^(tt)?([0-9]{1,12})$', 2) as imdb_digits,
    case when regexp_matches(trim(tmdb_id), '^[0-9]{1,12}$') then cast(trim(tmdb_id) as bigint) end as tmdb_id,
    source_file, line, malformed, raw_line, load_id, loaded_at
  from bronze.links
),
judged as (
  select
    *,
    case
      when malformed is not null then concat('the line is malformed: ', malformed)
      when coalesce(item_id, '') = '' then 'item_id is empty'
      when trim(raw_imdb_id) <> '' and imdb_digits = '' then 'imdb_id is not a number'
      when trim(raw_tmdb_id) <> '' and tmdb_id is null then 'tmdb_id is not a number'
    end as reject_reason
  from typed
)
select
  item_id,
  case
    when length(imdb_digits) > 7 then concat('tt', imdb_digits)
    when imdb_digits <> '' then concat('tt', lpad(imdb_digits, 7, '0'))
  end as imdb_id,
  tmdb_id,
  source_file, line, load_id, loaded_at,
  case when malformed is null then split_part(reject_reason, ' ', 1) end as reject_column,
  case
    when malformed is not null then raw_line
    when reject_reason like 'item_id%' then item_id
    when reject_reason like 'imdb_id%' then raw_imdb_id
    when reject_reason like 'tmdb_id%' then raw_tmdb_id
  end as reject_value,
  reject_reason
from judged
