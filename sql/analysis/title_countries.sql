-- analysis.title_countries (view): each title with each of its countries.
-- in   titles.features
-- out  show_id           varchar  as the source names the title
--      type              varchar  Movie or TV Show
--      country           varchar  as the source names it
--      region            varchar  the part of the world that it is in; Elsewhere when it is not known
--      is_primary        boolean  it is the first of the title's
--      release_year      integer  null when unknown
--      content_category  varchar  the audience
--      is_coproduction   boolean  of several countries
with listed as (
  select distinct show_id, type, primary_country, release_year, content_category, is_coproduction, unnest(string_split(country, ', ')) as country
  from titles.features
  where country is not null
)
select
  show_id, type, country,
  case
    when country in (
      'Algeria', 'Angola', 'Botswana', 'Burkina Faso', 'Cameroon', 'Egypt', 'Ethiopia', 'Ghana', 'Kenya',
      'Malawi', 'Mauritius', 'Morocco', 'Mozambique', 'Namibia', 'Nigeria', 'Senegal', 'Somalia',
      'South Africa', 'Sudan', 'Tunisia', 'Uganda', 'Zambia', 'Zimbabwe', 'Rwanda', 'Tanzania', 'Ivory Coast',
      'Congo', 'Libya'
    ) then 'Africa'
    when country in (
      'Afghanistan', 'Armenia', 'Azerbaijan', 'Bangladesh', 'Cambodia', 'China', 'Georgia', 'Hong Kong',
      'India', 'Indonesia', 'Japan', 'Kazakhstan', 'Malaysia', 'Mongolia', 'Myanmar', 'Nepal', 'Pakistan',
      'Philippines', 'Singapore', 'South Korea', 'North Korea', 'Sri Lanka', 'Taiwan', 'Thailand', 'Vietnam',
      'Bhutan', 'Laos', 'Maldives', 'Uzbekistan'
    ) then 'Asia'
    when country in (
      'Albania', 'Austria', 'Belarus', 'Belgium', 'Bosnia and Herzegovina', 'Bulgaria', 'Croatia', 'Cyprus',
      'Czech Republic', 'Denmark', 'East Germany', 'Estonia', 'Finland', 'France', 'Germany', 'Greece',
      'Hungary', 'Iceland', 'Ireland', 'Italy', 'Kosovo', 'Latvia', 'Liechtenstein', 'Lithuania',
      'Luxembourg', 'Malta', 'Moldova', 'Monaco', 'Montenegro', 'Netherlands', 'North Macedonia', 'Norway',
      'Poland', 'Portugal', 'Romania', 'Russia', 'Serbia', 'Slovakia', 'Slovenia', 'Soviet Union', 'Spain',
      'Sweden', 'Switzerland', 'Ukraine', 'United Kingdom', 'Vatican City', 'West Germany', 'Yugoslavia'
    ) then 'Europe'
    when country in (
      'Argentina', 'Bahamas', 'Barbados', 'Belize', 'Bolivia', 'Brazil', 'Cayman Islands', 'Chile',
      'Colombia', 'Costa Rica', 'Cuba', 'Dominican Republic', 'Ecuador', 'El Salvador', 'Guatemala', 'Haiti',
      'Honduras', 'Jamaica', 'Mexico', 'Nicaragua', 'Panama', 'Paraguay', 'Peru', 'Puerto Rico',
      'Trinidad and Tobago', 'Uruguay', 'Venezuela'
    ) then 'Latin America'
    when country in (
      'Bahrain', 'Iran', 'Iraq', 'Israel', 'Jordan', 'Kuwait', 'Lebanon', 'Oman', 'Palestine', 'Qatar',
      'Saudi Arabia', 'Syria', 'Turkey', 'United Arab Emirates', 'Yemen'
    ) then 'Middle East'
    when country in (
      'Bermuda', 'Canada', 'Greenland', 'United States'
    ) then 'North America'
    when country in (
      'Australia', 'Fiji', 'New Zealand', 'Papua New Guinea', 'Samoa'
    ) then 'Oceania'
    else 'Elsewhere'
  end as region,
  country = primary_country as is_primary,
  release_year, content_category, is_coproduction
from listed
