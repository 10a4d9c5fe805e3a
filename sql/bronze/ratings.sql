-- bronze.ratings: the ratings as they came, with the load that brought them.
-- in   raw.ratings
--      raw.load
-- out  user_id      varchar      as the source names the user
--      item_id      varchar      as the source names the title
--      rating       varchar      as it came
--      timestamp    varchar      as it came: seconds or milliseconds since 1970, or a date and time
--      source_file  varchar      the file it came from, within the data set
--      line         bigint       the line of that file on which the record starts, from 1
--      malformed    varchar      why the line could not be split into columns; null when it could
--      raw_line     varchar      the whole line when malformed, else null
--      load_id      varchar      see bronze.loads
--      loaded_at    timestamptz  when the load began, UTC
--      load_date    varchar      the day that the load is for, 2024-01-31; the partition
select
  user_id, item_id, rating, timestamp,
  source_file, line, malformed, raw_line,
  load_id, loaded_at, load_date
from raw.ratings
cross join raw.load
