-- bronze.items: the titles as they came, with the load that brought them.
-- in   raw.items
--      raw.load
-- out  item_id       varchar      as the source names the title
--      title         varchar      as it came, often with the year behind it
--      genres        varchar      as they came, one beside the other
--      release_date  varchar      as it came: a date or a year
--      source_file   varchar      the file it came from, within the data set
--      line          bigint       the line of that file on which the record starts, from 1
--      malformed     varchar      why the line could not be split into columns; null when it could
--      raw_line      varchar      the whole line when malformed, else null
--      load_id       varchar      see bronze.loads
--      loaded_at     timestamptz  when the load began, UTC
--      load_date     varchar      the day that the load is for, 2024-01-31; the partition
select
  item_id, title, genres, release_date,
  source_file, line, malformed, raw_line,
  load_id, loaded_at, load_date
from raw.items
cross join raw.load
