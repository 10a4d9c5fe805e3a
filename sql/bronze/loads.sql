-- bronze.loads: one row a load, what it read and on which scale it rates.
-- in   raw.load
-- out  load_id      varchar      names the load, once and for all
--      loaded_at    timestamptz  when it began, UTC
--      load_date    varchar      the day that it is for, 2024-01-31; the partition
--      dataset      varchar      the data set: movielens-1m, csv
--      fingerprint  varchar      changes when a file of the data set or a setting of the load changes
--      rating_min   double       the smallest rating of its scale
--      rating_max   double       the largest rating of its scale
select load_id, loaded_at, load_date, dataset, fingerprint, rating_min, rating_max
from raw.load
