-- titles.cleaned: every title that can be used, in the columns it came in.
-- in   titles.checked
-- out  show_id       varchar  as the source names the title
--      type          varchar  Movie or TV Show
--      title         varchar  without needless blanks
--      director      varchar  names, ', ' between; null when unknown
--      cast          varchar  names, ', ' between; null when unknown
--      country       varchar  countries, ', ' between; null when unknown
--      date_added    varchar  September 25, 2021; null when unknown
--      release_year  integer  null when unknown
--      rating        varchar  TV-MA ...; null when unknown
--      duration      varchar  90 min, 2 Seasons; null when unknown
--      listed_in     varchar  genres, ', ' between; null when unknown
--      description   varchar  null when there is none
--      line          bigint   where it came from
select
  show_id, type, title, director, "cast", country, date_added, release_year, rating, duration, listed_in, description, line
from titles.checked
where reject_reason is null
