// From raw files to tables that models read: bronze (as it came), silver (checked, one row a key),
// gold (dense rows, features). Each layer by itself, on given lakes, or all of them as an import.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/progress.h"
#include "lake/lake.h"
#include "lake/quality.h"
#include "records/record_store.h"
#include "sources/dataset.h"

namespace marquee {

// What a pipeline works with; all of it must outlive the call. A request to cancel ends the running
// statement: the call throws cancelled, and no table has half a version.
struct PipelineRun {
  lake::Session& session;
  const Clock& clock;
  Progress& progress;
  const CancelToken& cancel;
};

// Who was erased, known by hashes of the salt and the id.
struct ErasedPeople {
  std::string salt = {};
  std::vector<Erasure> erasures = {};
};

struct LoadOptions {
  std::string date;         // the day that the load is for, "2024-01-31"; "": today, UTC
  double rating_min = 0.5;  // the scale of its ratings
  double rating_max = 5;
  bool force = false;  // load again what is there already
  // Their rows are left out, but those that are younger than the erasure; of lines that could not
  // be read, all that hold the id as a word.
  ErasedPeople erased = {};
};

struct BronzeResult {
  bool was_up_to_date;  // that very data is loaded already: nothing was written
  std::string load_id;  // of the load that holds it
  std::string date;
  std::vector<lake::TableVersion> tables;  // written
};

struct TableWritten {
  std::string table;
  lake::WriteResult result;
};

struct LayerOptions {
  double max_reject_share = 0.05;  // silver only
  bool force = false;              // make tables again whose inputs did not change
};

struct LayerResult {
  std::vector<TableWritten> written;
  bool was_up_to_date() const { return written.empty(); }
};

struct ImportOptions {
  LoadOptions load;
  LayerOptions layers;
  std::filesystem::path reports;  // where the load report goes: <reports>/<load_id>.json
};

struct ImportResult {
  bool was_up_to_date;  // no table was written: there is no new report
  std::string load_id;
  std::filesystem::path report_path;  // the report of that load, as JSON
  std::optional<lake::LoadReport> report;
};

// Writes the raw tables of `dataset` to bronze.<table> and the load itself to bronze.loads. A load
// replaces all that an earlier load for the same date brought; the same data for the same date (or,
// without a date, as the newest load) is not read again. Throws invalid_argument for a bad date or
// an empty scale, and what reading the data set throws.
BronzeResult RunBronze(const PipelineRun& run, const sources::Dataset& dataset, lake::Lake& to,
                       const LoadOptions& options);

// Makes the tables of a layer whose inputs, or whose steps, changed. `from` holds the layer below.
// Throws not_found when it has neither ratings nor events. Silver throws failed_precondition,
// before it writes anything, when a larger share of the rows of some table of some load is rejected
// than `max_reject_share`: the message names the reasons and a line for each.
LayerResult RunSilver(const PipelineRun& run, const lake::Lake& from, lake::Lake& to,
                      const LayerOptions& options);
LayerResult RunGold(const PipelineRun& run, const lake::Lake& from, lake::Lake& to,
                    const LayerOptions& options);

// Bronze, silver and gold of `lake`, and the report of the load. When silver rejects the load,
// bronze goes back to what it was, so that no table has changed.
ImportResult RunImport(const PipelineRun& run, const sources::Dataset& dataset, lake::Lake& lake,
                       const ImportOptions& options);

}  // namespace marquee
