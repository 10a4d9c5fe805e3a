-- analysis.genres_by_country: the twelve largest genres in the ten countries that are the first of the most titles.
-- in   analysis.title_genres
-- out  country  varchar  the first of the title's
--      genre    varchar  as the source names it
--      titles   bigint   how many
--      share    double   of the country's titles, 0 to 1
with places as (
  select primary_country as country, count(distinct show_id) as all_titles
  from analysis.title_genres
  where primary_country is not null
  group by primary_country
  order by all_titles desc, country
  limit 10
),
largest as (
  select genre
  from analysis.title_genres
  group by genre
  order by count(*) desc, genre
  limit 12
)
select
  places.country, title_genres.genre,
  cast(count(*) as bigint) as titles,
  round(count(*) / max(all_titles), 4) as share
from analysis.title_genres as title_genres
join places on places.country = title_genres.primary_country
where title_genres.genre in (select genre from largest)
group by places.country, title_genres.genre
order by places.country, titles desc, title_genres.genre
