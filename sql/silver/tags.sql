-- silver.tags: one row per user, title and tag, the latest one.
-- in   silver.checked_tags
-- out  user_id    varchar      as the source names the user
--      item_id    varchar      as the source names the title
--      tag        varchar      as the user wrote it
--      tagged_at  timestamptz  UTC, whole seconds
select user_id, item_id, tag, max(tagged_at) as tagged_at
from silver.checked_tags
where reject_reason is null
group by user_id, item_id, tag
