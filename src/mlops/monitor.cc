// monitor.json: the newest ratings beside those before them, and the models on them.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "evaluation/ranking_metrics.h"
#include "kernels/top_k.h"
#include "mlops/documents.h"
#include "mlops/holdout.h"
#include "pipelines/gold_reader.h"
#include "pipelines/stability_index.h"

namespace marquee::mlops {
namespace {

constexpr int64_t kDayS = 86'400;
constexpr size_t kPopularityBins = 10;
constexpr int kListed = 20;

// Counts of the ratings before the window, and of those in it.
struct TwoSpans {
  std::map<float, std::pair<double, double>> by_value;
  std::vector<std::pair<double, double>> by_item;  // index = item row
  std::vector<std::pair<double, double>> by_user;
  double before = 0;
  double now = 0;
  double sum_before = 0;
  double sum_now = 0;
};

TwoSpans CountSpans(const Interactions& data, int64_t from_s) {
  TwoSpans spans;
  spans.by_item.resize(static_cast<size_t>(data.num_items()));
  spans.by_user.resize(static_cast<size_t>(data.num_users()));
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const SparseRow row = data.by_user().Row(user);
    for (size_t i = 0; i < row.size(); ++i) {
      const bool is_new = row.times_s[i] >= from_s;
      const auto add = [&](std::pair<double, double>& counts) {
        (is_new ? counts.second : counts.first) += 1;
      };
      add(spans.by_value[row.values[i]]);
      add(spans.by_item[static_cast<size_t>(row.columns[i])]);
      add(spans.by_user[static_cast<size_t>(user)]);
      (is_new ? spans.now : spans.before) += 1;
      (is_new ? spans.sum_now : spans.sum_before) += row.values[i];
    }
  }
  return spans;
}

double ValueIndex(const TwoSpans& spans) {
  std::vector<double> before, now;
  for (const auto& [value, counts] : spans.by_value) {
    before.push_back(counts.first);
    now.push_back(counts.second);
  }
  return StabilityIndex(before, now);
}

// Titles fall into ten bins, from the most rated before the window down, of about as many of its
// ratings each; those without any are the eleventh.
double PopularityIndex(const TwoSpans& spans) {
  std::vector<std::pair<double, double>> items = spans.by_item;
  std::ranges::stable_sort(items, std::greater{}, &std::pair<double, double>::first);
  std::vector<double> before(kPopularityBins + 1);
  std::vector<double> now(kPopularityBins + 1);
  double seen = 0;
  for (const auto& [was, is] : items) {
    const auto tenth = static_cast<size_t>(seen / spans.before * double{kPopularityBins});
    const size_t bin = was > 0 ? std::min(tenth, kPopularityBins - 1) : kPopularityBins;
    before[bin] += was;
    now[bin] += is;
    seen += was;
  }
  return StabilityIndex(before, now);
}

// Of those with ratings in the window, the share without any before; null when there are none.
Json ColdShare(const std::vector<std::pair<double, double>>& counts) {
  double active = 0;
  double cold = 0;
  for (const auto& [was, is] : counts) {
    if (is == 0) continue;
    active += 1;
    cold += was == 0;
  }
  return active > 0 ? Json(cold / active) : Json();
}

Json DriftJson(const TwoSpans& spans) {
  const bool comparable = spans.before > 0 && spans.now > 0;
  const Json values = comparable ? Json(ValueIndex(spans)) : Json();
  const Json popularity = comparable ? Json(PopularityIndex(spans)) : Json();
  const bool drifted =
      comparable && (values.AsDouble() > kDriftIndex || popularity.AsDouble() > kDriftIndex);
  return Json::MakeObject(
      {{"ratings_before", static_cast<int64_t>(spans.before)},
       {"ratings", static_cast<int64_t>(spans.now)},
       {"mean_rating_before", spans.before > 0 ? Json(spans.sum_before / spans.before) : Json()},
       {"mean_rating", spans.now > 0 ? Json(spans.sum_now / spans.now) : Json()},
       {"stability_index_of_ratings", values},
       {"stability_index_of_popularity", popularity},
       {"cold_users", ColdShare(spans.by_user)},
       {"cold_titles", ColdShare(spans.by_item)},
       {"has_drifted", drifted}});
}

// The champion of the models of ratings on those that it never saw, and what it was registered
// with.
Json RatingQuality(const RatingsRun& run, const Interactions& data, int64_t from_s) {
  const std::optional<ModelManifest> champion = RatingsChampion(run);
  if (!champion) return {};
  RatingSplit split = SplitRatings(data);
  std::erase_if(split.held_out, [&](const HeldOutRating& r) { return r.time_s < from_s; });
  const std::vector<float> predicted = PredictRatings(*run.models.Load(champion->id), split, run);
  return Json::MakeObject({{"model", champion->id.name()},
                           {"ratings", std::ssize(SquaredErrors(predicted, split.held_out))},
                           {"metrics", RatingMetrics(predicted, split.held_out)},
                           {"registered_with", champion->metrics}});
}

// What came since the training of a model: of each of its users with new likes their rows in its
// items.
struct NewLikes {
  std::vector<int32_t> user;  // row of the old data
  std::vector<std::vector<int32_t>> items;
};

NewLikes LikesSince(const Interactions& old_data, const Interactions& data, float min_rating) {
  NewLikes likes;
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const auto old_user = old_data.users().Find(data.users().Name(user));
    if (!old_user || old_data.by_user().Row(*old_user).size() == 0) continue;
    const SparseRow known = old_data.by_user().Row(*old_user);
    const SparseRow row = data.by_user().Row(user);
    std::vector<int32_t> items;
    for (size_t i = 0; i < row.size(); ++i) {
      if (row.values[i] <= min_rating) continue;
      const auto item = old_data.items().Find(data.items().Name(row.columns[i]));
      if (item && !std::ranges::binary_search(known.columns, *item)) items.push_back(*item);
    }
    if (items.empty()) continue;
    std::ranges::sort(items);
    likes.user.push_back(*old_user);
    likes.items.push_back(std::move(items));
  }
  return likes;
}

