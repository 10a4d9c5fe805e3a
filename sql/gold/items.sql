-- gold.items: every title, with what models and people want to know of it.
-- Titles without ratings are here too, behind the rated ones: they can be found, and recommended by their content.
-- in   silver.ratings
--      silver.items
-- out  item_row           integer      dense, from 0: rated titles in the order of their ids (numbers as numbers, before words), then the others
--      item_id            varchar      as the source names the title
--      title              varchar      for people; the id when nothing is known of a rated title
--      year               integer      null when unknown
--      genres             varchar[]    sorted; empty when unknown
--      n_ratings          bigint       how many ratings it has: its popularity
--      mean_rating        double       null without ratings
--      first_rated_at     timestamptz  UTC; null without ratings
--      age_years          integer      calendar years from its year to the year of the newest rating; null when unknown
--      genre_action       integer      1 when Action is among the genres, else 0
--      genre_adventure    integer      1 when Adventure is among the genres, else 0
--      genre_animation    integer      1 when Animation is among the genres, else 0
--      genre_children     integer      1 when Children is among the genres, else 0
--      genre_comedy       integer      1 when Comedy is among the genres, else 0
--      genre_crime        integer      1 when Crime is among the genres, else 0
--      genre_documentary  integer      1 when Documentary is among the genres, else 0
--      genre_drama        integer      1 when Drama is among the genres, else 0
--      genre_fantasy      integer      1 when Fantasy is among the genres, else 0
--      genre_film_noir    integer      1 when Film-Noir is among the genres, else 0
--      genre_horror       integer      1 when Horror is among the genres, else 0
--      genre_imax         integer      1 when IMAX is among the genres, else 0
--      genre_musical      integer      1 when Musical is among the genres, else 0
--      genre_mystery      integer      1 when Mystery is among the genres, else 0
--      genre_romance      integer      1 when Romance is among the genres, else 0
--      genre_sci_fi       integer      1 when Sci-Fi is among the genres, else 0
--      genre_thriller     integer      1 when Thriller is among the genres, else 0
--      genre_war          integer      1 when War is among the genres, else 0
--      genre_western      integer      1 when Western is among the genres, else 0
with rated as (
  select
    item_id,
    count(*) as n_ratings,
    avg(rating) as mean_rating,
    min(rated_at) as first_rated_at,
    max(rated_at) as last_rated_at
  from silver.ratings
  group by item_id
),
newest as (
  select year(max(last_rated_at)) as newest_year
  from rated
),
known as (
  select
    coalesce(r.item_id, i.item_id) as item_id,
    coalesce(i.title, r.item_id) as title,
    i.year,
    coalesce(i.genres, list_filter(['none'], lambda genre: genre <> 'none')) as genres,
    coalesce(r.n_ratings, 0) as n_ratings,
    r.mean_rating,
    r.first_rated_at
  from rated r
  full outer join silver.items i on i.item_id = r.item_id
),
numbered as (
  select
    *,
    case when regexp_matches(item_id, '^[0-9]{1,18}$') then cast(item_id as bigint) end as number
  from known
)
select
  cast(row_number() over (order by n_ratings = 0, number nulls last, item_id) - 1 as integer) as item_row,
  item_id, title, year, genres, n_ratings, mean_rating, first_rated_at,
  cast(newest_year - year as integer) as age_years,
  cast(list_contains(genres, 'Action') as integer) as genre_action,
  cast(list_contains(genres, 'Adventure') as integer) as genre_adventure,
  cast(list_contains(genres, 'Animation') as integer) as genre_animation,
  cast(list_contains(genres, 'Children') as integer) as genre_children,
  cast(list_contains(genres, 'Comedy') as integer) as genre_comedy,
  cast(list_contains(genres, 'Crime') as integer) as genre_crime,
  cast(list_contains(genres, 'Documentary') as integer) as genre_documentary,
  cast(list_contains(genres, 'Drama') as integer) as genre_drama,
  cast(list_contains(genres, 'Fantasy') as integer) as genre_fantasy,
  cast(list_contains(genres, 'Film-Noir') as integer) as genre_film_noir,
  cast(list_contains(genres, 'Horror') as integer) as genre_horror,
  cast(list_contains(genres, 'IMAX') as integer) as genre_imax,
  cast(list_contains(genres, 'Musical') as integer) as genre_musical,
  cast(list_contains(genres, 'Mystery') as integer) as genre_mystery,
  cast(list_contains(genres, 'Romance') as integer) as genre_romance,
  cast(list_contains(genres, 'Sci-Fi') as integer) as genre_sci_fi,
  cast(list_contains(genres, 'Thriller') as integer) as genre_thriller,
  cast(list_contains(genres, 'War') as integer) as genre_war,
  cast(list_contains(genres, 'Western') as integer) as genre_western
from numbered
cross join newest
