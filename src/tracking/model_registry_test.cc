// Registered models and logged models, on each kind of database.
#include "tracking/model_registry.h"

#include <array>
#include <thread>

#include "tracking/test_store.h"

namespace marquee::tracking {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class RegistryContract : public TrackingContract {
 protected:
  void SetUp() override {
    TrackingContract::SetUp();
    if (IsSkipped()) return;
    registry_->CreateModel({.name = "films"});
    run_ = NewRun();
  }
  ModelVersion AddVersion(std::vector<Tag> tags = {}) {
    clock_.Advance(1);
    return registry_->CreateVersion(
        {.name = "films", .source = Artifacts(), .run_id = run_, .tags = std::move(tags)});
  }
  std::string Artifacts() { return StrCat("mlflow-artifacts:/0/", run_, "/artifacts/model"); }
  std::string Versions(const RegistrySearch& search) {
    std::string numbers;
    for (const ModelVersion& version : registry_->SearchVersions(search).items) {
      numbers += StrCat(version.version, " ");
    }
    return numbers;
  }
  std::string Names(RegistrySearch search) {
    std::string names;
    do {
      const Page<RegisteredModel> page = registry_->SearchModels(search);
      for (const RegisteredModel& model : page.items) names += model.name + " ";
      search.page = page.next;
    } while (!search.page.empty());
    return names;
  }

