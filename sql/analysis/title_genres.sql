-- analysis.title_genres (view): each title with each of its genres.
-- in   titles.features
-- out  show_id           varchar  as the source names the title
--      type              varchar  Movie or TV Show
--      genre             varchar  as the source names it
--      duration_minutes  integer  of a movie
--      seasons           integer  of a TV show
--      primary_country   varchar  null when unknown
select distinct show_id, type, unnest(string_split(listed_in, ', ')) as genre, duration_minutes, seasons, primary_country
from titles.features
where listed_in is not null
