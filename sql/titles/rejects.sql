-- titles.rejects: every line that could not be used, and why.
-- in   titles.checked
-- out  line           bigint   where it came from
--      show_id        varchar  null when the line has none
--      title          varchar  null when the line has none
--      reject_reason  varchar  what is wrong with it
-- reject  show_id is empty
select line, show_id, title, reject_reason
from titles.checked
where reject_reason is not null
