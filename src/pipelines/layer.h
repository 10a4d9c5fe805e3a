// Makes the tables of one layer from those below: the part that silver and gold share.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lake/sql_step.h"
#include "pipelines/import.h"

namespace marquee {

// Whether a table of bronze holds what data sets bring: not the list of loads, nor the events.
bool IsOfDataSet(const lake::SqlStep& bronze);
// Those tables, as bronze names them: "ratings", ...
std::vector<std::string> BronzeDataTables(const lake::SqlSteps& steps);

// Not thread-safe.
class LayerBuild {
 public:
  // `from` holds the layers below, `to` gets the tables.
  LayerBuild(const PipelineRun& run, const lake::SqlSteps& steps, std::string_view layer,
             const lake::Lake& from, lake::Lake& to);

  // Throws not_found when `table`, which the layer cannot do without, is not there.
  void Require(std::string_view table, std::string_view made_by) const;
  // The tables that must be made: their inputs or steps changed, or an input must be made itself.
  std::vector<const lake::SqlStep*> Stale(bool force) const;
  // Makes the tables below and the views of this layer readable. A table below that does not exist
  // is empty.
  void OpenInputs();
  // Writes `step` as `select` gives it, and makes it readable.
  TableWritten Write(const lake::SqlStep& step, const std::string& select,
                     const std::string& run_id);

 private:
  const lake::Lake& HomeOf(std::string_view table) const;
  std::vector<lake::TableVersion> InputVersions(const lake::SqlStep& step) const;
  bool IsCurrent(const lake::SqlStep& step) const;

  const PipelineRun& run_;
  const lake::SqlSteps& steps_;
  const std::string layer_;
  const lake::Lake& from_;
  lake::Lake& to_;
};

}  // namespace marquee
