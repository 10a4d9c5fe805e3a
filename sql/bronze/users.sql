-- bronze.users: what the source says of the users, as it came.
-- in   raw.users
--      raw.load
-- out  user_id      varchar      as the source names the user
--      gender       varchar      as it came
--      age          varchar      as it came: years, or the first year of a bracket
--      occupation   varchar      as it came: a word or a code
--      zip_code     varchar      as it came
--      source_file  varchar      the file it came from, within the data set
--      line         bigint       the line of that file on which the record starts, from 1
--      malformed    varchar      why the line could not be split into columns; null when it could
--      raw_line     varchar      the whole line when malformed, else null
--      load_id      varchar      see bronze.loads
--      loaded_at    timestamptz  when the load began, UTC
--      load_date    varchar      the day that the load is for, 2024-01-31; the partition
select
  user_id, gender, age, occupation, zip_code,
  source_file, line, malformed, raw_line,
  load_id, loaded_at, load_date
from raw.users
cross join raw.load
