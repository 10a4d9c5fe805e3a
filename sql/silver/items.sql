-- silver.items: one row per title, by the latest load; within a load the last line that has a name for it.
-- Title: the year, and a mark like (V) after it, are taken off; an article at the end goes to the front, in
-- a second title in parentheses too: "Tin Drum, The (Blechtrommel, Die) (1979)" is "The Tin Drum (Die Blechtrommel)".
-- Genres: split at | , and ; spelled in one way, sorted, each once; "(no genres listed)" and "unknown" are none.
-- in   silver.checked_items
-- out  item_id         varchar    as the source names the title
--      title           varchar    for people: The Matrix; the id when the source has none
--      original_title  varchar    as it came, without blanks around it: Matrix, The (1999); null when there is none
--      year            integer    of the title, else of the release date; the first one of a range; null when unknown
--      genres          varchar[]  Action, Children, Sci-Fi ...; empty when unknown
with latest as (
  select
    item_id,
    max_by({'title': title, 'genres': genres, 'release_date': release_date},
           {'load': loaded_at, 'named': title <> '', 'line': line}) as facts
  from silver.checked_items
  where reject_reason is null
  group by item_id
),
dated as (
  select
    item_id,
    facts.title as original_title,
    coalesce(facts.genres, '') as raw_genres,
    coalesce(facts.release_date, '') as release_date,
    regexp_extract(facts.title, ' *[(]((18|19|20)[0-9]{2}([-–] ?([0-9]{4})?)?)[)]( [(]T?V[)])?$', 0) as year_part
  from latest
),
-- "Tin Drum, The (Blechtrommel, Die)" is two pieces, cut at the parenthesis.
cut as (
  select
    *,
    list_transform(
      string_split(substring(original_title, 1, length(original_title) - length(year_part)), '('),
      lambda piece: {'text': piece, 'article': regexp_extract(
        piece,
        ', (The|An?|La|Les?|L''|Une?|Il|Lo|Gli|I|Una|El|Los|Las|Der|Die|Das|Eine?|Det|Den|De|En|Het|O|Os|As|Uma?|Da)[ )]*$',
        1)}
    ) as pieces,
    string_split(replace(replace(raw_genres, ',', '|'), ';', '|'), '|') as raw_genre_list
  from dated
),
spelled as (
  select
    item_id,
    original_title,
    release_date,
    year_part,
    array_to_string(list_transform(pieces, lambda piece: case
      when piece.article = '' then piece.text
      else concat(
        piece.article,
        case when piece.article = 'L''' then '' else ' ' end,
        regexp_extract(piece.text, '^(.*), ', 1),
        regexp_extract(piece.text, '[ )]*$', 0))
    end), '(') as title,
    list_transform(raw_genre_list, lambda genre: case lower(trim(genre))
      when '(no genres listed)' then ''
      when 'unknown' then ''
      when 'children''s' then 'Children'
      when 'childrens' then 'Children'
      when 'science fiction' then 'Sci-Fi'
      when 'scifi' then 'Sci-Fi'
      when 'sci-fi' then 'Sci-Fi'
      when 'film noir' then 'Film-Noir'
      when 'film-noir' then 'Film-Noir'
      when 'imax' then 'IMAX'
      else concat(upper(substring(trim(genre), 1, 1)), substring(trim(genre), 2))
    end) as genres
  from cut
)
select
  item_id,
  coalesce(nullif(title, ''), nullif(original_title, ''), item_id) as title,
  nullif(original_title, '') as original_title,
  cast(nullif(regexp_extract(coalesce(nullif(year_part, ''), release_date), '(18|19|20)[0-9]{2}', 0), '') as integer) as year,
  list_sort(list_distinct(list_filter(genres, lambda genre: genre <> ''))) as genres
from spelled
