// Models as runs made them, with what they were made with and how they fared.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "database/database.h"
#include "tracking/entities.h"

namespace marquee::tracking {

struct NewLoggedModel {
  int64_t experiment_id = 0;
  std::string name = {};  // "": made up
  std::string model_type = {};
  std::string source_run_id = {};
  std::vector<Param> params = {};
  std::vector<Tag> tags = {};
};

struct DatasetName {
  std::string name;
  std::string digest;  // "": any
};

struct LoggedModelSearch {
  struct By {
    std::string field;  // "metrics.rmse", "creation_timestamp"
    bool ascending = true;
    DatasetName dataset = {};  // of a metric; "": any
  };
  std::vector<int64_t> experiment_ids = {};
  std::string filter = {};
  std::vector<By> order_by = {};           // then: the newest first
  std::vector<DatasetName> datasets = {};  // metrics of the filter were measured on one of these
  int64_t max_results = 50;
  std::string page = {};
};

// Thread-safe. As TrackingStore. Metrics of models are logged through the runs that measure them.
class LoggedModelStore {
 public:
  LoggedModelStore(database::Database& database, const Clock& clock)
      : database_(database), clock_(clock) {}

  LoggedModel Create(const NewLoggedModel& model);
  LoggedModel Get(const std::string& model_id);
  LoggedModel SetStatus(const std::string& model_id, ModelStatus status);
  void Delete(const std::string& model_id);
  void SetTags(const std::string& model_id, std::span<const Tag> tags);
  // Throws not_found for a tag that the model has not.
  void DeleteTag(const std::string& model_id, const std::string& key);
  // As of runs: a param never changes.
  void AddParams(const std::string& model_id, std::span<const Param> params);
  Page<LoggedModel> Search(const LoggedModelSearch& search);

 private:
  database::Database& database_;
  const Clock& clock_;
};

}  // namespace marquee::tracking
