// The search for runs against an evaluation of its own: a few hundred runs in memory, and plain
// loops over them.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include "base/random.h"
#include "tracking/test_store.h"

namespace marquee::tracking {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A run as the test remembers it.
struct Known {
  std::string run_id;
  std::string name;
  std::string status;
  int64_t start_ms = 0;
  std::optional<int64_t> end_ms;
  std::map<std::string, double> metrics;
  std::map<std::string, std::string> params;
  std::map<std::string, std::string> tags;
  std::string dataset;
};

using Condition = std::function<bool(const Known&)>;

Condition MetricIs(const std::string& key, const std::function<bool(double)>& holds) {
  return [=](const Known& run) {
    const auto found = run.metrics.find(key);
    return found != run.metrics.end() && holds(found->second);
  };
}
Condition ParamIs(const std::string& key, const std::function<bool(const std::string&)>& holds) {
  return [=](const Known& run) {
    const auto found = run.params.find(key);
    return found != run.params.end() && holds(found->second);
  };
}
Condition TagIs(const std::string& key, const std::function<bool(const std::string&)>& holds) {
  return [=](const Known& run) {
    const auto found = run.tags.find(key);
    return found != run.tags.end() && holds(found->second);
  };
}
Condition All(std::vector<Condition> conditions) {
  return [conditions = std::move(conditions)](const Known& run) {
    return std::ranges::all_of(conditions, [&](const Condition& holds) { return holds(run); });
  };
}

// The value of a metric or param as an order sees it: missing ones go last, NaN before them.
struct OrderKey {
  int group = 0;  // 0 a value, 1 NaN, 2 missing
  double number = 0;
  std::string text = {};
};

OrderKey MetricKey(const Known& run, const std::string& key) {
  const auto found = run.metrics.find(key);
  if (found == run.metrics.end()) return {2};
  return std::isnan(found->second) ? OrderKey{1} : OrderKey{0, found->second};
}
OrderKey TextKey(const std::map<std::string, std::string>& texts, const std::string& key) {
  const auto found = texts.find(key);
  return found == texts.end() ? OrderKey{2} : OrderKey{0, 0, found->second};
}

bool StartsLater(const Known& a, const Known& b) {
  return a.start_ms != b.start_ms ? a.start_ms > b.start_ms : a.run_id < b.run_id;
}

class RunSearchContract : public TrackingContract {
 protected:
  static constexpr int kRuns = 150;

  void SetUp() override {
    TrackingContract::SetUp();
    if (IsSkipped()) return;
    experiment_ = store_->CreateExperiment({.name = "search"});
    for (int i = 0; i < kRuns; ++i) AddRun(i);
    other_ = store_->CreateExperiment({.name = "other"});
    store_->CreateRun({.experiment_id = other_, .name = "elsewhere"});
  }

  void AddRun(int i) {
    Known run;
    run.name = StrCat("run_", i);
    run.start_ms = 1000 + static_cast<int64_t>(rng_.Below(40));  // ties
    run.run_id =
        store_
            ->CreateRun({.experiment_id = experiment_, .name = run.name, .start_ms = run.start_ms})
            .info.run_id;
    LogBatch batch;
    for (const char* key : {"m", "rmse/test"}) {
      if (rng_.Below(5) == 0) continue;
      const double value =
          rng_.Below(8) == 0 ? std::nan("") : static_cast<double>(rng_.Below(9)) / 4 - 1;
      run.metrics[key] = value;
      batch.metrics.push_back({.key = key, .value = value, .timestamp_ms = 1, .step = 0});
    }
    if (rng_.Below(4) != 0) run.params["p"] = StrCat(rng_.Below(12));
    run.params["file"] = StrCat("x_", i, "%*?[a]");
    if (rng_.Below(3) != 0) run.tags["Genre"] = rng_.Below(2) == 0 ? "Noir" : "Drama";
    for (const auto& [key, value] : run.params) batch.params.push_back({key, value});
    for (const auto& [key, value] : run.tags) batch.tags.push_back({key, value});
    store_->Log(run.run_id, batch);
    run.status = rng_.Below(2) == 0 ? "FINISHED" : "RUNNING";
    if (run.status == "FINISHED") {
      run.end_ms = 5000 + i;
      store_->UpdateRun(run.run_id, {.status = RunStatus::kFinished, .end_ms = run.end_ms});
    }
    if (i % 10 == 0) LogDataset(&run);
    run.tags["mlflow.runName"] = run.name;
    known_.push_back(std::move(run));
  }

  void LogDataset(Known* run) {
    run->dataset = "ratings";
    const DatasetInput input{
        .dataset = {.name = "ratings", .digest = "d", .source_type = "local", .source = "s"},
        .tags = {{"mlflow.data.context", "training"}}};
    store_->LogInputs(run->run_id, {&input, 1}, {});
  }

