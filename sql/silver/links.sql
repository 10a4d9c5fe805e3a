-- silver.links: the ids of each title elsewhere, by the latest load.
-- in   silver.checked_links
-- out  item_id  varchar  as the source names the title
--      imdb_id  varchar  as IMDb writes it, tt0114709; null when there is none
--      tmdb_id  bigint   null when there is none
with latest as (
  select item_id, max_by({'imdb_id': imdb_id, 'tmdb_id': tmdb_id}, {'load': loaded_at, 'line': line}) as facts
  from silver.checked_links
  where reject_reason is null
  group by item_id
)
select item_id, facts.imdb_id as imdb_id, facts.tmdb_id as tmdb_id
from latest
