-- gold.users: every user who rated, with the habits that models use as features.
-- Affinity to a genre: how far the ratings of its titles lie above the mean rating of the user, in units of the scale,
-- drawn to 0 where there are few: sum(rating - mean) / (count + 5). 0 when the user rated none.
-- Age groups are the brackets of MovieLens 1M, each named by its first year: a source that has ages in years and one that
-- has these brackets give the same groups.
-- in   silver.ratings
--      silver.users
--      gold.items
-- out  user_row           integer      dense, from 0, in the order of the ids: numbers as numbers, before words
--      user_id            varchar      as the source names the user
--      gender             varchar      F, M; null when unknown
--      age_group          integer      1 (below 18), 18, 25, 35, 45, 50 or 56 (and above); null when unknown
--      occupation         varchar      a word or a code, as the source has it; null when unknown
--      n_ratings          bigint       how many ratings the user gave: the activity
--      mean_rating        double       on the scale of the source
--      first_rated_at     timestamptz  UTC
--      last_rated_at      timestamptz  UTC
--      recency_days       double       from the last rating of the user to the newest rating of all
--      likes_action       double       affinity to Action, as above; the other genres likewise
--      likes_adventure    double       affinity to Adventure
--      likes_animation    double       affinity to Animation
--      likes_children     double       affinity to Children
--      likes_comedy       double       affinity to Comedy
--      likes_crime        double       affinity to Crime
--      likes_documentary  double       affinity to Documentary
--      likes_drama        double       affinity to Drama
--      likes_fantasy      double       affinity to Fantasy
--      likes_film_noir    double       affinity to Film-Noir
--      likes_horror       double       affinity to Horror
--      likes_imax         double       affinity to IMAX
--      likes_musical      double       affinity to Musical
--      likes_mystery      double       affinity to Mystery
--      likes_romance      double       affinity to Romance
--      likes_sci_fi       double       affinity to Sci-Fi
--      likes_thriller     double       affinity to Thriller
--      likes_war          double       affinity to War
--      likes_western      double       affinity to Western
with sums as (
  select
    r.user_id,
    count(*) as n_ratings,
    avg(r.rating) as mean_rating,
    min(r.rated_at) as first_rated_at,
    max(r.rated_at) as last_rated_at,
    sum(r.rating * i.genre_action) as rating_action, sum(i.genre_action) as n_action,
    sum(r.rating * i.genre_adventure) as rating_adventure, sum(i.genre_adventure) as n_adventure,
    sum(r.rating * i.genre_animation) as rating_animation, sum(i.genre_animation) as n_animation,
    sum(r.rating * i.genre_children) as rating_children, sum(i.genre_children) as n_children,
    sum(r.rating * i.genre_comedy) as rating_comedy, sum(i.genre_comedy) as n_comedy,
    sum(r.rating * i.genre_crime) as rating_crime, sum(i.genre_crime) as n_crime,
    sum(r.rating * i.genre_documentary) as rating_documentary, sum(i.genre_documentary) as n_documentary,
    sum(r.rating * i.genre_drama) as rating_drama, sum(i.genre_drama) as n_drama,
    sum(r.rating * i.genre_fantasy) as rating_fantasy, sum(i.genre_fantasy) as n_fantasy,
    sum(r.rating * i.genre_film_noir) as rating_film_noir, sum(i.genre_film_noir) as n_film_noir,
    sum(r.rating * i.genre_horror) as rating_horror, sum(i.genre_horror) as n_horror,
    sum(r.rating * i.genre_imax) as rating_imax, sum(i.genre_imax) as n_imax,
    sum(r.rating * i.genre_musical) as rating_musical, sum(i.genre_musical) as n_musical,
    sum(r.rating * i.genre_mystery) as rating_mystery, sum(i.genre_mystery) as n_mystery,
    sum(r.rating * i.genre_romance) as rating_romance, sum(i.genre_romance) as n_romance,
    sum(r.rating * i.genre_sci_fi) as rating_sci_fi, sum(i.genre_sci_fi) as n_sci_fi,
    sum(r.rating * i.genre_thriller) as rating_thriller, sum(i.genre_thriller) as n_thriller,
    sum(r.rating * i.genre_war) as rating_war, sum(i.genre_war) as n_war,
    sum(r.rating * i.genre_western) as rating_western, sum(i.genre_western) as n_western
  from silver.ratings r
  join gold.items i on i.item_id = r.item_id
  group by r.user_id
),
newest as (
  select max(last_rated_at) as newest_at
  from sums
),
numbered as (
  select
    *,
    case when regexp_matches(user_id, '^[0-9]{1,18}$') then cast(user_id as bigint) end as number
  from sums
),
known as (
  select
    user_id as known_id, gender, occupation,
    cast(case
      when age < 18 then 1
      when age < 25 then 18
      when age < 35 then 25
      when age < 45 then 35
      when age < 50 then 45
      when age < 56 then 50
      when age >= 56 then 56
    end as integer) as age_group
  from silver.users
)
select
  cast(row_number() over (order by number nulls last, user_id) - 1 as integer) as user_row,
  user_id, gender, age_group, occupation, n_ratings, mean_rating, first_rated_at, last_rated_at,
  (epoch(newest_at) - epoch(last_rated_at)) / 86400e0 as recency_days,
  (rating_action - mean_rating * n_action) / (n_action + 5.0) as likes_action,
  (rating_adventure - mean_rating * n_adventure) / (n_adventure + 5.0) as likes_adventure,
  (rating_animation - mean_rating * n_animation) / (n_animation + 5.0) as likes_animation,
  (rating_children - mean_rating * n_children) / (n_children + 5.0) as likes_children,
  (rating_comedy - mean_rating * n_comedy) / (n_comedy + 5.0) as likes_comedy,
  (rating_crime - mean_rating * n_crime) / (n_crime + 5.0) as likes_crime,
  (rating_documentary - mean_rating * n_documentary) / (n_documentary + 5.0) as likes_documentary,
  (rating_drama - mean_rating * n_drama) / (n_drama + 5.0) as likes_drama,
  (rating_fantasy - mean_rating * n_fantasy) / (n_fantasy + 5.0) as likes_fantasy,
  (rating_film_noir - mean_rating * n_film_noir) / (n_film_noir + 5.0) as likes_film_noir,
  (rating_horror - mean_rating * n_horror) / (n_horror + 5.0) as likes_horror,
  (rating_imax - mean_rating * n_imax) / (n_imax + 5.0) as likes_imax,
  (rating_musical - mean_rating * n_musical) / (n_musical + 5.0) as likes_musical,
  (rating_mystery - mean_rating * n_mystery) / (n_mystery + 5.0) as likes_mystery,
  (rating_romance - mean_rating * n_romance) / (n_romance + 5.0) as likes_romance,
  (rating_sci_fi - mean_rating * n_sci_fi) / (n_sci_fi + 5.0) as likes_sci_fi,
  (rating_thriller - mean_rating * n_thriller) / (n_thriller + 5.0) as likes_thriller,
  (rating_war - mean_rating * n_war) / (n_war + 5.0) as likes_war,
  (rating_western - mean_rating * n_western) / (n_western + 5.0) as likes_western
from numbered
cross join newest
left join known on known_id = user_id
