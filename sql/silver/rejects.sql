-- silver.rejects: every row that could not be used, where it stood and why.
-- in   silver.checked_ratings
--      silver.checked_items
--      silver.checked_users
--      silver.checked_tags
--      silver.checked_links
--      silver.checked_events
-- out  table_name   varchar  the table it should have gone to: ratings, items, users, tags, links; events
--      source_file  varchar  the file it came from
--      line         bigint   the line of that file on which it starts
--      column_name  varchar  the column at fault; null for the whole line
--      value        varchar  what stood there
--      reason       varchar  in words
--      load_id      varchar  see bronze.loads
select 'ratings' as table_name, source_file, line, reject_column as column_name, reject_value as value, reject_reason as reason, load_id
from silver.checked_ratings
where reject_reason is not null
union all
select 'items' as table_name, source_file, line, reject_column as column_name, reject_value as value, reject_reason as reason, load_id
from silver.checked_items
where reject_reason is not null
union all
select 'users' as table_name, source_file, line, reject_column as column_name, reject_value as value, reject_reason as reason, load_id
from silver.checked_users
where reject_reason is not null
union all
select 'tags' as table_name, source_file, line, reject_column as column_name, reject_value as value, reject_reason as reason, load_id
from silver.checked_tags
where reject_reason is not null
union all
select 'links' as table_name, source_file, line, reject_column as column_name, reject_value as value, reject_reason as reason, load_id
from silver.checked_links
where reject_reason is not null
union all
select 'events' as table_name, source_file, line, reject_column as column_name, reject_value as value, reject_reason as reason, load_id
from silver.checked_events
where reject_reason is not null
