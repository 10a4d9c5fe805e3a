-- titles.defects: what was wrong, or lacking, in the titles that can be used, and how often.
-- in   titles.checked
-- out  place    integer  order in which they are told
--      defect   varchar  what it is, and what was done
--      titles   bigint   how many titles have it
--      example  varchar  the show_id of the first one
with flagged as (
  select
    show_id, line,
    unnest([
      case when was_misplaced then 1 end,
      case when was_spaced then 2 end,
      case when had_gaps then 3 end,
      case when director is null then 4 end,
      case when "cast" is null then 5 end,
      case when country is null then 6 end,
      case when date_added is null then 7 end,
      case when release_year is null then 8 end,
      case when rating is null then 9 end,
      case when duration is null then 10 end,
      case when listed_in is null then 11 end,
      case when description is null then 12 end
    ]) as place
  from titles.checked
  where reject_reason is null
)
select
  cast(place as integer) as place,
  case place
    when 1 then 'a duration stands in the rating column; moved'
    when 2 then 'needless blanks; removed'
    when 3 then 'empty places in a list; removed'
    when 4 then 'no director'
    when 5 then 'no cast'
    when 6 then 'no country'
    when 7 then 'no date added'
    when 8 then 'no year of release'
    when 9 then 'no rating'
    when 10 then 'no duration'
    when 11 then 'no genre'
    when 12 then 'no description'
  end as defect,
  cast(count(*) as bigint) as titles,
  min_by(show_id, line) as example
from flagged
where place is not null
group by place
order by place