  // Ids in the order found, read in pages of `max_results`.
  std::vector<std::string> Search(const std::string& filter, std::vector<std::string> order_by = {},
                                  int64_t max_results = 1000) {
    RunSearch search{.experiment_ids = {experiment_},
                     .filter = filter,
                     .order_by = std::move(order_by),
                     .max_results = max_results};
    std::vector<std::string> ids;
    do {
      const Page<tracking::Run> page = store_->SearchRuns(search);
      EXPECT_LE(page.items.size(), static_cast<size_t>(max_results));
      for (const tracking::Run& run : page.items) ids.push_back(run.info.run_id);
      search.page = page.next;
    } while (!search.page.empty());
    return ids;
  }

  std::vector<std::string> Expected(const Condition& holds) {
    std::vector<Known> runs = known_;
    std::erase_if(runs, [&](const Known& run) { return !holds(run); });
    std::ranges::sort(runs, StartsLater);
    std::vector<std::string> ids;
    for (const Known& run : runs) ids.push_back(run.run_id);
    return ids;
  }

  std::vector<std::string> Ordered(const std::function<OrderKey(const Known&)>& key,
                                   bool ascending) {
    std::vector<Known> runs = known_;
    std::ranges::sort(runs, [&](const Known& a, const Known& b) {
      const OrderKey x = key(a);
      const OrderKey y = key(b);
      if (x.group != y.group) return x.group < y.group;
      if (x.number != y.number) return ascending ? x.number < y.number : x.number > y.number;
      if (x.text != y.text) return ascending ? x.text < y.text : x.text > y.text;
      return StartsLater(a, b);
    });
    std::vector<std::string> ids;
    for (const Known& run : runs) ids.push_back(run.run_id);
    return ids;
  }

