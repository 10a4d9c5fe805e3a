-- silver.users: what the latest load says of each user.
-- in   silver.checked_users
-- out  user_id     varchar  as the source names the user
--      gender      varchar  capital letters: F, M; null when unknown
--      age         integer  years, or the first year of a bracket where the source has brackets; null when unknown
--      occupation  varchar  a word or a code, as the source has it; null when unknown
--      zip_code    varchar  null when unknown
with latest as (
  select
    user_id,
    max_by({'gender': gender, 'age': age, 'occupation': occupation, 'zip_code': zip_code},
           {'load': loaded_at, 'line': line}) as facts
  from silver.checked_users
  where reject_reason is null
  group by user_id
)
select user_id, facts.gender as gender, facts.age as age, facts.occupation as occupation, facts.zip_code as zip_code
from latest
