// evaluation.json.
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "evaluation/ranking_metrics.h"
#include "mlops/baselines.h"
#include "mlops/documents.h"
#include "mlops/holdout.h"
#include "models/registry.h"
#include "pipelines/gold_reader.h"

namespace marquee::mlops {
namespace {

// By how much the squared errors of `one` are above those of `other`, over the ratings that both
// predict.
Json ExcessOf(std::span<const float> one, std::span<const float> other,
              std::span<const HeldOutRating> held_out) {
  std::vector<double> differences;
  for (size_t i = 0; i < held_out.size(); ++i) {
    if (std::isnan(one[i]) || std::isnan(other[i])) continue;
    const double ours = double{one[i]} - held_out[i].value;
    const double theirs = double{other[i]} - held_out[i].value;
    differences.push_back(ours * ours - theirs * theirs);
  }
  if (differences.empty()) return {};
  const MetricValue excess = MeanOf(differences);
  return Json::MakeObject(
      {{"mean", excess.mean}, {"stderr", excess.stderr_}, {"ratings", std::ssize(differences)}});
}

double RmseOf(const Json& metrics) { return metrics.At("rmse").GetDouble("mean"); }

// The baselines' metrics, and the squared errors of the best one above those of the model.
void CompareWithBaselines(const RatingSplit& split, std::span<const float> predicted, Json* json) {
  std::string best;
  for (const auto& [name, baseline] : BaselinePredictions(split)) {
    Json metrics = RatingMetrics(baseline, split.held_out);
    if (best.empty() || RmseOf(metrics) < RmseOf(json->At("baselines").At(best))) {
      best = name;
      (*json)["gain"] = ExcessOf(baseline, predicted, split.held_out);
    }
    (*json)["baselines"][name] = std::move(metrics);
  }
  (*json)["best_baseline"] = best;
}

// Null before the first champion, and where it knows none of the titles that are held out.
Json CompareWithChampion(const RatingsRun& run, const RatingSplit& split,
                         std::span<const float> predicted) {
  const std::optional<ModelManifest> champion = RatingsChampion(run);
  if (!champion) return {};
  const std::vector<float> theirs = PredictRatings(*run.models.Load(champion->id), split, run);
  Json excess = ExcessOf(predicted, theirs, split.held_out);
  if (excess.is_null()) return {};
  return Json::MakeObject({{"model", champion->id.name()},
                           {"metrics", RatingMetrics(theirs, split.held_out)},
                           {"excess", std::move(excess)}});
}

void SayRatings(RatingsRun& run, const Json& json) {
  const Json& metrics = json.At("metrics");
  run.say(StrCat(json.GetString("model"), " on ", WithThousands(json.GetInt("held_out")),
                 " ratings held out: RMSE ", Fixed(RmseOf(metrics), 4), ", MAE ",
                 Fixed(metrics.At("mae").GetDouble("mean"), 4), ", R2 ",
                 Fixed(metrics.At("r2").GetDouble("mean"), 4)));
  for (const auto& [name, baseline] : json.At("baselines").AsObject())
    run.say(StrCat("  beside it ", name, ": RMSE ", Fixed(RmseOf(baseline), 4)));
  const Json& champion = json.At("champion");
  if (champion.is_object())
    run.say(StrCat("  beside it ", champion.GetString("model"), ", the champion: RMSE ",
                   Fixed(RmseOf(champion.At("metrics")), 4)));
}

// What the main job measured of the candidate on users held out; null with too few users.
Json ComparedWith(const Json& comparison, const std::string& type) {
  for (const Json& one : comparison.AsArray()) {
    if (one.GetString("model") == type) return one;
  }
  return {};
}

Json EvaluateRatingModel(RatingsRun& run, const Json& training) {
  const Json& trained = training.At("rating_model");
  if (trained.is_null()) return {};
  const double start = SteadySeconds();
  const std::vector<lake::TableVersion> versions = VersionsOf(training.At("data"));
  const RatingSplit split = SplitRatings(ReadGold(run.session, run.lake, versions).interactions);
  if (split.held_out.empty()) {
    throw Error(Code::kFailedPrecondition,
                StrCat("no rating of ", split.train.nnz(), " is held out"),
                "more ratings are needed");
  }
  const auto model = LoadModel(run.settings.folder / kRatingModel);
  const std::vector<float> predicted = PredictRatings(*model, split, run);
  Json json = Json::MakeObject({{"protocol", kProtocol},
                                {"segment", "test"},
                                {"model", trained.GetString("model")},
                                {"sha256", trained.GetString("sha256")},
                                {"settings", trained.At("settings")},
                                {"users", int64_t{split.train.num_users()}},
                                {"items", int64_t{split.train.num_items()}},
                                {"interactions", split.train.nnz()},
                                {"held_out", std::ssize(split.held_out)},
                                {"metrics", RatingMetrics(predicted, split.held_out)}});
  CompareWithBaselines(split, predicted, &json);
  json["champion"] = CompareWithChampion(run, split, predicted);
  json["seconds"] = SteadySeconds() - start;
  RecordCommand(RatingsRecording(run), "evaluate", trained.GetString("model"),
                [&](RunRecorder& record) {
                  RecordData(run.lake, versions, record);
                  RecordEvaluation(json, record);
                  for (const auto& [name, metrics] : json.At("baselines").AsObject())
                    record.AddMetric(StrCat("baseline/", name, "/rmse"), RmseOf(metrics));
                });
  SayRatings(run, json);
  return json;
}

// One candidate against what is published, as `marquee models promote` judges it.
Json Judge(RatingsRun& run, const std::string& name) {
  const ModelVersion candidate = run.models.Named(name);
  Json json = Json::MakeObject({{"model", name}, {"judgement", Json()}, {"problem", Json()}});
  const PromotionOptions options{run.clock, run.settings.promotion, run.settings.min_rating,
                                 run.settings.threads};
  try {
    const PromotionReport report =
        JudgePromotion({run.session, run.lake, run.models, run.recording}, candidate, options,
                       run.progress, run.cancel);
    json["judgement"] = report.ToJson();
    run.say(report.ToText());
  } catch (const TooFewUsers& error) {
    json["problem"] = error.message();
    run.say(StrCat(name, " cannot be compared: ", error.message()));
  }
  return json;
}

// The choice of the main job, then the champion on the data of now: those that are not published.
Json EvaluateRankingModel(RatingsRun& run, const Json& training) {
  const Json& trained = training.At("ranking_model");
  const ModelVersion choice = run.models.Named(trained.GetString("candidate"));
  const std::optional<Published> published = run.models.ReadPublished();
  Json candidates = Json::MakeArray();
  for (const char* key : {"candidate", "renewal"}) {
    const std::string name = trained.GetString(key);
    if (name.empty()) continue;
    if (published && published->champion.name() == name) {
      run.say(name + " is published already");
    } else {
      candidates.Append(Judge(run, name));
    }
  }
  const Json& comparison = trained.At("comparison");
  return Json::MakeObject({{"champion", published ? Json(published->champion.name()) : Json()},
                           {"fallback", trained.GetString("fallback")},
                           {"candidates", std::move(candidates)},
                           {"measured", ComparedWith(comparison, choice.type)},
                           {"baseline", ComparedWith(comparison, "most-popular")}});
}

}  // namespace

void EvaluateModels(RatingsRun& run) {
  const Json training = ReadDocument(run, kTrainingDocument, "train");
  Json ratings = EvaluateRatingModel(run, training);
  Json ranking = EvaluateRankingModel(run, training);
  WriteDocument(run, kEvaluationDocument,
                Json::MakeObject({{"document", "evaluation"},
                                  {"data", training.At("data")},
                                  {"rating_model", std::move(ratings)},
                                  {"ranking_model", std::move(ranking)}}));
}

}  // namespace marquee::mlops
