// For tests: everything this module keeps, on each kind of database.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error_matchers.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/text.h"
#include "database/database.h"
#include "database/test_postgres.h"
#include "tracking/logged_model_store.h"
#include "tracking/model_registry.h"
#include "tracking/schema.h"
#include "tracking/tracking_store.h"

namespace marquee::tracking {

inline constexpr int64_t kTestNowMs = 1'700'000'000'000;

// The parameter: "Sqlite" or "Postgres".
class TrackingContract : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const bool postgres = std::string_view(GetParam()) == "Postgres";
    if (postgres && !database::PostgresServer::IsThere()) {
      GTEST_SKIP() << "no tools/postgres: set MARQUEE_SHARED";
    }
    schema_.name = schema_name_;
    url_ = postgres ? database::SharedPostgresUrl() : (folder_.path() / "tracking.db").string();
    Open();
  }

  // Anew, when it was open.
  void Open() {
    database_ =
        std::make_unique<database::Database>(database::DatabaseOptions{.url = url_}, schema_);
    store_ = std::make_unique<TrackingStore>(*database_, clock_);
    models_ = std::make_unique<LoggedModelStore>(*database_, clock_);
    registry_ = std::make_unique<ModelRegistry>(*database_, clock_);
  }

  std::string NewRun(int64_t experiment_id = 0, std::string name = {}) {
    clock_.Advance(1);
    return store_->CreateRun({.experiment_id = experiment_id, .name = std::move(name)}).info.run_id;
  }

  std::vector<Metric> History(const std::string& run_id, const std::string& key) {
    std::vector<Metric> metrics;
    store_->ReadHistory(run_id, key, 0, "",
                        [&](const Metric& metric) { metrics.push_back(metric); });
    return metrics;
  }

  TempDir folder_;
  std::string url_;
  ManualClock clock_{kTestNowMs};
  const std::string schema_name_ = "tracking_" + NewRunId();
  database::Schema schema_ = TrackingSchema();
  std::unique_ptr<database::Database> database_;
  std::unique_ptr<TrackingStore> store_;
  std::unique_ptr<LoggedModelStore> models_;
  std::unique_ptr<ModelRegistry> registry_;
};

inline std::string DatabaseName(const testing::TestParamInfo<const char*>& info) {
  return info.param;
}

}  // namespace marquee::tracking
