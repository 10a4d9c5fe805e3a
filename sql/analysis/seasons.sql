-- analysis.seasons: TV shows by number of seasons.
-- in   titles.features
-- out  seasons   integer  how many it has
--      tv_shows  bigint   how many shows
--      share     double   of all shows of known length, 0 to 1
select
  seasons,
  cast(count(*) as bigint) as tv_shows,
  round(count(*) / sum(count(*)) over (), 4) as share
from titles.features
where seasons is not null
group by seasons
order by seasons
