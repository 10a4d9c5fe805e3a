-- analysis.delay_by_year_added: years from release to catalogue, by the year of the addition.
-- in   titles.features
-- out  year_added          integer  of the addition
--      titles              bigint   how many
--      movie_mean_years    double   null when there is no movie
--      tv_show_mean_years  double   null when there is no TV show
--      median_years        double   of both
select
  year_added,
  cast(count(*) as bigint) as titles,
  round(avg(years_to_catalogue) filter (where type = 'Movie'), 4) as movie_mean_years,
  round(avg(years_to_catalogue) filter (where type = 'TV Show'), 4) as tv_show_mean_years,
  cast(median(years_to_catalogue) as double) as median_years
from titles.features
where years_to_catalogue is not null
group by year_added
order by year_added
