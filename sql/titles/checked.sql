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
  select trim(translate(show_id, concat(chr(9), chr(10), chr(13), chr(160)), '    ')) as show_id, min(line) as first_line
  from raw.titles
  where malformed is null
  group by 1
  having count(*) > 1
),
-- Every white space is a blank; what is empty is null.
blanks as (
  select
    translate(show_id, concat(chr(9), chr(10), chr(13), chr(160)), '    ') as show_id,
    translate(type, concat(chr(9), chr(10), chr(13), chr(160)), '    ') as type,
    translate(title, concat(chr(9), chr(10), chr(13), chr(160)), '    ') as title,
    translate(director, concat(chr(9), chr(10), chr(13), chr(160)), '    ') as director,
    translate("cast", concat(chr(9), chr(10), chr(13), chr(160)), '    ') as actors,
    translate(country, concat(chr(9), chr(10), chr(13), chr(160)), '    ') as country,
    translate(date_added, concat(chr(9), chr(10), chr(13), chr(160)), '    ') as date_added,
    trim(release_year) as release_year,
    translate(rating, concat(chr(9), chr(10), chr(13), chr(160)), '    ') as rating,
    translate(duration, concat(chr(9), chr(10), chr(13), chr(160)), '    ') as duration,
    translate(listed_in, concat(chr(9), chr(10), chr(13), chr(160)), '    ') as listed_in,
    translate(description, concat(chr(9), chr(10), chr(13), chr(160)), '    ') as description,
    line,
    malformed
  from raw.titles
),
single as (
  select
    nullif(trim(show_id), '') as show_id,
    nullif(trim(regexp_replace(type, '[ ][ ]+', ' ', 'g')), '') as type,
    nullif(trim(regexp_replace(title, '[ ][ ]+', ' ', 'g')), '') as title,
    regexp_replace(director, '[ ][ ]+', ' ', 'g') as director,
    regexp_replace(actors, '[ ][ ]+', ' ', 'g') as actors,
    regexp_replace(country, '[ ][ ]+', ' ', 'g') as country,
    nullif(trim(regexp_replace(date_added, '[ ][ ]+', ' ', 'g')), '') as date_added,
    release_year,
    nullif(trim(regexp_replace(rating, '[ ][ ]+', ' ', 'g')), '') as rating,
    nullif(trim(regexp_replace(duration, '[ ][ ]+', ' ', 'g')), '') as duration,
    regexp_replace(listed_in, '[ ][ ]+', ' ', 'g') as listed_in,
    nullif(trim(regexp_replace(description, '[ ][ ]+', ' ', 'g')), '') as description,
    line,
    malformed,
    regexp_matches(
      concat_ws('|', type, title, director, actors, country, date_added, rating, duration, listed_in, description),
      '  |^ | $|[|] | [|]') as was_spaced
  from blanks
),
listed as (
  select
    *,
    nullif(array_to_string(list_filter(list_transform(string_split(director, ','), lambda name: trim(name)), lambda name: name <> ''), ', '), '') as directors,
    nullif(array_to_string(list_filter(list_transform(string_split(actors, ','), lambda name: trim(name)), lambda name: name <> ''), ', '), '') as players,
    nullif(array_to_string(list_filter(list_transform(string_split(country, ','), lambda name: trim(name)), lambda name: name <> ''), ', '), '') as countries,
    nullif(array_to_string(list_filter(list_transform(string_split(listed_in, ','), lambda name: trim(name)), lambda name: name <> ''), ', '), '') as genres,
    duration is null and regexp_matches(coalesce(rating, ''), '^[0-9]+ (min|Seasons?)$') as was_misplaced
  from single
)
select
  listed.show_id,
  case
    when lower(type) in ('movie', 'film') then 'Movie'
    when lower(type) in ('tv show', 'tv-show', 'tvshow', 'show', 'series', 'tv series') then 'TV Show'
    else type
  end as type,
  title,
  directors as director,
  players as "cast",
  countries as country,
  date_added,
  cast(case when regexp_matches(release_year, '^(1[89]|20)[0-9][0-9]$') then release_year end as integer) as release_year,
  case when not was_misplaced then rating end as rating,
  case when was_misplaced then rating else duration end as duration,
  genres as listed_in,
  description,
  line,
  coalesce(was_misplaced, false) as was_misplaced,
  coalesce(was_spaced, false) as was_spaced,
  regexp_matches(concat_ws('|', director, actors, country, listed_in), ', *(,|[|]|$)|(^|[|]) *,') as had_gaps,
  case
    when malformed is not null then concat('the line is malformed: ', malformed)
    when listed.show_id is null then 'show_id is empty'
    when line > first_line then 'show_id stands on an earlier line'
    when title is null then 'title is empty'
    when lower(coalesce(type, '')) not in ('movie', 'film', 'tv show', 'tv-show', 'tvshow', 'show', 'series', 'tv series')
      then 'type is neither Movie nor TV Show'
  end as reject_reason
from listed
left join repeated on repeated.show_id = listed.show_id
