-- titles.features: the cleaned titles with what is derived of each.
-- Dates are read as September 25, 2021, as 25-Sep-21 and as 2021-09-25; one that does not exist is null.
-- in   titles.cleaned
-- out  show_id             varchar  as the source names the title
--      type                varchar  Movie or TV Show
--      title               varchar  as cleaned
--      director            varchar  names, ', ' between; null when unknown
--      cast                varchar  names, ', ' between; null when unknown
--      country             varchar  countries, ', ' between; null when unknown
--      release_year        integer  null when unknown
--      rating              varchar  TV-MA ...; null when unknown
--      duration            varchar  90 min, 2 Seasons; null when unknown
--      listed_in           varchar  genres, ', ' between; null when unknown
--      description         varchar  null when there is none
--      date_added          date     to the catalogue; null when unknown
--      year_added          integer  of date_added
--      month_added         integer  of date_added, 1 to 12
--      duration_minutes    integer  of a movie; null otherwise
--      seasons             integer  of a TV show; null otherwise
--      primary_country     varchar  the first of its countries
--      country_count       integer  0 when unknown
--      primary_genre       varchar  the first of its genres
--      genre_count         integer  0 when unknown
--      content_category    varchar  Kids, Family, Teens, Adults, Unrated (NR, UR), by the rating; Unknown without one
--      decade              integer  of the release: 2010 for 2010 to 2019
--      years_to_catalogue  integer  from the year of release to year_added; below 0 when added before
--      cast_count          integer  names in the cast; 0 when unknown
--      director_count      integer  0 when unknown
--      title_length        integer  characters
--      description_length  integer  characters; 0 when there is none
--      is_coproduction     boolean  of several countries
--      line                bigint   where it came from
with dated as (
  select
    *,
    case
      when regexp_matches(date_added, '^[A-Za-z]+[.]? [0-9]{1,2}, ?[0-9]{4}$') then concat(
        regexp_extract(date_added, '([0-9]{4})$', 1), '-',
        case lower(substring(date_added, 1, 3)) when 'jan' then '01' when 'feb' then '02' when 'mar' then '03' when 'apr' then '04' when 'may' then '05' when 'jun' then '06' when 'jul' then '07' when 'aug' then '08' when 'sep' then '09' when 'oct' then '10' when 'nov' then '11' when 'dec' then '12' end, '-',
        lpad(regexp_extract(date_added, ' ([0-9]{1,2}),', 1), 2, '0'))
      when regexp_matches(date_added, '^[0-9]{1,2}-[A-Za-z]{3}-([0-9]{2})?[0-9]{2}$') then concat(
        '20', regexp_extract(date_added, '([0-9]{2})$', 1), '-',
        case lower(regexp_extract(date_added, '-([A-Za-z]{3})-', 1)) when 'jan' then '01' when 'feb' then '02' when 'mar' then '03' when 'apr' then '04' when 'may' then '05' when 'jun' then '06' when 'jul' then '07' when 'aug' then '08' when 'sep' then '09' when 'oct' then '10' when 'nov' then '11' when 'dec' then '12' end, '-',
        lpad(regexp_extract(date_added, '^([0-9]{1,2})-', 1), 2, '0'))
      when regexp_matches(date_added, '^[0-9]{4}-[0-9]{2}-[0-9]{2}$') then date_added
    end as iso_date
  from titles.cleaned
),
counted as (
  select
    *,
    try_cast(iso_date as date) as added,
    case when country is not null then cast(array_length(string_split(country, ', ')) as integer) else 0 end as countries,
    case when listed_in is not null then cast(array_length(string_split(listed_in, ', ')) as integer) else 0 end as genres
  from dated
)
select
  show_id, type, title, director, "cast", country, release_year, rating, duration, listed_in, description,
  added as date_added,
  cast(year(added) as integer) as year_added,
  cast(month(added) as integer) as month_added,
  try_cast(case when type = 'Movie' then nullif(regexp_extract(duration, '^([0-9]+) ?[Mm]in', 1), '') end as integer) as duration_minutes,
  try_cast(case when type = 'TV Show' then nullif(regexp_extract(duration, '^([0-9]+) ?[Ss]eason', 1), '') end as integer) as seasons,
  case when country is not null then split_part(country, ', ', 1) end as primary_country,
  countries as country_count,
  case when listed_in is not null then split_part(listed_in, ', ', 1) end as primary_genre,
  genres as genre_count,
  case
    when rating is null then 'Unknown'
    when rating in ('G', 'TV-Y', 'TV-Y7', 'TV-Y7-FV', 'TV-G') then 'Kids'
    when rating in ('PG', 'TV-PG') then 'Family'
    when rating in ('PG-13', 'TV-14') then 'Teens'
    when rating in ('R', 'NC-17', 'TV-MA') then 'Adults'
    when rating in ('NR', 'UR', 'Unrated', 'Not Rated') then 'Unrated'
    else 'Unknown'
  end as content_category,
  cast(floor(release_year / 10) * 10 as integer) as decade,
  cast(year(added) - release_year as integer) as years_to_catalogue,
  case when "cast" is not null then cast(array_length(string_split("cast", ', ')) as integer) else 0 end as cast_count,
  case when director is not null then cast(array_length(string_split(director, ', ')) as integer) else 0 end as director_count,
  cast(length(title) as integer) as title_length,
  cast(coalesce(length(description), 0) as integer) as description_length,
  countries > 1 as is_coproduction,
  line
from counted
