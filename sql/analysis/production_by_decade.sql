-- analysis.production_by_decade: titles by the decade of their release.
-- in   titles.features
-- out  decade    integer  its first year
--      titles    bigint   how many
--      movies    bigint   of them
--      tv_shows  bigint   of them
--      share     double   of all titles with a year, 0 to 1
select
  decade,
  cast(count(*) as bigint) as titles,
  cast(count(*) filter (where type = 'Movie') as bigint) as movies,
  cast(count(*) filter (where type = 'TV Show') as bigint) as tv_shows,
  round(count(*) / sum(count(*)) over (), 4) as share
from titles.features
where decade is not null
group by decade
order by decade
