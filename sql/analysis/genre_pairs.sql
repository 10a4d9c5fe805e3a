-- analysis.genre_pairs: the fifty pairs of genres that most titles have.
-- in   analysis.title_genres
-- out  genre        varchar  the first by name
--      other_genre  varchar  the second by name
--      titles       bigint   how many
select one.genre, other.genre as other_genre, cast(count(*) as bigint) as titles
from analysis.title_genres as one
join analysis.title_genres as other on other.show_id = one.show_id and other.genre > one.genre
group by one.genre, other.genre
order by titles desc, one.genre, other_genre
limit 50
