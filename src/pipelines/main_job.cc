#include "pipelines/main_job.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "base/version.h"
#include "models/registry.h"
#include "pipelines/gold_reader.h"
#include "pipelines/stage_observer.h"

namespace marquee {
namespace {

constexpr std::string_view kProtocol = "strong-generalization";
constexpr std::string_view kChoosingMetric = "ndcg@100";
constexpr std::string_view kFallbackType = "most-popular";
const std::vector<std::string>& FirstModels() {
  static const std::vector<std::string> types = {"most-popular", "item-content", "ials", "ease"};
  return types;
}

TrainRequest RequestOf(const std::string& type, const MainJobOptions& options) {
  return {.type = type, .settings = {}, .seed = options.seed, .threads = options.threads};
}

Json DataJson(const std::vector<lake::TableVersion>& versions) {
  Json json = Json::MakeArray();
  for (const lake::TableVersion& version : versions) {
    json.Append(Json::MakeObject({{"table", version.table}, {"version", version.version}}));
  }
  return json;
}

// Everything that the outcome depends on: when it is unchanged, so is the outcome.
std::string Fingerprint(const std::vector<lake::TableVersion>& versions,
                        const MainJobOptions& options) {
  Json facts = Json::MakeObject(
      {{"data", DataJson(versions)}, {"min_rating", options.min_rating}, {"code", Version()}});
  for (const std::string& type : FirstModels()) {
    facts["models"].Append(Json::MakeObject(
        {{"type", type}, {"settings", ResolveSettings(RequestOf(type, options))}}));
  }
  return HashHex(HashKind::kSha256, facts.Dump());
}

std::optional<Json> ReadReport(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  try {
    return Json::Parse(ReadFile(path));
  } catch (const Error&) {
    return std::nullopt;  // a broken report is made anew
  }
}

double MetricOf(const Json& evaluation) {
  const Json* metric = evaluation.At("validation").Find(kChoosingMetric);
  return metric == nullptr ? 0 : metric->AsDouble();
}

// What the first models are compared on, and how that is told.
struct Comparison {
  const GoldData& gold;
  const ModelWork& work;
  const MainJobOptions& options;
  Progress& progress;
  const CancelToken& cancel;
};

Json EvaluateType(const Comparison& job, const std::string& type, RunRecorder& run) {
  StageObserver stage("evaluate " + type, job.progress, job.cancel);
  RecordingObserver observer(stage, run);
  EvaluateRequest request;
  request.protocol = kProtocol;
  request.train = RequestOf(type, job.options);
  request.min_rating = job.options.min_rating;
  RecordRequest(request.train, run);
  RecordData(job.work.lake, job.gold.versions, run);
  const auto [validation, test] =
      EvaluateBoth(job.gold.interactions, request, observer, job.progress);
  Json json = test.ToJson();
  for (const auto& [name, metric] : validation.metrics) json["validation"][name] = metric.mean;
  RecordEvaluation(json, run);
  job.progress.Update("rank " + type, 1,
                      StrCat(kChoosingMetric, " ", Fixed(MetricOf(json), 4), " (validation)"));
  return json;
}

// The evaluations of the first models. One that this data gives nothing to learn from, or that does
// not fit in memory, is left out; all data has popular titles.
Json CompareTypes(const Comparison& job) {
  Json comparison = Json::MakeArray();
  for (const std::string& type : FirstModels()) {
    try {
      RecordCommand(job.work.recording, "evaluate", type,
                    [&](RunRecorder& run) { comparison.Append(EvaluateType(job, type, run)); });
    } catch (const TooFewUsers&) {
      return Json::MakeArray();
    } catch (const Error& error) {
      const bool unsuited =
          error.code() == Code::kInvalidArgument || error.code() == Code::kResourceExhausted;
      if (!unsuited || type == kFallbackType) throw;
      job.progress.Update("evaluate " + type, 1, "left out: " + error.message());
    }
  }
  return comparison;
}

struct LikedData {
  Interactions interactions;
  std::vector<lake::TableVersion> versions;  // of the tables that they were read from
};

// The evaluation that wins; null when there is none.
Json BestOf(const Json& comparison) {
  const auto& rows = comparison.AsArray();
  const auto best = std::max_element(rows.begin(), rows.end(), [](const Json& a, const Json& b) {
    return MetricOf(a) < MetricOf(b);
  });
  return best == rows.end() ? Json() : *best;
}

Json MetricsOf(const Json& evaluation) {
  const Json* metrics = evaluation.Find("metrics");
  return metrics == nullptr ? Json() : *metrics;
}

// `evaluation`: of a model of these settings; null when there was none.
ModelManifest TrainOn(const LikedData& data, const TrainRequest& request, const Json& evaluation,
                      const ModelWork& work, TrainObserver& observer) {
  ModelManifest manifest;
  manifest.settings = ResolveSettings(request);
  manifest.threads = request.threads;
  manifest.data = data.versions;
  manifest.metrics = MetricsOf(evaluation);
  manifest.evaluation = evaluation;
  RecordCommand(work.recording, "train", request.type, [&](RunRecorder& run) {
    RecordRequest(request, run);
    RecordData(work.lake, data.versions, run);
    RecordingObserver recorded(observer, run);
    const std::unique_ptr<Model> model = TrainModel(request, data.interactions, recorded);
    recorded.AddChart();
    manifest.run_id = run.run_id();
    manifest = work.store.Add(*model, std::move(manifest));
    if (evaluation.is_object()) RecordEvaluation(evaluation, run);
    RecordModel(work.recording, work.store, manifest, *model, run);
  });
  return manifest;
}

// Whether the data knows ratings: else every value is 1.
bool HasRatings(const Interactions& all) {
  for (int32_t user = 0; user < all.num_users(); ++user) {
    for (const float value : all.by_user().Row(user).values) {
      if (value != 1) return true;
    }
  }
  return false;
}

// Ratings above `min_rating`; all of them where the data knows no ratings.
Interactions Liked(const Interactions& all, float min_rating) {
  return HasRatings(all) ? KeepAbove(all, min_rating) : all;
}

bool SameItems(const IdDictionary& one, const IdDictionary& other) {
  bool same = one.size() == other.size();
  for (int32_t row = 0; same && row < one.size(); ++row) same = one.Name(row) == other.Name(row);
  return same;
}

// Evaluates the first models and trains the winner, and most-popular.
ModelChoice TrainChoice(const ModelWork& work, const MainJobOptions& options,
                        const std::vector<lake::TableVersion>& versions, Progress& progress,
                        const CancelToken& cancel) {
  progress.Update("read gold", -1, "");
  const GoldData gold = ReadGold(work.session, work.lake, versions);
  Json comparison = CompareTypes({gold, work, options, progress, cancel});
  const Json best = BestOf(comparison);
  const std::string best_type = best.GetString("model", std::string(kFallbackType));
  const LikedData liked{Liked(gold.interactions, options.min_rating), gold.versions};
  const auto train = [&](const std::string& type, const Json& evaluation) {
    StageObserver observer("train " + type, progress, cancel);
    return TrainOn(liked, RequestOf(type, options), evaluation, work, observer).id;
  };
  const ModelVersion champion = train(best_type, best);
  const ModelVersion fallback =
      best_type == kFallbackType ? champion : train(std::string(kFallbackType), Json());
  return {false, std::move(comparison), champion, fallback};
}

void WriteReport(const std::filesystem::path& path, const std::string& fingerprint,
                 const ModelChoice& choice) {
  std::filesystem::create_directories(path.parent_path());
  WriteFileAtomic(path, Json::MakeObject({{"fingerprint", fingerprint},
                                          {"comparison", choice.comparison},
                                          {"champion", choice.champion.name()},
                                          {"fallback", choice.fallback.name()}})
                            .Pretty());
}

// What the report names under `key`, while the store has it.
std::optional<ModelVersion> VersionIn(const Json& report, std::string_view key,
                                      const ModelStore& store) {
  for (const ModelManifest& manifest : store.List()) {
    if (manifest.id.name() == report.GetString(key)) return manifest.id;
  }
  return std::nullopt;
}

// The model of popular titles that is published, or one of `liked` where that is of other data.
std::shared_ptr<const Model> PopularFor(const Interactions& liked, const ModelStore& store,
                                        const ModelVersion& id) {
  std::shared_ptr<const Model> popular = store.Load(id);
  if (SameItems(popular->items(), liked.items())) return popular;
  NoTrainObserver observer;
  return TrainModel({.type = std::string(kFallbackType)}, liked, observer);
}

// What tells the data of a bundle from that of another.
std::string DataName(const std::vector<lake::TableVersion>& versions, float min_rating) {
  return StrCat(DataJson(versions).Dump(), " above ", min_rating);
}

// The newest sequence model, for rules that ask it; none when it is of other items, or the
// champion.
std::vector<std::shared_ptr<const Model>> LoadBeside(const IdDictionary& items,
                                                     const ModelStore& store,
                                                     const ModelVersion& champion) {
  const std::vector<ModelManifest> versions = store.List();
  const auto newest =
      std::ranges::find(versions, "sequence", [](const ModelManifest& m) { return m.id.type; });
  if (newest == versions.end() || champion.type == "sequence") return {};
  std::shared_ptr<const Model> model = store.Load(newest->id);
  if (SameItems(model->items(), items)) return {std::move(model)};
  LogWarning(newest->id.name() + " is of other items than the champion: it is not asked");
  return {};
}

// 1 when there is nothing.
float MeanValue(const Interactions& data) {
  double sum = 0;
  for (int32_t user = 0; user < data.num_users(); ++user) {
    for (const float value : data.by_user().Row(user).values) sum += value;
  }
  return data.nnz() > 0 ? static_cast<float>(sum / static_cast<double>(data.nnz())) : 1;
}

}  // namespace

MainJobResult RunMainJob(const ModelWork& work, const MainJobOptions& options, Progress& progress,
                         const CancelToken& cancel) {
  const std::vector<lake::TableVersion> versions = GoldVersions(work.lake);
  const std::string fingerprint = Fingerprint(versions, options);
  const std::optional<Published> published = work.store.ReadPublished();
  const std::optional<Json> report = ReadReport(options.report);
  if (published && report && report->GetString("fingerprint") == fingerprint) {
    return {true, report->At("comparison"), *published};
  }
  ModelChoice choice = TrainChoice(work, options, versions, progress, cancel);
  work.store.Publish(choice.champion, choice.fallback);
  WriteReport(options.report, fingerprint, choice);
  return {false, std::move(choice.comparison), *work.store.ReadPublished()};
}

ModelChoice ChooseModel(const ModelWork& work, const MainJobOptions& options, Progress& progress,
                        const CancelToken& cancel) {
  const std::vector<lake::TableVersion> versions = GoldVersions(work.lake);
  const std::string fingerprint = Fingerprint(versions, options);
  if (const std::optional<Json> report = ReadReport(options.report)) {
    const std::optional<ModelVersion> champion = VersionIn(*report, "champion", work.store);
    const std::optional<ModelVersion> fallback = VersionIn(*report, "fallback", work.store);
    if (champion && fallback && report->GetString("fingerprint") == fingerprint)
      return {true, report->At("comparison"), *champion, *fallback};
  }
  ModelChoice choice = TrainChoice(work, options, versions, progress, cancel);
  WriteReport(options.report, fingerprint, choice);
  return choice;
}

ModelManifest TrainAndSave(const ModelWork& work, const TrainRequest& request, float min_rating,
                           TrainObserver& observer) {
  ResolveSettings(request);  // a wrong setting is told before the data is read
  const GoldData gold = ReadGold(work.session, work.lake, GoldVersions(work.lake));
  return TrainOn({Liked(gold.interactions, min_rating), gold.versions}, request, Json(), work,
                 observer);
}

std::shared_ptr<const ModelBundle> LoadBundle(const ModelWork& work, const Published& models,
                                              float min_rating, const Clock& clock,
                                              const ModelBundle* like) {
  const int64_t loaded_ms = clock.NowMs();  // what is erased from here on may still be read
  const ModelVersion& champion = models.champion;
  const std::vector<lake::TableVersion> versions =
      work.store.Find(champion.type, champion.version).data;
  auto bundle = std::make_shared<ModelBundle>();
  bundle->data = DataName(versions, min_rating);
  if (like != nullptr && like->data == bundle->data) {
    *bundle = *like;
  } else {
    GoldData gold = ReadGold(work.session, work.lake, versions);
    bundle->liked = Liked(gold.interactions, min_rating);
    bundle->rated = HasRatings(gold.interactions);
    bundle->min_rating = min_rating;
    bundle->liked_value = MeanValue(bundle->liked);
    bundle->activity = std::make_shared<LoadedActivity>(gold.interactions.by_item());
    bundle->interactions = std::move(gold.interactions);
    bundle->catalog = std::make_shared<Catalog>(std::move(gold.items));
  }
  bundle->name = champion.name();
  bundle->version = champion.version;
  bundle->model = work.store.Load(champion);
  if (!SameItems(bundle->model->items(), bundle->interactions.items())) {
    throw Error(Code::kDataLoss,
                StrCat(champion.name(), " has other items than the tables it was trained on"),
                "train it again: marquee train");
  }
  bundle->popular = models.fallback == champion
                        ? bundle->model
                        : PopularFor(bundle->liked, work.store, models.fallback);
  bundle->beside = LoadBeside(bundle->interactions.items(), work.store, champion);
  bundle->loaded_ms = loaded_ms;
  return bundle;
}

std::shared_ptr<const ModelBundle> LoadPublished(const ModelWork& work, float min_rating,
                                                 const Clock& clock) {
  const std::optional<Published> published = work.store.ReadPublished();
  if (!published) {
    throw Error(Code::kFailedPrecondition, "no model is published",
                "train and publish the first models with: marquee up");
  }
  return LoadBundle(work, *published, min_rating, clock);
}

}  // namespace marquee
