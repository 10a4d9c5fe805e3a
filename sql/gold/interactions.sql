-- gold.interactions: who rated what, with dense rows in place of names: what models are trained on.
-- in   silver.ratings
--      gold.users
--      gold.items
-- out  user_row  integer      see gold.users
--      item_row  integer      see gold.items
--      user_id   varchar      as the source names the user
--      item_id   varchar      as the source names the title
--      rating    double       on the scale of the source
--      rated_at  timestamptz  UTC, whole seconds
select u.user_row, i.item_row, r.user_id, r.item_id, r.rating, r.rated_at
from silver.ratings r
join gold.users u on u.user_id = r.user_id
join gold.items i on i.item_id = r.item_id
