// training.json, rating_model.bin, and what the main job chooses.
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/version.h"
#include "mlops/documents.h"
#include "mlops/holdout.h"
#include "models/registry.h"
#include "pipelines/gold_reader.h"
#include "pipelines/main_job.h"
#include "pipelines/promotion.h"
#include "pipelines/stage_observer.h"

namespace marquee::mlops {
namespace {

TrainRequest RequestFor(const RatingsRun& run) {
  return {.type = run.settings.model,
          .settings = run.settings.model_settings,
          .seed = 1,
          .threads = run.settings.threads};
}

void RequirePredictor(const std::string& type) {
  if (FindModelType(type).predicts_ratings) return;
  std::vector<std::string> others;
  for (const ModelType& candidate : ModelTypes()) {
    if (candidate.predicts_ratings) others.push_back(candidate.name);
  }
  throw Error(Code::kInvalidArgument, StrCat(type, " ranks, it does not predict ratings"),
              StrCat("models that predict ratings: ", Join(others, ", ")));
}

// Everything that the model of ratings depends on.
std::string FingerprintOf(const TrainRequest& request,
                          const std::vector<lake::TableVersion>& versions) {
  return HashHex(HashKind::kSha256, Json::MakeObject({{"data", VersionsJson(versions)},
                                                      {"model", request.type},
                                                      {"settings", ResolveSettings(request)},
                                                      {"threads", request.threads},
                                                      {"code", Version()}})
                                        .Dump());
}

// What the document says of a model that is there still, of the same data and settings.
std::optional<Json> Unchanged(const RatingsRun& run, const std::string& fingerprint) {
  if (!std::filesystem::exists(run.settings.folder / kTrainingDocument) ||
      !std::filesystem::exists(run.settings.folder / kRatingModel))
    return std::nullopt;
  try {
    const Json rating = ReadDocument(run, kTrainingDocument, "train").At("rating_model");
    const std::string file = (run.settings.folder / kRatingModel).string();
    const bool same = rating.GetString("fingerprint") == fingerprint &&
                      rating.GetString("sha256") == HashFileHex(HashKind::kSha256, file);
    return same ? std::optional(rating) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // a broken document is made anew
  }
}

// Null where all ratings are the same.
Json TrainRatingModel(RatingsRun& run, const std::vector<lake::TableVersion>& versions) {
  const TrainRequest request = RequestFor(run);
  RequirePredictor(request.type);
  const std::string fingerprint = FingerprintOf(request, versions);
  if (std::optional<Json> known = Unchanged(run, fingerprint)) {
    run.say(StrCat(request.type, ": neither data nor settings changed"));
    return *known;
  }
  run.progress.Update("read gold", -1, "");
  const GoldData gold = ReadGold(run.session, run.lake, versions);
  if (!HasDifferentRatings(gold.interactions)) return {};
  const RatingSplit split = SplitRatings(gold.interactions);
  Json json = Json::MakeObject({{"fingerprint", fingerprint},
                                {"model", request.type},
                                {"settings", ResolveSettings(request)},
                                {"threads", request.threads},
                                {"ratings", split.train.nnz()},
                                {"held_out", std::ssize(split.held_out)}});
  const std::filesystem::path file = run.settings.folder / kRatingModel;
  RecordCommand(RatingsRecording(run), "train", request.type, [&](RunRecorder& record) {
    RecordRequest(request, record);
    RecordData(run.lake, versions, record);
    StageObserver stage("train " + request.type, run.progress, run.cancel);
    RecordingObserver observer(stage, record);
    const double start = SteadySeconds();
    SaveModel(*TrainModel(request, split.train, observer), file);
    observer.AddChart();
    json["seconds"] = SteadySeconds() - start;
    json["run_id"] = record.run_id();
  });
  json["sha256"] = HashFileHex(HashKind::kSha256, file.string());
  run.say(StrCat(request.type, " is trained on ", WithThousands(split.train.nnz()), " ratings in ",
                 Fixed(json.GetDouble("seconds"), 1), " s; ",
                 WithThousands(std::ssize(split.held_out)), " are held out"));
  return json;
}

// Whether both are of the same data.
bool IsOf(const ModelManifest& manifest, const std::vector<lake::TableVersion>& versions) {
  return VersionsJson(manifest.data) == VersionsJson(versions);
}

// What is published, trained on the data of now: it takes its place where no better one does. Null
// when it is of that data already, or the choice is just that.
Json RenewChampion(RatingsRun& run, const ModelVersion& choice,
                   const std::vector<lake::TableVersion>& versions) {
  const std::optional<Published> published = run.models.ReadPublished();
  if (!published) return {};
  const ModelVersion& id = published->champion;
  const ModelManifest champion = run.models.Find(id.type, id.version);
  const ModelManifest chosen = run.models.Find(choice.type, choice.version);
  if (IsOf(champion, versions) || IsRenewalOf(chosen, champion)) return {};
  for (const ModelManifest& manifest : run.models.List()) {
    if (IsRenewalOf(manifest, champion) && IsOf(manifest, versions)) return manifest.id.name();
  }
  StageObserver observer("train " + id.type, run.progress, run.cancel);
  const ModelManifest renewed =
      TrainAndSave({run.session, run.lake, run.models, run.recording},
                   RequestOf(champion, run.settings.threads), run.settings.min_rating, observer);
  run.say(StrCat(renewed.id.name(), " is ", id.name(), ", the champion, on the data of now"));
  return renewed.id.name();
}

Json ChooseRankingModel(RatingsRun& run, const std::vector<lake::TableVersion>& versions) {
  const MainJobOptions options{.threads = run.settings.threads,
                               .seed = 1,
                               .min_rating = run.settings.min_rating,
                               .report = run.settings.folder / kRankingReport};
  const ModelChoice choice = ChooseModel({run.session, run.lake, run.models, run.recording},
                                         options, run.progress, run.cancel);
  run.say(StrCat(choice.champion.name(), choice.was_up_to_date
                                             ? " is the choice as before: nothing changed"
                                             : " is chosen and trained for lists"));
  return Json::MakeObject({{"candidate", choice.champion.name()},
                           {"renewal", RenewChampion(run, choice.champion, versions)},
                           {"fallback", choice.fallback.name()},
                           {"comparison", choice.comparison}});
}

}  // namespace

void TrainModels(RatingsRun& run) {
  const std::vector<lake::TableVersion> versions = GoldVersions(run.lake);
  std::filesystem::create_directories(run.settings.folder);
  Json rating = TrainRatingModel(run, versions);
  if (rating.is_null()) run.say("all ratings are the same: there is nothing to predict of them");
  WriteDocument(run, kTrainingDocument,
                Json::MakeObject({{"document", "training"},
                                  {"data", VersionsJson(versions)},
                                  {"rating_model", std::move(rating)},
                                  {"ranking_model", ChooseRankingModel(run, versions)}}));
}

}  // namespace marquee::mlops