  Rng rng_{7};
  int64_t experiment_ = 0;
  int64_t other_ = 0;
  std::vector<Known> known_;
};

INSTANTIATE_TEST_SUITE_P(Databases, RunSearchContract, testing::Values("Sqlite", "Postgres"),
                         DatabaseName);

TEST_P(RunSearchContract, FindsWhatPlainLoopsFind) {
  const auto is = [](const char* text) {
    return [text](const std::string& value) { return value == text; };
  };
  const auto is_not = [](const char* text) {
    return [text](const std::string& value) { return value != text; };
  };
  const struct {
    std::string filter;
    Condition holds;
  } kCases[] = {
      {"", [](const Known&) { return true; }},
      {"metrics.m > 0", MetricIs("m", [](double v) { return v > 0; })},
      {"metrics.m >= 0.25", MetricIs("m", [](double v) { return v >= 0.25; })},
      {"metrics.m < -.5", MetricIs("m", [](double v) { return v < -0.5; })},
      {"metrics.m <= 0", MetricIs("m", [](double v) { return v <= 0; })},
      {"metrics.m = 0", MetricIs("m", [](double v) { return v == 0; })},
      {"metrics.m != 0", MetricIs("m", [](double v) { return v != 0; })},
      {"metrics.`rmse/test` > 0.5", MetricIs("rmse/test", [](double v) { return v > 0.5; })},
      {"metrics.none > 0", [](const Known&) { return false; }},
      {"metrics.m > 0 and metrics.`rmse/test` < 0.5",
       All({MetricIs("m", [](double v) { return v > 0; }),
            MetricIs("rmse/test", [](double v) { return v < 0.5; })})},
      {"params.p = '3'", ParamIs("p", is("3"))},
      {"params.p != '3'", ParamIs("p", is_not("3"))},
      {"params.p LIKE '1_'",
       ParamIs("p", [](const auto& v) { return v.size() == 2 && v[0] == '1'; })},
      {"params.file LIKE 'x_7%*?[a]'",
       ParamIs("file", [](const auto& v) { return v.starts_with("x_7"); })},
      {"params.file LIKE 'X%'", [](const Known&) { return false; }},
      {"params.file ILIKE 'X_3%'",
       ParamIs("file", [](const auto& v) { return v.starts_with("x_3"); })},
      {"params.p IS NULL", [](const Known& run) { return !run.params.contains("p"); }},
      {"params.p IS NOT NULL", [](const Known& run) { return run.params.contains("p"); }},
      {"tags.Genre = 'Noir'", TagIs("Genre", is("Noir"))},
      {"tags.Genre != 'Noir'", TagIs("Genre", is_not("Noir"))},
      {"tags.genre = 'Noir'", [](const Known&) { return false; }},
      {"tags.Genre ILIKE 'NOIR'", TagIs("Genre", is("Noir"))},
      {"tags.mlflow.runName = 'run_9'", [](const Known& run) { return run.name == "run_9"; }},
      {"`Run Name` LIKE 'run_1_'",
       [](const Known& run) { return run.name.size() == 6 && run.name[4] == '1'; }},
      {"status = 'FINISHED'", [](const Known& run) { return run.status == "FINISHED"; }},
      {"attributes.status != 'RUNNING'", [](const Known& run) { return run.status != "RUNNING"; }},
      {"start_time >= 1020 and start_time < 1030.5",
       [](const Known& run) { return run.start_ms >= 1020 && run.start_ms < 1030.5; }},
      {"end_time > 5100", [](const Known& run) { return run.end_ms && *run.end_ms > 5100; }},
      {"dataset.name = 'ratings'", [](const Known& run) { return !run.dataset.empty(); }},
      {"datasets.context IN ('x', 'training') and dataset.digest LIKE 'd'",
       [](const Known& run) { return !run.dataset.empty(); }},
      {StrCat("run_id IN ('", known_[3].run_id, "', 'x')"),
       [id = known_[3].run_id](const Known& run) { return run.run_id == id; }},
      {StrCat("run_id NOT IN ('", known_[3].run_id, "')"),
       [id = known_[3].run_id](const Known& run) { return run.run_id != id; }},
      {StrCat("artifact_uri LIKE '%", known_[5].run_id, "%'"),
       [id = known_[5].run_id](const Known& run) { return run.run_id == id; }},
  };
  for (const auto& [filter, holds] : kCases) {
    EXPECT_EQ(Search(filter), Expected(holds)) << filter;
    EXPECT_EQ(Search(filter, {}, 7), Expected(holds)) << "in pages: " << filter;
  }
}

TEST_P(RunSearchContract, OrdersAsPlainSortsDo) {
  const struct {
    std::string order;
    bool ascending;
    std::function<OrderKey(const Known&)> key;
  } kCases[] = {
      {"metrics.m", true, [](const Known& run) { return MetricKey(run, "m"); }},
      {"metrics.m DESC", false, [](const Known& run) { return MetricKey(run, "m"); }},
      {"metrics.`rmse/test` DESC", false,
       [](const Known& run) { return MetricKey(run, "rmse/test"); }},
      {"params.p ASC", true, [](const Known& run) { return TextKey(run.params, "p"); }},
      {"params.p DESC", false, [](const Known& run) { return TextKey(run.params, "p"); }},
      {"tags.Genre DESC", false, [](const Known& run) { return TextKey(run.tags, "Genre"); }},
      {"run_name", true,
       [](const Known& run) {
         return OrderKey{0, 0, run.name};
       }},
      {"start_time", true,
       [](const Known& run) {
         return OrderKey{0, static_cast<double>(run.start_ms)};
       }},
      {"end_time DESC", false,
       [](const Known& run) {
         return run.end_ms ? OrderKey{0, static_cast<double>(*run.end_ms)} : OrderKey{2};
       }},
  };
  for (const auto& [order, ascending, key] : kCases) {
    EXPECT_EQ(Search("", {order}), Ordered(key, ascending)) << order;
    EXPECT_EQ(Search("", {order}, 11), Ordered(key, ascending)) << "in pages: " << order;
  }
}

TEST_P(RunSearchContract, SeesTheLifecyclesAndExperimentsItIsAskedFor) {
  const std::string gone = known_.back().run_id;
  store_->DeleteRun(gone);
  RunSearch search{.experiment_ids = {experiment_}, .view = View::kDeletedOnly};
  EXPECT_THAT(
      store_->SearchRuns(search).items,
      ElementsAre(testing::Field(&tracking::Run::info, testing::Field(&RunInfo::run_id, gone))));
  search.view = View::kAll;
  EXPECT_EQ(store_->SearchRuns(search).items.size(), size_t{kRuns});
  search.view = View::kActiveOnly;
  EXPECT_EQ(store_->SearchRuns(search).items.size(), size_t{kRuns - 1});
  search.experiment_ids = {experiment_, other_, other_, 999};
  EXPECT_EQ(store_->SearchRuns(search).items.size(), size_t{kRuns});
  search.experiment_ids = {};
  EXPECT_THAT(store_->SearchRuns(search).items, IsEmpty());
}

TEST_P(RunSearchContract, GivesRunsWhole) {
  const Page<tracking::Run> page =
      store_->SearchRuns({.experiment_ids = {experiment_}, .filter = "run_name = 'run_0'"});
  ASSERT_EQ(page.items.size(), 1u);
  const tracking::Run& run = page.items.front();
  EXPECT_EQ(run.metrics.size(), known_[0].metrics.size());
  EXPECT_EQ(run.params.size(), known_[0].params.size());
  EXPECT_EQ(run.tags.size(), known_[0].tags.size());
  EXPECT_EQ(run.dataset_inputs.size(), 1u);
}

TEST_P(RunSearchContract, RefusesATokenThatIsNoneOfIts) {
  for (const char* token : {"no token", "offset:-1", "offset:9223372036854775807", "offset:x",
                            "after:1", "after:x:y"}) {
    EXPECT_THAT([&] { store_->SearchRuns({.experiment_ids = {experiment_}, .page = token}); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("Invalid page token")))
        << token;
    EXPECT_THAT(
        [&] {
          store_->SearchRuns(
              {.experiment_ids = {experiment_}, .order_by = {"end_time"}, .page = token});
        },
        ThrowsError(Code::kInvalidArgument, HasSubstr("Invalid page token")))
        << token;
  }
}

}  // namespace
}  // namespace marquee::tracking
