-- analysis.audiences: titles by audience.
-- in   titles.features
-- out  content_category  varchar  Kids, Family, Teens, Adults, Unrated, Unknown
--      titles            bigint   how many
--      movies            bigint   of them
--      tv_shows          bigint   of them
--      share             double   of all titles, 0 to 1
select
  content_category,
  cast(count(*) as bigint) as titles,
  cast(count(*) filter (where type = 'Movie') as bigint) as movies,
  cast(count(*) filter (where type = 'TV Show') as bigint) as tv_shows,
  round(count(*) / sum(count(*)) over (), 4) as share
from titles.features
group by content_category
order by titles desc, content_category
