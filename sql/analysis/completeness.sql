-- analysis.completeness: what is not known of the titles, field by field.
-- in   titles.features
-- out  field    varchar  the column
--      missing  bigint   titles without it
--      share    double   of all titles, 0 to 1
with flagged as (
  select
    unnest([
      case when director is null then 'director' end,
      case when "cast" is null then 'cast' end,
      case when country is null then 'country' end,
      case when date_added is null then 'date_added' end,
      case when release_year is null then 'release_year' end,
      case when rating is null then 'rating' end,
      case when duration is null then 'duration' end,
      case when listed_in is null then 'listed_in' end,
      case when description is null then 'description' end
    ]) as field
  from titles.features
),
sizes as (
  select count(*) as titles
  from titles.features
)
select field, cast(count(*) as bigint) as missing, round(count(*) / max(titles), 4) as share
from flagged
cross join sizes
where field is not null
group by field
order by missing desc, field