Json ListMetrics(const Model& model, const Interactions& known, const Interactions& liked,
                 const NewLikes& likes) {
  std::vector<double> ndcg, hits;
  std::vector<float> scores(static_cast<size_t>(model.items().size()));
  for (size_t i = 0; i < likes.user.size(); ++i) {
    model.FoldWith(liked.by_user().Row(likes.user[i]), liked.UserFeatures(likes.user[i]))
        ->Score(scores);
    std::vector<int32_t> list;
    for (const kernels::Ranked& ranked :
         kernels::TopK(scores, kListed, known.by_user().Row(likes.user[i]).columns))
      list.push_back(ranked.index);
    const std::vector<int> ranks = HitRanks(list, likes.items[i]);
    ndcg.push_back(NdcgAt(ranks, likes.items[i].size(), kListed));
    hits.push_back(HitRateAt(ranks, kListed));
  }
  const auto json = [](const std::vector<double>& values) {
    const MetricValue value = MeanOf(values);
    return Json::MakeObject({{"mean", value.mean}, {"stderr", value.stderr_}});
  };
  return Json::MakeObject({{"ndcg@20", json(ndcg)}, {"hit_rate@20", json(hits)}});
}

// What is published, asked for what people came to like since it was trained.
Json RankingQuality(RatingsRun& run, const Interactions& data) {
  const std::optional<Published> published = run.models.ReadPublished();
  if (!published) return {};
  const ModelVersion& id = published->champion;
  Json json = Json::MakeObject({{"model", id.name()}, {"users", 0}, {"metrics", Json()}});
  const std::vector<lake::TableVersion> versions = run.models.Find(id.type, id.version).data;
  if (VersionsJson(versions) == VersionsJson(GoldVersions(run.lake))) {
    json["problem"] = "it was trained on all ratings that there are";
    return json;
  }
  try {
    const Interactions known = ReadGold(run.session, run.lake, versions).interactions;
    const Interactions liked = KeepAbove(known, run.settings.min_rating);
    const NewLikes likes = LikesSince(known, data, run.settings.min_rating);
    const std::unique_ptr<Model> model = run.models.Load(id);
    if (model->items().size() != known.num_items()) {
      json["problem"] = "it has other items than the tables it was trained on";
    } else if (likes.user.empty()) {
      json["problem"] = "nobody that it knows liked a new title since it was trained";
    } else {
      json["users"] = std::ssize(likes.user);
      json["metrics"] = ListMetrics(*model, known, liked, likes);
    }
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    json["problem"] = error.message();
  }
  return json;
}

void RecordMonitor(const RatingsRun& run, const std::vector<lake::TableVersion>& versions,
                   const Json& document) {
  RecordCommand(RatingsRecording(run), "monitor", "ratings", [&](RunRecorder& record) {
    RecordData(run.lake, versions, record);
    for (const auto& [name, value] : document.At("window").AsObject()) {
      if (value.is_number()) record.AddMetric(name, value.AsDouble());
    }
    for (const char* kind : {"rating_model", "ranking_model"}) {
      const Json* metrics = document.At(kind).Find("metrics");
      if (metrics == nullptr || !metrics->is_object()) continue;
      for (const auto& [name, metric] : metrics->AsObject())
        record.AddMetric(StrCat(kind, "/", ReplaceAll(name, "@", "_at_")),
                         metric.GetDouble("mean"));
    }
    record.AddText(kMonitorDocument, document.Pretty());
  });
}

}  // namespace

void MonitorRatings(RatingsRun& run) {
  const std::vector<lake::TableVersion> versions = GoldVersions(run.lake);
  const Interactions data = ReadGold(run.session, run.lake, versions).interactions;
  if (data.nnz() == 0)
    throw Error(Code::kFailedPrecondition, "gold.interactions holds no ratings",
                "marquee import PATH");
  const int64_t from_s = data.newest_s() - run.settings.window_days * kDayS + 1;
  Json window = DriftJson(CountSpans(data, from_s));
  run.say(StrCat("the last ", run.settings.window_days,
                 " days: ", WithThousands(window.GetInt("ratings")), " ratings, ",
                 window.GetBool("has_drifted") ? "unlike those before" : "like those before"));
  const Json document = Json::MakeObject({{"document", "monitor"},
                                          {"data", VersionsJson(versions)},
                                          {"window_days", run.settings.window_days},
                                          {"window_from", FormatUtc(from_s * 1000)},
                                          {"window", std::move(window)},
                                          {"rating_model", RatingQuality(run, data, from_s)},
                                          {"ranking_model", RankingQuality(run, data)}});
  RecordMonitor(run, versions, document);
  WriteDocument(run, kMonitorDocument, document);
}

}  // namespace marquee::mlops
