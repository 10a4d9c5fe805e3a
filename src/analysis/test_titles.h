// For tests: a few titles as titles.features.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analysis/documents.h"
#include "analysis/report.h"
#include "lake/engine.h"

namespace marquee::analysis {

class FewTitles {
 public:
  FewTitles() : steps_(lake::ParseSqlFiles(lake::EmbeddedSqlFiles())) {
    session_ = engine_.NewSession();
    lake::CreateEmptyView(*session_, steps_.At("titles.features"));
    session_->Execute(
        "create table titles.some as select * from titles.features; "
        "create or replace view titles.features as select * from titles.some");
    OpenViews(*session_, steps_);
  }

  void Add(const std::string& columns, const std::string& values) {
    session_->Execute("insert into titles.some(" + columns + ") values (" + values + ")");
  }
  // A film of two countries, a film of one, and two shows.
  void AddFour() {
    const std::string columns =
        "show_id, type, title, country, release_year, rating, duration, listed_in, date_added, "
        "year_added, month_added, duration_minutes, seasons, primary_country, country_count, "
        "content_category, decade, years_to_catalogue, is_coproduction";
    Add(columns,
        "'s1', 'Movie', 'A', 'France, Spain', 2010, 'R', '90 min', 'Dramas, Music', '2020-01-05', "
        "2020, 1, 90, null, 'France', 2, 'Adults', 2010, 10, true");
    Add(columns,
        "'s2', 'Movie', 'B', 'France', 2019, 'PG-13', '112 min', 'Dramas', '2020-02-05', 2020, 2, "
        "112, null, 'France', 1, 'Teens', 2010, 1, false");
    Add(columns,
        "'s3', 'TV Show', 'C <script>', 'India', 2021, 'TV-Y', '2 Seasons', 'Kids'' TV', "
        "'2021-03-01', 2021, 3, null, 2, 'India', 1, 'Kids', 2020, 0, false");
    Add(columns,
        "'s4', 'TV Show', 'D', null, 2021, null, '1 Season', 'Kids'' TV', '2021-03-02', 2021, 3, "
        "null, 1, null, 0, 'Unknown', 2020, 0, false");
  }

  const lake::SqlSteps& steps() const { return steps_; }
  Json Make(const std::string& name) {
    return MakeDocument(*session_, steps_, DocumentNamed(name));
  }
  ReportInput Input() {
    ReportInput input;
    for (const Document& document : Documents())
      input.documents.push_back(MakeDocument(*session_, steps_, document));
    input.completeness = RowsOf(*session_, steps_.At("analysis.completeness"));
    input.made_at = "2024-01-05T10:30:00Z";
    input.run_id = "manual__<1>";
    return input;
  }

 private:
  lake::Engine engine_{lake::EngineOptions{}};
  const lake::SqlSteps steps_;
  std::unique_ptr<lake::Session> session_;
};

}  // namespace marquee::analysis
