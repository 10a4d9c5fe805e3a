-- analysis.totals: the catalogue in one row.
-- in   titles.features
-- out  titles                     bigint   how many
--      movies                     bigint   of them
--      tv_shows                   bigint   of them
--      first_added                date     the earliest
--      last_added                 date     the latest
--      first_release_year         integer  the earliest
--      last_release_year          integer  the latest
--      median_years_to_catalogue  double   from the year of release to that of the addition
--      added_before_release       bigint   titles that came in a year before that of their release
select
  cast(count(*) as bigint) as titles,
  cast(count(*) filter (where type = 'Movie') as bigint) as movies,
  cast(count(*) filter (where type = 'TV Show') as bigint) as tv_shows,
  min(date_added) as first_added,
  max(date_added) as last_added,
  min(release_year) as first_release_year,
  max(release_year) as last_release_year,
  cast(median(years_to_catalogue) as double) as median_years_to_catalogue,
  cast(count(*) filter (where years_to_catalogue < 0) as bigint) as added_before_release
from titles.features
