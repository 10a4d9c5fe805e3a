// Experiments and runs, on each kind of database.
#include "tracking/tracking_store.h"

#include <cmath>
#include <limits>
#include <thread>

#include "tracking/test_store.h"

namespace marquee::tracking {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;

INSTANTIATE_TEST_SUITE_P(Databases, TrackingContract, testing::Values("Sqlite", "Postgres"),
                         DatabaseName);

TEST_P(TrackingContract, TheDefaultExperimentIsThere) {
  const Experiment experiment = store_->GetExperiment(0);
  EXPECT_EQ(experiment.name, "Default");
  EXPECT_EQ(experiment.artifact_location, "mlflow-artifacts:/0");
}

TEST_P(TrackingContract, AnExperimentIsFoundByIdAndName) {
  const int64_t id =
      store_->CreateExperiment({.name = "Am\xC3\xA9lie", .tags = {{"team", "films"}}});
  EXPECT_GT(id, 0);
  const Experiment experiment = store_->GetExperiment(id);
  EXPECT_EQ(experiment.name, "Am\xC3\xA9lie");
  EXPECT_EQ(experiment.artifact_location, StrCat("mlflow-artifacts:/", id));
  EXPECT_THAT(experiment.tags, ElementsAre(Tag{"team", "films"}));
  EXPECT_EQ(store_->FindExperiment("Am\xC3\xA9lie")->id, id);
  EXPECT_EQ(store_->FindExperiment("none"), std::nullopt);
  EXPECT_THAT([&] { store_->GetExperiment(999); },
              ThrowsError(Code::kNotFound, HasSubstr("No Experiment with id=999 exists")));
}

TEST_P(TrackingContract, TheNameOfAnExperimentIsItsOwn) {
  const int64_t id = store_->CreateExperiment({.name = "one"});
  store_->DeleteExperiment(id);
  EXPECT_THAT([&] { store_->CreateExperiment({.name = "one"}); },
              ThrowsError(Code::kAlreadyExists, HasSubstr("in the deleted state")));
  const int64_t other = store_->CreateExperiment({.name = "two"});
  EXPECT_THAT([&] { store_->RenameExperiment(other, "one"); },
              ThrowsError(Code::kAlreadyExists, HasSubstr("name=one")));
  store_->RenameExperiment(other, "three");
  EXPECT_EQ(store_->GetExperiment(other).name, "three");
  EXPECT_THAT([&] { store_->CreateExperiment({.name = std::string(501, 'n')}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("may have 500")));
}

TEST_P(TrackingContract, ADeletedExperimentTakesItsRunsWithItAndBringsThemBack) {
  const int64_t id = store_->CreateExperiment({.name = "e"});
  const std::string run = NewRun(id);
  store_->DeleteExperiment(id);
  EXPECT_EQ(store_->GetRun(run).info.lifecycle, Lifecycle::kDeleted);
  EXPECT_THAT([&] { store_->Log(run, {.metrics = {{.key = "m"}}}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("Current state is deleted")));
  EXPECT_THAT([&] { store_->CreateRun({.experiment_id = id}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("Current state is deleted")));
  EXPECT_THAT([&] { store_->DeleteExperiment(id); },
              ThrowsError(Code::kNotFound, HasSubstr("No ")));
  store_->RestoreExperiment(id);
  EXPECT_EQ(store_->GetRun(run).info.lifecycle, Lifecycle::kActive);
  EXPECT_THAT([&] { store_->DeleteExperiment(0); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("the default one")));
}

TEST_P(TrackingContract, TagsOfExperimentsAreSetAndDeleted) {
  const int64_t id = store_->CreateExperiment({.name = "e"});
  store_->SetExperimentTag(id, {"k", "1"});
  store_->SetExperimentTag(id, {"k", "2"});
  EXPECT_THAT(store_->GetExperiment(id).tags, ElementsAre(Tag{"k", "2"}));
  store_->DeleteExperimentTag(id, "k");
  EXPECT_THAT([&] { store_->DeleteExperimentTag(id, "k"); },
              ThrowsError(Code::kNotFound, HasSubstr("key='k'")));
}

TEST_P(TrackingContract, ARunHasANameThatItsTagRepeats) {
  const tracking::Run named = store_->CreateRun({.name = "first", .tags = {{"a", "1"}}});
  EXPECT_EQ(named.info.name, "first");
  EXPECT_THAT(named.tags, ElementsAre(Tag{"a", "1"}, Tag{"mlflow.runName", "first"}));
  EXPECT_EQ(named.info.artifact_uri,
            StrCat("mlflow-artifacts:/0/", named.info.run_id, "/artifacts"));
  EXPECT_EQ(named.info.start_ms, kTestNowMs);
  const tracking::Run tagged = store_->CreateRun({.tags = {{"mlflow.runName", "t"}}});
  EXPECT_EQ(tagged.info.name, "t");
  const tracking::Run neither = store_->CreateRun({});
  EXPECT_THAT(neither.tags, ElementsAre(Tag{"mlflow.runName", neither.info.name}));
  EXPECT_THAT(
      [&] {
        store_->CreateRun({.name = "a", .tags = {{"mlflow.runName", "b"}}});
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("they mean the same")));
  store_->Log(tagged.info.run_id, {.tags = {{"mlflow.runName", "u"}}});
  EXPECT_EQ(store_->GetRun(tagged.info.run_id).info.name, "u");
}

TEST_P(TrackingContract, ARunIsUpdatedEndedAndResumed) {
  const std::string run = NewRun();
  RunInfo info = store_->UpdateRun(run, {.status = RunStatus::kKilled, .end_ms = 5, .name = "z"});
  EXPECT_EQ(info.status, RunStatus::kKilled);
  EXPECT_THAT(info.end_ms, Optional(5));
  EXPECT_EQ(info.name, "z");
  info = store_->UpdateRun(run, {.status = RunStatus::kRunning, .end_ms = 0});
  EXPECT_EQ(info.end_ms, std::nullopt);
  EXPECT_EQ(info.name, "z");
}

TEST_P(TrackingContract, ADeletedRunTakesNoWritesUntilItIsRestored) {
  const std::string run = NewRun();
  store_->DeleteRun(run);
  for (const auto& write : std::vector<std::function<void()>>{
           [&] { store_->UpdateRun(run, {.end_ms = 1}); }, [&] { store_->DeleteRun(run); },
           [&] { store_->DeleteRunTag(run, "mlflow.runName"); },
           [&] { store_->LogInputs(run, {}, {}); }, [&] { store_->LogOutputs(run, {}); }}) {
    EXPECT_THAT(write, ThrowsError(Code::kInvalidArgument, HasSubstr("Current state is deleted")));
  }
  store_->RestoreRun(run);
  EXPECT_THAT([&] { store_->RestoreRun(run); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("Current state is active")));
  EXPECT_THAT([&] { store_->GetRun("none"); },
              ThrowsError(Code::kNotFound, HasSubstr("Run with id=none not found")));
}

TEST_P(TrackingContract, TheLatestMetricIsOfTheLargestStepThenTimeThenValue) {
  const std::string run = NewRun();
  store_->Log(run, {.metrics = {{.key = "m", .value = 9, .timestamp_ms = 5, .step = 1},
                                {.key = "m", .value = 1, .timestamp_ms = 1, .step = 2}}});
  store_->Log(run, {.metrics = {{.key = "m", .value = 2, .timestamp_ms = 9, .step = 1}}});
  EXPECT_EQ(store_->GetRun(run).metrics.at(0).value, 1);
  store_->Log(run, {.metrics = {{.key = "m", .value = 0.5, .timestamp_ms = 1, .step = 2}}});
  EXPECT_EQ(store_->GetRun(run).metrics.at(0).value, 1);
  store_->Log(run, {.metrics = {{.key = "m", .value = 0.25, .timestamp_ms = 2, .step = 2}}});
  EXPECT_EQ(store_->GetRun(run).metrics.at(0).value, 0.25);
  store_->Log(run, {.metrics = {{.key = "m", .value = 7, .timestamp_ms = 1, .step = -5}}});
  EXPECT_EQ(store_->GetRun(run).metrics.at(0).value, 0.25);
}

TEST_P(TrackingContract, AHistoryIsInOrderOfTimeAndHoldsEachValueOnce) {
  const std::string run = NewRun();
  const Metric one{.key = "m", .value = 1.5, .timestamp_ms = 7, .step = 7};
  const Metric two{.key = "m", .value = 2.5, .timestamp_ms = 3, .step = 9};
  store_->Log(run, {.metrics = {one, two, one}});
  store_->Log(run, {.metrics = {one}});
  EXPECT_THAT(History(run, "m"),
              ElementsAre(Field(&Metric::value, 2.5), Field(&Metric::value, 1.5)));
  EXPECT_THAT(History(run, "other"), IsEmpty());
  EXPECT_THAT(History("none", "m"), IsEmpty());
}

TEST_P(TrackingContract, EveryDoubleComesBack) {
  const std::string run = NewRun();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kLargest = std::numeric_limits<double>::max();
  const std::vector<double> values = {0.1 + 0.2, 1e-300,   5e-324,
                                      kLargest,  -1.0 / 3, 9007199254740992.0};
  LogBatch batch;
  for (size_t i = 0; i < values.size(); ++i) {
    batch.metrics.push_back(
        {.key = "x", .value = values[i], .timestamp_ms = static_cast<int64_t>(i)});
  }
  batch.metrics.push_back({.key = "nan", .value = std::nan("")});
  batch.metrics.push_back({.key = "inf", .value = kInfinity});
  batch.metrics.push_back({.key = "ninf", .value = -kInfinity});
  store_->Log(run, batch);
  std::vector<double> kept;
  for (const Metric& metric : History(run, "x")) kept.push_back(metric.value);
  EXPECT_EQ(kept, values);
  EXPECT_TRUE(std::isnan(History(run, "nan").at(0).value));
  EXPECT_EQ(History(run, "inf").at(0).value, kLargest);
  EXPECT_EQ(History(run, "ninf").at(0).value, -kLargest);
}

TEST_P(TrackingContract, AHistoryIsPagedWithoutGapsAndRepeats) {
  const std::string run = NewRun();
  LogBatch batch;
  for (int i = 0; i < 25; ++i) {
    // Equal times, and NaN among them: the place of a page is told by all parts of a row.
    batch.metrics.push_back({.key = "m",
                             .value = i % 5 == 0 ? std::nan("") : i * 0.1,
                             .timestamp_ms = i / 10,
                             .step = i / 7});
  }
  store_->Log(run, batch);
  for (const int64_t size : {1, 7, 24, 25, 100}) {
    std::vector<std::string> rows;
    std::string page;
    do {
      page = store_->ReadHistory(run, "m", size, page, [&](const Metric& m) {
        rows.push_back(StrCat(m.timestamp_ms, " ", m.step, " ", m.value));
      });
    } while (!page.empty());
    std::vector<std::string> all;
    for (const Metric& m : History(run, "m")) {
      all.push_back(StrCat(m.timestamp_ms, " ", m.step, " ", m.value));
    }
    EXPECT_EQ(rows, all) << size;
  }
  for (const char* token : {"x", "after:1:2:3", "after:1:2:x:0", "offset:1"}) {
    EXPECT_THAT([&] { store_->ReadHistory(run, "m", 5, token, [](const Metric&) {}); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("Invalid page token")))
        << token;
  }
}

TEST_P(TrackingContract, StepsOfSeveralRunsAreReadTogether) {
  const std::string one = NewRun();
  const std::string two = NewRun();
  for (const std::string& run : {one, two}) {
    for (int64_t step = 0; step < 4; ++step) {
      store_->Log(run, {.metrics = {{.key = "m", .value = 1, .timestamp_ms = 1, .step = step}}});
    }
  }
  std::vector<std::string> found;
  for (const Metric& m : store_->HistoryOfRuns(std::vector{one, two}, "m", {1, 3}, 2)) {
    found.push_back(StrCat(m.run_id == one ? "one" : "two", m.step));
  }
  EXPECT_THAT(found, ElementsAre("one1", "one2", "two1", "two2"));
}

TEST_P(TrackingContract, AParamNeverChanges) {
  const std::string run = NewRun();
  store_->Log(run, {.params = {{"p", "1"}, {"p", "1"}}});
  store_->Log(run, {.params = {{"p", "1"}}});
  EXPECT_THAT(
      [&] {
        store_->Log(run, {.params = {{"p", "2"}}});
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("was already logged with value='1'")));
  EXPECT_THAT(
      [&] {
        store_->Log(run, {.params = {{"q", "1"}, {"q", "2"}}});
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("key='q'")));
  EXPECT_THAT(store_->GetRun(run).params, ElementsAre(Param{"p", "1"}));
}

TEST_P(TrackingContract, ABatchIsLoggedWholeOrNotAtAll) {
  const std::string run = NewRun();
  store_->Log(run, {.params = {{"p", "1"}}});
  const LogBatch batch{.metrics = {{.key = "m", .value = 1}},
                       .params = {{"new", "1"}, {"p", "other"}},
                       .tags = {{"t", "1"}}};
  EXPECT_THAT([&] { store_->Log(run, batch); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("Changing param values")));
  const tracking::Run after = store_->GetRun(run);
  EXPECT_THAT(after.metrics, IsEmpty());
  EXPECT_EQ(after.params.size(), 1u);
  EXPECT_EQ(after.tags.size(), 1u);
}

TEST_P(TrackingContract, BatchesHaveLimits) {
  const std::string run = NewRun();
  LogBatch batch;
  for (int i = 0; i < 1000; ++i) {
    batch.metrics.push_back({.key = StrCat("m", i), .value = 1, .timestamp_ms = i});
  }
  store_->Log(run, batch);
  EXPECT_EQ(store_->GetRun(run).metrics.size(), 1000u);
  batch.tags = {{"t", "1"}};
  EXPECT_THAT([&] { store_->Log(run, batch); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("Got 1001 metrics, params, and tags")));
  batch.tags.clear();
  batch.metrics.push_back({.key = "m"});
  EXPECT_THAT([&] { store_->Log(run, batch); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("Got 1001 metrics.")));
  const LogBatch params{.params = std::vector<Param>(101, Param{"p", "1"})};
  EXPECT_THAT([&] { store_->Log(run, params); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("Got 101 params.")));
  EXPECT_THAT(
      [&] { store_->Log(run, {.metrics = {{.key = "m", .value = 1, .timestamp_ms = -1}}}); },
      ThrowsError(Code::kInvalidArgument, HasSubstr("metrics[0].timestamp is -1")));
}

TEST_P(TrackingContract, LongValuesAreCutAtCharacters) {
  const std::string run = NewRun();
  std::string wide;
  for (int i = 0; i < 8001; ++i) wide += "\xC3\xA9";
  store_->Log(run, {.params = {{"p", wide}}, .tags = {{"t", wide}}});
  const tracking::Run after = store_->GetRun(run);
  EXPECT_EQ(after.params.at(0).value.size(), 12000u);
  EXPECT_EQ(after.tags.back().value.size(), 16000u);
}

TEST_P(TrackingContract, TagsOfRunsAreDeletedOnce) {
  const std::string run = NewRun();
  store_->Log(run, {.tags = {{"t", "1"}}});
  store_->DeleteRunTag(run, "t");
  EXPECT_THAT([&] { store_->DeleteRunTag(run, "t"); },
              ThrowsError(Code::kNotFound, HasSubstr("No tag with name: t")));
}

TEST_P(TrackingContract, AListInATagGrowsAndForgetsItsOldest) {
  const std::string run = NewRun();
  for (int i = 0; i < 50; ++i) {
    store_->AppendToTag(run, "list", Json::MakeObject({{"n", i}, {"text", std::string(300, 'x')}}));
  }
  const std::string value = store_->GetRun(run).tags.at(0).value;
  EXPECT_LE(value.size(), 8000u);
  EXPECT_EQ(Json::Parse(value).AsArray().back().GetInt("n"), 49);
  store_->Log(run, {.tags = {{"list", "no list"}}});
  store_->AppendToTag(run, "list", Json::MakeObject({{"n", 1}}));
  EXPECT_EQ(store_->GetRun(run).tags.at(0).value, R"([{"n":1}])");
}

TEST_P(TrackingContract, DatasetsAndModelsAreInputsOnce) {
  const std::string run = NewRun();
  const DatasetInput input{.dataset = {.name = "ratings",
                                       .digest = "d1",
                                       .source_type = "local",
                                       .source = "{}",
                                       .schema = "s",
                                       .profile = "p"},
                           .tags = {{"mlflow.data.context", "training"}}};
  const std::string model = "m-1";
  for (int i = 0; i < 2; ++i) store_->LogInputs(run, {&input, 1}, {&model, 1});
  const std::vector<ModelOutput> outputs = {{"m-2", 3}, {"m-2", 3}};
  store_->LogOutputs(run, outputs);
  const tracking::Run after = store_->GetRun(run);
  ASSERT_EQ(after.dataset_inputs.size(), 1u);
  EXPECT_EQ(after.dataset_inputs[0].dataset.profile, "p");
  EXPECT_THAT(after.dataset_inputs[0].tags, ElementsAre(Tag{"mlflow.data.context", "training"}));
  EXPECT_THAT(after.model_inputs, ElementsAre("m-1"));
  EXPECT_EQ(after.model_outputs.size(), 1u);
  EXPECT_EQ(after.model_outputs.at(0).step, 3);
  const std::vector<int64_t> experiments = {0, 7};
  const auto summaries = store_->SearchDatasets(experiments);
  ASSERT_EQ(summaries.size(), 1u);
  EXPECT_EQ(summaries[0].context, "training");
}

TEST_P(TrackingContract, WritersAtOnceLoseNothing) {
  constexpr int kWriters = 50;
  constexpr int kEach = 4;
  const std::string run = NewRun();
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int64_t i = 0; i < kEach; ++i) {
        store_->Log(
            run, {.metrics =
                      {{.key = StrCat("k", w % 5), .value = 1.0 * w, .timestamp_ms = w, .step = i}},
                  .params = {{StrCat("p", w), "v"}},
                  .tags = {{"t", StrCat(w)}}});
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  size_t points = 0;
  for (int k = 0; k < 5; ++k) points += History(run, StrCat("k", k)).size();
  EXPECT_EQ(points, size_t{kWriters * kEach});
  const tracking::Run after = store_->GetRun(run);
  EXPECT_EQ(after.params.size(), size_t{kWriters});
  for (const Metric& metric : after.metrics) {
    EXPECT_EQ(metric.step, kEach - 1);
    EXPECT_GE(metric.value, 45) << metric.key;
  }
}

TEST_P(TrackingContract, ExperimentsAreSearchedAndPaged) {
  for (int i = 0; i < 12; ++i) {
    clock_.Advance(1);
    store_->CreateExperiment({.name = StrCat("s", i), .tags = {{"odd", StrCat(i % 2)}}});
  }
  const auto names = [&](ExperimentSearch search) {
    std::string joined;
    do {
      Page<Experiment> page = store_->SearchExperiments(search);
      for (const Experiment& experiment : page.items) joined += experiment.name + " ";
      search.page = page.next;
    } while (!search.page.empty());
    return joined;
  };
  EXPECT_EQ(names({.filter = "tags.odd = '1' and name LIKE 's_'"}), "s9 s7 s5 s3 s1 ");
  EXPECT_EQ(names({.filter = "name ILIKE 'S1_'", .order_by = {"name"}, .max_results = 1}),
            "s10 s11 ");
  EXPECT_EQ(names({.filter = "tags.odd != '1'", .order_by = {"experiment_id"}, .max_results = 2}),
            "s0 s2 s4 s6 s8 s10 ");
  store_->DeleteExperiment(store_->FindExperiment("s3")->id);
  EXPECT_EQ(names({.view = View::kDeletedOnly}), "s3 ");
  EXPECT_EQ(
      names({.filter = StrCat("experiment_id IN ('", store_->FindExperiment("s5")->id, "')")}),
      "s5 ");
}

TEST_P(TrackingContract, WhatIsKeptIsThereAfterANewStart) {
  const std::string run = NewRun();
  store_->Log(run, {.metrics = {{.key = "m", .value = 2}}});
  Open();
  EXPECT_EQ(store_->GetRun(run).metrics.at(0).value, 2);
  EXPECT_EQ(store_->SearchExperiments({}).items.size(), 1u);
}

}  // namespace
}  // namespace marquee::tracking
