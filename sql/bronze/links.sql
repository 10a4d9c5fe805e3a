-- bronze.links: the ids of the titles elsewhere, as they came.
-- in   raw.links
--      raw.load
-- out  item_id      varchar      as the source names the title
--      imdb_id      varchar      as it came: digits
--      tmdb_id      varchar      as it came: digits
--      source_file  varchar      the file it came from, within the data set
--      line         bigint       the line of that file on which the record starts, from 1
--      malformed    varchar      why the line could not be split into columns; null when it could
--      raw_line     varchar      the whole line when malformed, else null
--      load_id      varchar      see bronze.loads
--      loaded_at    timestamptz  when the load began, UTC
--      load_date    varchar      the day that the load is for, 2024-01-31; the partition
select
  item_id, imdb_id, tmdb_id,
  source_file, line, malformed, raw_line,
  load_id, loaded_at, load_date
from raw.links
cross join raw.load