  std::string run_;
};

INSTANTIATE_TEST_SUITE_P(Databases, RegistryContract, testing::Values("Sqlite", "Postgres"),
                         DatabaseName);

TEST_P(RegistryContract, AModelIsDescribedTaggedRenamedAndDeleted) {
  const RegisteredModel made =
      registry_->CreateModel({.name = "m", .description = "d", .tags = {{"use", "rank"}}});
  EXPECT_THAT(made.tags, ElementsAre(Tag{"use", "rank"}));
  EXPECT_THAT(made.latest_versions, IsEmpty());
  EXPECT_THAT([&] { registry_->CreateModel({.name = "m"}); },
              ThrowsError(Code::kAlreadyExists, HasSubstr("Registered Model (name=m) already")));
  clock_.Advance(5);
  EXPECT_EQ(registry_->DescribeModel("m", "better").updated_ms, made.updated_ms + 5);
  registry_->SetModelTag("m", {"use", "2"});
  registry_->SetModelTag("m", {"x", "1"});
  registry_->DeleteModelTag("m", "x");
  EXPECT_THAT([&] { registry_->RenameModel("m", "films"); },
              ThrowsError(Code::kAlreadyExists, HasSubstr("name=films")));
  const RegisteredModel renamed = registry_->RenameModel("m", "n");
  EXPECT_EQ(renamed.description, "better");
  EXPECT_THAT(renamed.tags, ElementsAre(Tag{"use", "2"}));
  registry_->DeleteModel("n");
  EXPECT_THAT([&] { registry_->GetModel("n"); },
              ThrowsError(Code::kNotFound, HasSubstr("Registered Model with name=n not found")));
}

TEST_P(RegistryContract, AVersionsNumberIsNeverGivenTwice) {
  EXPECT_EQ(AddVersion().version, 1);
  EXPECT_EQ(AddVersion().version, 2);
  registry_->DeleteVersion("films", 2);
  EXPECT_EQ(AddVersion().version, 3);
  EXPECT_THAT([&] { registry_->GetVersion("films", 2); },
              ThrowsError(Code::kNotFound, HasSubstr("(name=films, version=2) not found")));
  registry_->DeleteModel("films");
  registry_->CreateModel({.name = "films"});
  EXPECT_EQ(AddVersion().version, 1);
}

TEST_P(RegistryContract, VersionsMadeAtOnceGetNumbersOfTheirOwn) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back(
        [&] { registry_->CreateVersion({.name = "films", .source = "s3://b/k"}); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(registry_->SearchVersions({.filter = "name = 'films'"}).items.size(), 20u);
  EXPECT_EQ(AddVersion().version, 21);
}

TEST_P(RegistryContract, AVersionKeepsWhatItIsGiven) {
  AddVersion({{"n", "1"}});
  registry_->DescribeVersion("films", 1, "first");
  registry_->SetVersionTag("films", 1, {"ok", "yes"});
  registry_->DeleteVersionTag("films", 1, "n");
  const ModelVersion version = registry_->GetVersion("films", 1);
  EXPECT_EQ(version.description, "first");
  EXPECT_EQ(version.source, Artifacts());
  EXPECT_EQ(version.run_id, run_);
  EXPECT_THAT(version.tags, ElementsAre(Tag{"ok", "yes"}));
  EXPECT_EQ(registry_->DownloadUri("films", 1), Artifacts());
}

TEST_P(RegistryContract, AStageMayBeForOneVersion) {
  for (int i = 0; i < 3; ++i) AddVersion();
  registry_->MoveToStage("films", 1, Stage::kProduction, false);
  EXPECT_EQ(registry_->MoveToStage("films", 2, Stage::kProduction, true).stage, Stage::kProduction);
  EXPECT_EQ(registry_->GetVersion("films", 1).stage, Stage::kArchived);
  EXPECT_THAT([&] { registry_->MoveToStage("films", 3, Stage::kArchived, true); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("only Staging and Production")));
  std::vector<int64_t> latest;
  for (const ModelVersion& v : registry_->LatestVersions("films", {})) latest.push_back(v.version);
  EXPECT_THAT(latest, UnorderedElementsAre(1, 2, 3));
  const std::array stages = {Stage::kProduction};
  ASSERT_EQ(registry_->LatestVersions("films", stages).size(), 1u);
  EXPECT_EQ(registry_->LatestVersions("films", stages).front().version, 2);
  EXPECT_EQ(registry_->GetModel("films").latest_versions.size(), 3u);
}

TEST_P(RegistryContract, AnAliasIsOfOneVersion) {
  AddVersion();
  AddVersion();
  registry_->SetAlias("films", "champion", 1);
  registry_->SetAlias("films", "champion", 2);
  EXPECT_EQ(registry_->VersionOfAlias("films", "champion").version, 2);
  EXPECT_THAT(registry_->GetVersion("films", 2).aliases, ElementsAre("champion"));
  EXPECT_THAT(registry_->GetVersion("films", 1).aliases, IsEmpty());
  EXPECT_EQ(registry_->GetModel("films").aliases.at(0).version, 2);
  EXPECT_THAT([&] { registry_->SetAlias("films", "fine", 99); },
              ThrowsError(Code::kNotFound, HasSubstr("version=99")));
  EXPECT_THAT([&] { registry_->SetAlias("films", "v7", 1); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("that word means a version")));
  registry_->DeleteVersion("films", 2);
  EXPECT_THAT([&] { registry_->VersionOfAlias("films", "champion"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("alias champion not found")));
  registry_->DeleteAlias("films", "champion");
}

TEST_P(RegistryContract, ASourceLeadsBackToFiles) {
  const LoggedModel logged = models_->Create({.experiment_id = 0, .source_run_id = run_});
  const auto add = [&](std::string source, std::string run = {}) {
    return registry_->CreateVersion(
        {.name = "films", .source = std::move(source), .run_id = std::move(run)});
  };
  const ModelVersion of_model = add("models:/" + logged.model_id);
  EXPECT_EQ(of_model.run_id, run_);
  EXPECT_EQ(registry_->DownloadUri("films", of_model.version), logged.artifact_uri);
  const ModelVersion copy = add(StrCat("models:/films/", of_model.version));
  EXPECT_EQ(registry_->DownloadUri("films", copy.version), logged.artifact_uri);
  const ModelVersion of_run = add(StrCat("runs:/", run_, "/model"));
  EXPECT_EQ(registry_->DownloadUri("films", of_run.version), Artifacts());
  EXPECT_EQ(registry_->DownloadUri("films", add("s3://bucket/key").version), "s3://bucket/key");
  for (const char* source :
       {"/etc/passwd", "file:///etc", "mlflow-artifacts:/../../etc", "relative", "http://x/y",
        "s3://bucket/%2e%2e/x", "models:/films", "models:/films/x"}) {
    EXPECT_THAT([&] { add(source, run_); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("Invalid model version source")))
        << source;
  }
  EXPECT_THAT([&] { add("models:/m-none"); }, ThrowsError(Code::kNotFound, HasSubstr("m-none")));
  EXPECT_THAT([&] { add("models:/films/77"); }, ThrowsError(Code::kNotFound, HasSubstr("77")));
}

TEST_P(RegistryContract, ALocalSourceMustBeOfItsRun) {
  const int64_t local = store_->CreateExperiment({.name = "l", .artifact_location = "/data/l"});
  const std::string run = NewRun(local);
  const std::string source = StrCat("/data/l/", run, "/artifacts/m");
  registry_->CreateVersion({.name = "films", .source = source, .run_id = run});
  EXPECT_THAT([&] { registry_->CreateVersion({.name = "films", .source = source}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("A local path must lie within")));
}

TEST_P(RegistryContract, VersionsAreSearched) {
  AddVersion({{"n", "1"}});
  AddVersion({{"n", "2"}});
  AddVersion({{"n", "3"}});
  registry_->CreateModel({.name = "other"});
  registry_->CreateVersion({.name = "other", .source = "s3://b/k"});
  EXPECT_EQ(Versions({.filter = "name = 'films'"}), "3 2 1 ");
  EXPECT_EQ(
      Versions({.filter = "name = 'films' and tags.n != '3'", .order_by = {"version_number"}}),
      "1 2 ");
  EXPECT_EQ(Versions({.filter = StrCat("run_id IN ('", run_, "') and version_number >= 2")}),
            "3 2 ");
  EXPECT_EQ(Versions({.filter = "source_path LIKE 's3%'"}), "1 ");
  const Page<ModelVersion> page = registry_->SearchVersions(
      {.filter = "name LIKE 'f%'", .order_by = {"version_number DESC"}, .max_results = 2});
  EXPECT_EQ(Versions({.filter = "name LIKE 'f%'",
                      .order_by = {"version_number DESC"},
                      .max_results = 2,
                      .page = page.next}),
            "1 ");
}

TEST_P(RegistryContract, ModelsAreSearchedWithoutPrompts) {
  for (int i = 0; i < 4; ++i) {
    registry_->CreateModel({.name = StrCat("R", i), .tags = {{"odd", StrCat(i % 2)}}});
  }
  registry_->CreateModel({.name = "Rprompt", .tags = {{"mlflow.prompt.is_prompt", "true"}}});
  EXPECT_EQ(Names({.filter = "name LIKE 'R%'", .max_results = 3}), "R0 R1 R2 R3 ");
  EXPECT_EQ(Names({.filter = "name ILIKE 'r%' and tags.odd = '1'"}), "R1 R3 ");
  EXPECT_EQ(Names({.filter = "name LIKE 'R%' and tag.`mlflow.prompt.is_prompt` != 'true'"}),
            "R0 R1 R2 R3 ");
  EXPECT_EQ(Names({.filter = "tag.`mlflow.prompt.is_prompt` = 'true'"}), "Rprompt ");
  EXPECT_EQ(Names({.filter = "name LIKE 'R_'", .order_by = {"name DESC"}}), "R3 R2 R1 R0 ");
}

TEST_P(RegistryContract, ALoggedModelHasALifeOfItsOwn) {
  const LoggedModel made = models_->Create({.experiment_id = 0,
                                            .name = "net",
                                            .model_type = "als",
                                            .source_run_id = run_,
                                            .params = {{"d", "8"}},
                                            .tags = {{"t", "u"}}});
  EXPECT_EQ(made.status, ModelStatus::kPending);
  EXPECT_EQ(made.artifact_uri, StrCat("mlflow-artifacts:/0/models/", made.model_id, "/artifacts"));
  const std::string id = made.model_id;
  EXPECT_EQ(models_->SetStatus(id, ModelStatus::kReady).status, ModelStatus::kReady);
  models_->SetTags(id, std::vector<Tag>{{"more", "1"}});
  models_->DeleteTag(id, "t");
  models_->AddParams(id, std::vector<Param>{{"e", "1"}, {"d", "8"}});
  EXPECT_THAT(
      [&] {
        models_->AddParams(id, std::vector<Param>{{"d", "9"}});
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("for model ID=")));
  EXPECT_THAT([&] { models_->DeleteTag(id, "t"); },
              ThrowsError(Code::kNotFound, HasSubstr("No tag with key 't'")));
  const LoggedModel after = models_->Get(id);
  EXPECT_THAT(after.tags, ElementsAre(Tag{"more", "1"}));
  EXPECT_THAT(after.params, ElementsAre(Param{"d", "8"}, Param{"e", "1"}));
  models_->Delete(id);
  EXPECT_THAT([&] { models_->Get(id); }, ThrowsError(Code::kNotFound, HasSubstr(id)));
}

TEST_P(RegistryContract, MetricsOfRunsAreTheModelsToo) {
  const std::string id = models_->Create({.experiment_id = 0, .name = "net"}).model_id;
  store_->Log(
      run_, {.metrics = {
                 {.key = "recall", .value = 0.25, .timestamp_ms = 1, .step = 1, .model_id = id}}});
  store_->Log(
      run_,
      {.metrics = {{.key = "recall", .value = 0.75, .timestamp_ms = 2, .step = 2, .model_id = id},
                   {.key = "rmse",
                    .value = 0.9,
                    .model_id = id,
                    .dataset_name = "test",
                    .dataset_digest = "d"}}});
  const LoggedModel model = models_->Get(id);
  ASSERT_EQ(model.metrics.size(), 2u);
  EXPECT_EQ(model.metrics[0].value, 0.75);
  EXPECT_EQ(model.metrics[0].run_id, run_);
  EXPECT_EQ(model.metrics[1].dataset_name, "test");
  EXPECT_EQ(store_->GetRun(run_).metrics.size(), 2u);
  EXPECT_THAT([&] { store_->Log(run_, {.metrics = {{.key = "x", .model_id = "m-none"}}}); },
              ThrowsError(Code::kNotFound, HasSubstr("m-none")));
}

TEST_P(RegistryContract, LoggedModelsAreSearchedAndOrdered) {
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    clock_.Advance(1);
    ids.push_back(
        models_
            ->Create({.experiment_id = 0, .name = StrCat("m", i), .params = {{"d", StrCat(i % 2)}}})
            .model_id);
  }
  models_->SetStatus(ids[1], ModelStatus::kReady);
  const auto log = [&](int model, double value, const char* dataset) {
    store_->Log(run_, {.metrics = {{.key = "rmse",
                                    .value = value,
                                    .timestamp_ms = 1,
                                    .model_id = ids[static_cast<size_t>(model)],
                                    .dataset_name = dataset,
                                    .dataset_digest = "d"}}});
  };
  log(0, 0.5, "test");
  log(1, 0.1, "test");
  log(2, 0.9, "train");
  const auto names = [&](LoggedModelSearch search) {
    search.experiment_ids = {0};
    std::string found;
    do {
      const Page<LoggedModel> page = models_->Search(search);
      for (const LoggedModel& model : page.items) found += model.name + " ";
      search.page = page.next;
    } while (!search.page.empty());
    return found;
  };
  EXPECT_EQ(names({.max_results = 3}), "m3 m2 m1 m0 ");
  EXPECT_EQ(names({.filter = "params.d = '1' and name IN ('m1', 'm2')"}), "m1 ");
  EXPECT_EQ(names({.filter = "status = 'READY'"}), "m1 ");
  EXPECT_EQ(names({.filter = "status IN ('LOGGED_MODEL_READY')"}), "m1 ");
  EXPECT_EQ(names({.filter = "source_run_id != 'x' and metrics.rmse > 0.3"}), "m2 m0 ");
  EXPECT_EQ(names({.filter = "metrics.rmse > 0.3", .datasets = {{"test", "d"}}}), "m0 ");
  EXPECT_EQ(names({.order_by = {{.field = "metrics.rmse", .ascending = false}}}), "m2 m0 m1 m3 ");
  EXPECT_EQ(names({.order_by = {{.field = "metrics.rmse", .dataset = {"test", ""}}}}),
            "m1 m0 m3 m2 ");
  EXPECT_EQ(names({.order_by = {{.field = "creation_timestamp"}}, .max_results = 1}),
            "m0 m1 m2 m3 ");
  EXPECT_THAT([&] { names({.filter = "colour = 'x'"}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("logged models have no attribute")));
}

}  // namespace
}  // namespace marquee::tracking
