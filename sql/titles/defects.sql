-- titles.defects: what was wrong, or lacking, in the titles that can be used, and how often.
-- in   titles.checked
-- out  place    integer  order in which they are told
--      defect   varchar  what it is, and what was done
--      titles   bigint   how many titles have it
--      example  varchar  the show_id of the first one
with found as (
  select 1 as place, 'a duration stands in the rating column; moved' as defect, show_id, line from titles.checked where reject_reason is null and was_misplaced
  union all select 2 as place, 'needless blanks; removed' as defect, show_id, line from titles.checked where reject_reason is null and was_spaced
  union all select 3 as place, 'empty places in a list; removed' as defect, show_id, line from titles.checked where reject_reason is null and had_gaps
  union all select 4 as place, 'no director' as defect, show_id, line from titles.checked where reject_reason is null and director is null
  union all select 5 as place, 'no cast' as defect, show_id, line from titles.checked where reject_reason is null and "cast" is null
  union all select 6 as place, 'no country' as defect, show_id, line from titles.checked where reject_reason is null and country is null
  union all select 7 as place, 'no date added' as defect, show_id, line from titles.checked where reject_reason is null and date_added is null
  union all select 8 as place, 'no year of release' as defect, show_id, line from titles.checked where reject_reason is null and release_year is null
  union all select 9 as place, 'no rating' as defect, show_id, line from titles.checked where reject_reason is null and rating is null
  union all select 10 as place, 'no duration' as defect, show_id, line from titles.checked where reject_reason is null and duration is null
  union all select 11 as place, 'no genre' as defect, show_id, line from titles.checked where reject_reason is null and listed_in is null
  union all select 12 as place, 'no description' as defect, show_id, line from titles.checked where reject_reason is null and description is null
)
select place, defect, cast(count(*) as bigint) as titles, min_by(show_id, line) as example
from found
group by place, defect
order by place
