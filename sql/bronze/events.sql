-- bronze.events: what people did, as the event log has it, in the order of its offsets.
-- in   raw.events
--      raw.load
-- out  log_offset  bigint       its place in the log
--      user_id     varchar      as the event named the user
--      item_id     varchar      as the event named the title; empty for a search
--      kind        varchar      rating, watch, click, impression, like, dislike, skip, search, remove
--      value       double       of a rating or a watch; null where none was given
--      time_ms     bigint       when it happened, milliseconds since 1970
--      session_id  varchar      may be empty
--      context     varchar      JSON, or empty
--      load_id     varchar      the run that brought it
--      loaded_at   timestamptz  when that run began, UTC
select
  log_offset, user_id, item_id, kind, try_cast(value as double) as value, time_ms, session_id, context,
  load_id, loaded_at
from raw.events
cross join raw.load
