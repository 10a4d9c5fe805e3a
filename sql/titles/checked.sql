-- titles.checked (view): every title as it came, with blanks, lists and misplaced durations put right, and why it cannot be used, if so.
-- White space of any kind becomes one blank, none at the ends; nothing at all is null. Lists lose their empty places.
-- A rating "74 min" of a title without a duration is that duration.
-- in   raw.titles
-- out  show_id        varchar   as the source names the title
--      type           varchar   Movie or TV Show; as it came when it is neither
--      title          varchar   without needless blanks
--      director       varchar   names, ', ' between; null when unknown
--      cast           varchar   names, ', ' between; null when unknown
--      country        varchar   countries, ', ' between; null when unknown
--      date_added     varchar   as it came: September 25, 2021
--      release_year   integer   null when it is no year from 1870 to 2100
--      rating         varchar   TV-MA ...; null when unknown
--      duration       varchar   90 min, 2 Seasons; null when unknown
--      listed_in      varchar   genres, ', ' between; null when unknown
--      description    varchar   without needless blanks
--      line           bigint    where it came from
--      was_misplaced  boolean   its duration stood in the rating column
--      was_spaced     boolean   there were needless blanks in it
--      had_gaps       boolean   there were empty places in its lists
--      reject_reason  varchar   null for a good row
-- reject  the line is malformed: <why> | show_id is empty | title is empty | type is neither Movie nor TV Show | show_id stands on an earlier line
with repeated as (
  select trim(regexp_replace(show_id, concat('( [ ', chr(9), chr(10), chr(13), chr(160), ']|[', chr(9), chr(10), chr(13), chr(160), '])[ ', chr(9), chr(10), chr(13), chr(160), ']*'), ' ', 'g')) as show_id, min(line) as first_line
  from raw.titles
  where malformed is null
  group by 1
  having count(*) > 1
),
-- White space that is no single blank within the text becomes one, or goes.
spaced as (
  select
    trim(regexp_replace(show_id, concat('( [ ', chr(9), chr(10), chr(13), chr(160), ']|[', chr(9), chr(10), chr(13), chr(160), '])[ ', chr(9), chr(10), chr(13), chr(160), ']*'), ' ', 'g')) as show_id,
    trim(regexp_replace(type, concat('( [ ', chr(9), chr(10), chr(13), chr(160), ']|[', chr(9), chr(10), chr(13), chr(160), '])[ ', chr(9), chr(10), chr(13), chr(160), ']*'), ' ', 'g')) as type,
    trim(regexp_replace(title, concat('( [ ', chr(9), chr(10), chr(13), chr(160), ']|[', chr(9), chr(10), chr(13), chr(160), '])[ ', chr(9), chr(10), chr(13), chr(160), ']*'), ' ', 'g')) as title,
    trim(regexp_replace(director, concat('( [ ', chr(9), chr(10), chr(13), chr(160), ']|[', chr(9), chr(10), chr(13), chr(160), '])[ ', chr(9), chr(10), chr(13), chr(160), ']*'), ' ', 'g')) as director,
    trim(regexp_replace("cast", concat('( [ ', chr(9), chr(10), chr(13), chr(160), ']|[', chr(9), chr(10), chr(13), chr(160), '])[ ', chr(9), chr(10), chr(13), chr(160), ']*'), ' ', 'g')) as actors,
    trim(regexp_replace(country, concat('( [ ', chr(9), chr(10), chr(13), chr(160), ']|[', chr(9), chr(10), chr(13), chr(160), '])[ ', chr(9), chr(10), chr(13), chr(160), ']*'), ' ', 'g')) as country,
    trim(regexp_replace(date_added, concat('( [ ', chr(9), chr(10), chr(13), chr(160), ']|[', chr(9), chr(10), chr(13), chr(160), '])[ ', chr(9), chr(10), chr(13), chr(160), ']*'), ' ', 'g')) as date_added,
    trim(regexp_replace(rating, concat('( [ ', chr(9), chr(10), chr(13), chr(160), ']|[', chr(9), chr(10), chr(13), chr(160), '])[ ', chr(9), chr(10), chr(13), chr(160), ']*'), ' ', 'g')) as rating,
    trim(regexp_replace(duration, concat('( [ ', chr(9), chr(10), chr(13), chr(160), ']|[', chr(9), chr(10), chr(13), chr(160), '])[ ', chr(9), chr(10), chr(13), chr(160), ']*'), ' ', 'g')) as duration,
    trim(regexp_replace(listed_in, concat('( [ ', chr(9), chr(10), chr(13), chr(160), ']|[', chr(9), chr(10), chr(13), chr(160), '])[ ', chr(9), chr(10), chr(13), chr(160), ']*'), ' ', 'g')) as listed_in,
    trim(regexp_replace(description, concat('( [ ', chr(9), chr(10), chr(13), chr(160), ']|[', chr(9), chr(10), chr(13), chr(160), '])[ ', chr(9), chr(10), chr(13), chr(160), ']*'), ' ', 'g')) as description,
    trim(release_year) as release_year,
    concat_ws('|', type, title, director, "cast", country, date_added, rating, duration, listed_in, description) as as_it_came,
    line,
    malformed
  from raw.titles
),
filled as (
  select
    nullif(show_id, '') as show_id,
    nullif(type, '') as type,
    nullif(title, '') as title,
    nullif(regexp_replace(regexp_replace(director, '[ ]*,[ ,]*', ', ', 'g'), '^, |, *$', '', 'g'), '') as director,
    nullif(regexp_replace(regexp_replace(actors, '[ ]*,[ ,]*', ', ', 'g'), '^, |, *$', '', 'g'), '') as actors,
    nullif(regexp_replace(regexp_replace(country, '[ ]*,[ ,]*', ', ', 'g'), '^, |, *$', '', 'g'), '') as country,
    nullif(date_added, '') as date_added,
    case when regexp_matches(release_year, '^(1[89]|20)[0-9][0-9]$') then release_year end as release_year,
    nullif(rating, '') as rating,
    nullif(duration, '') as duration,
    nullif(regexp_replace(regexp_replace(listed_in, '[ ]*,[ ,]*', ', ', 'g'), '^, |, *$', '', 'g'), '') as listed_in,
    nullif(description, '') as description,
    line,
    malformed,
    as_it_came <> concat_ws('|', type, title, director, actors, country, date_added, rating, duration, listed_in, description) as was_spaced,
    regexp_matches(concat_ws('|', director, actors, country, listed_in), ', *(,|[|]|$)|(^|[|]) *,') as had_gaps,
    coalesce(duration, '') = '' and regexp_matches(coalesce(rating, ''), '^[0-9]+ (min|Seasons?)$') as was_misplaced
  from spaced
)
select
  filled.show_id,
  case
    when lower(type) in ('movie', 'film') then 'Movie'
    when lower(type) in ('tv show', 'tv-show', 'tvshow', 'show', 'series', 'tv series') then 'TV Show'
    else type
  end as type,
  title,
  director,
  actors as "cast",
  country,
  date_added,
  cast(release_year as integer) as release_year,
  case when not was_misplaced then rating end as rating,
  case when was_misplaced then rating else duration end as duration,
  listed_in,
  description,
  line,
  was_misplaced,
  was_spaced,
  had_gaps,
  case
    when malformed is not null then concat('the line is malformed: ', malformed)
    when filled.show_id is null then 'show_id is empty'
    when line > first_line then 'show_id stands on an earlier line'
    when title is null then 'title is empty'
    when lower(coalesce(type, '')) not in ('movie', 'film', 'tv show', 'tv-show', 'tvshow', 'show', 'series', 'tv series')
      then 'type is neither Movie nor TV Show'
  end as reject_reason
from filled
left join repeated on repeated.show_id = filled.show_id
