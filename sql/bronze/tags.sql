-- bronze.tags: the words that users gave to titles, as they came.
-- in   raw.tags
--      raw.load
-- out  user_id      varchar      as the source names the user
--      item_id      varchar      as the source names the title
--      tag          varchar      as it came
--      timestamp    varchar      as it came
--      source_file  varchar      the file it came from, within the data set
--      line         bigint       the line of that file on which the record starts, from 1
--      malformed    varchar      why the line could not be split into columns; null when it could
--      raw_line     varchar      the whole line when malformed, else null
--      load_id      varchar      see bronze.loads
--      loaded_at    timestamptz  when the load began, UTC
--      load_date    varchar      the day that the load is for, 2024-01-31; the partition
select
  user_id, item_id, tag, timestamp,
  source_file, line, malformed, raw_line,
  load_id, loaded_at, load_date
from raw.tags
cross join raw.load
