// registration.json: versions, aliases, and what is published.
#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "mlops/documents.h"
#include "models/registry.h"
#include "pipelines/champion_alias.h"

namespace marquee::mlops {

namespace {

constexpr double kErrors = 2;  // standard errors that count as more than chance
const std::string kChampion = "champion";

// A version made of that very file before.
std::optional<ModelManifest> VersionOf(const RatingsRun& run, const Json& evaluation) {
  for (ModelManifest& manifest : run.models.List()) {
    if (manifest.id.type == evaluation.GetString("model") &&
        manifest.evaluation.GetString("sha256") == evaluation.GetString("sha256"))
      return std::move(manifest);
  }
  return std::nullopt;
}

void RequireBetterThanBaseline(const Json& evaluation) {
  const Json& gain = evaluation.At("gain");
  if (gain.GetDouble("mean") > kErrors * gain.GetDouble("stderr")) return;
  const std::string best = evaluation.GetString("best_baseline");
  const auto rmse = [](const Json& metrics) { return metrics.At("rmse").GetDouble("mean"); };
  throw Error(
      Code::kFailedPrecondition,
      StrCat(evaluation.GetString("model"), " has RMSE ", Fixed(rmse(evaluation.At("metrics")), 4),
             " against ", Fixed(rmse(evaluation.At("baselines").At(best)), 4), " of the baseline ",
             best, ": not better by two standard errors"),
      "more ratings are needed, or another \"rating_model\" in the conf; no version was "
      "made");
}

bool IsWorseThanChampion(const Json& evaluation) {
  const Json* champion = evaluation.Find("champion");
  if (champion == nullptr || champion->is_null()) return false;
  const Json& excess = champion->At("excess");
  return excess.GetDouble("mean") > kErrors * excess.GetDouble("stderr");
}

ModelManifest AddVersion(RatingsRun& run, const Json& training, const Json& evaluation) {
  ModelManifest manifest;
  manifest.settings = evaluation.At("settings");
  manifest.threads = static_cast<int>(training.At("rating_model").GetInt("threads"));
  manifest.data = VersionsOf(training.At("data"));
  manifest.metrics = evaluation.At("metrics");
  manifest.evaluation = evaluation;
  return run.models.Add(*LoadModel(run.settings.folder / kRatingModel), std::move(manifest));
}

Json Outcome(const std::string& model, bool registered, Json version, std::string why) {
  return Json::MakeObject({{"model", model},
                           {"is_champion", registered},
                           {"registered_version", std::move(version)},
                           {"why", std::move(why)}});
}

// The next version in the store, and in the registry with its alias where runs are recorded.
Json RegisterRatingModel(RatingsRun& run, const Json& training, const Json& evaluation) {
  if (evaluation.is_null()) return {};
  const std::string type = evaluation.GetString("model");
  if (evaluation.GetString("sha256") != training.At("rating_model").GetString("sha256")) {
    throw Error(Code::kFailedPrecondition, StrCat(type, " was trained anew since it was evaluated"),
                "marquee task run netflix_mlops_pipeline evaluate");
  }
  std::optional<ModelManifest> manifest = VersionOf(run, evaluation);
  const std::optional<ModelManifest> champion = RatingsChampion(run);
  if (!manifest) {
    RequireBetterThanBaseline(evaluation);
    if (IsWorseThanChampion(evaluation))
      return Outcome(type, false, Json(),
                     StrCat(champion->id.name(), ", the champion, predicts better"));
    manifest = AddVersion(run, training, evaluation);
  }
  const Recording recording = RatingsRecording(run);
  if (recording.log == nullptr) return Outcome(manifest->id.name(), true, Json(), "not recorded");
  // One that was registered before keeps the place that somebody gave it since.
  const bool is_known = !manifest->run_id.empty() &&
                        recording.log->FindVersion(recording.model, manifest->run_id).has_value();
  const int64_t version = RegisterVersion(recording, run.models, *manifest);
  const bool is_champion = !is_known || !champion || champion->id == manifest->id;
  if (is_champion) recording.log->SetAlias(recording.model, kChampion, version);
  return Outcome(manifest->id.name(), is_champion, version,
                 is_known ? "it was registered before"
                          : "it beats the baselines and is not worse than the champion");
}

void PointAlias(RatingsRun& run) {
  if (run.recording.log == nullptr) return;
  try {
    ChampionAlias(run.recording, run.models).Point();
  } catch (const Error& error) {
    LogWarning("the alias of the champion is not moved yet: " + error.message());
  }
}

// Why a candidate may not answer; "" when it may.
std::string RefusalOf(const Json& candidate) {
  const Json& judgement = candidate.At("judgement");
  if (judgement.is_null()) return candidate.GetString("problem", "it was not judged");
  std::vector<std::string> refusals;
  for (const Json& refusal : judgement.At("refusals").AsArray())
    refusals.push_back(refusal.AsString());
  return Join(refusals, "; ");
}

// The first candidate that its judgement lets answer is published; servers of the home try it and
// take it up. An array, for there may be two.
Json PublishRankingModel(RatingsRun& run, const Json& evaluation) {
  Json outcomes = Json::MakeArray();
  const std::optional<Published> published = run.models.ReadPublished();
  const std::string before = evaluation.GetString("champion");
  const std::string now = published ? published->champion.name() : "";
  bool is_done = false;
  for (const Json& candidate : evaluation.At("candidates").AsArray()) {
    const std::string name = candidate.GetString("model");
    if (name == now || is_done) continue;
    if (before != now) {
      throw Error(Code::kFailedPrecondition,
                  StrCat(name, " was judged against ", before.empty() ? "nothing" : before,
                         ", but ", now.empty() ? "nothing" : now, " is published by now"),
                  "marquee task run netflix_mlops_pipeline evaluate");
    }
    const std::string refusal = RefusalOf(candidate);
    is_done = refusal.empty();
    if (!is_done) {
      outcomes.Append(Outcome(name, false, Json(), refusal));
      continue;
    }
    const ModelVersion fallback = run.models.Named(evaluation.GetString("fallback"));
    run.models.Publish(run.models.Named(name), fallback);
    outcomes.Append(
        Outcome(name, true, Json(),
                before.empty() ? "it is the first" : "it takes the place of " + before));
  }
  if (!is_done && published) outcomes.Append(Outcome(now, true, Json(), "it is published already"));
  PointAlias(run);
  return outcomes;
}

}  // namespace

Recording RatingsRecording(const RatingsRun& run) {
  Recording recording = run.recording;
  recording.model += "-ratings";
  return recording;
}

std::optional<ModelManifest> RatingsChampion(const RatingsRun& run) {
  const Recording recording = RatingsRecording(run);
  const std::vector<ModelManifest> versions = run.models.List();
  if (recording.log != nullptr) {
    const auto alias = recording.log->FindAlias(recording.model, kChampion);
    if (!alias || alias->run_id.empty()) return std::nullopt;
    const auto named = std::ranges::find(versions, alias->run_id, &ModelManifest::run_id);
    return named == versions.end() ? std::nullopt : std::optional(*named);
  }
  std::optional<ModelManifest> newest;
  for (const ModelManifest& manifest : versions) {
    const bool ours = manifest.evaluation.GetString("protocol") == kProtocol;
    if (ours && (!newest || manifest.created > newest->created)) newest = manifest;
  }
  return newest;
}

void RegisterModels(RatingsRun& run) {
  const Json training = ReadDocument(run, kTrainingDocument, "train");
  const Json evaluation = ReadDocument(run, kEvaluationDocument, "evaluate");
  Json ranking = PublishRankingModel(run, evaluation.At("ranking_model"));
  Json ratings = RegisterRatingModel(run, training, evaluation.At("rating_model"));
  Json::Array outcomes = ranking.AsArray();
  if (!ratings.is_null()) outcomes.push_back(ratings);
  for (const Json& outcome : outcomes) {
    run.say(StrCat(outcome.GetString("model"),
                   outcome.GetBool("is_champion") ? " is the champion: " : " is not taken up: ",
                   outcome.GetString("why")));
  }
  WriteDocument(run, kRegistrationDocument,
                Json::MakeObject({{"document", "registration"},
                                  {"rating_model", std::move(ratings)},
                                  {"ranking_models", std::move(ranking)}}));
}

}  // namespace marquee::mlops
