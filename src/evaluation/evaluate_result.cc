#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "base/text_table.h"
#include "evaluation/evaluate.h"

namespace marquee {
namespace {

using Metrics = std::map<std::string, MetricValue>;

// Those that are there, in the order of the tables; unknown ones at the end, by name.
std::vector<std::string> OrderedNames(const Metrics& metrics) {
  std::vector<std::string> names;
  for (const char* name :
       {"recall@20", "recall@50", "ndcg@100", "hit_rate@10", "ndcg@10", "precision@10", "map@100",
        "mrr", "rmse", "mae", "r2", "novelty@100", "coverage@100", "gini@100"}) {
    if (metrics.contains(name)) names.emplace_back(name);
  }
  for (const auto& [name, value] : metrics) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

// From those the model was told least of to the others.
std::vector<std::string> OrderedSegments(const std::map<std::string, SegmentResult>& segments) {
  std::vector<std::string> names;
  for (const char* name : {"cold", "new", "light", "heavy", "known"}) {
    if (segments.contains(name)) names.emplace_back(name);
  }
  return names;
}

Json MetricsJson(const Metrics& metrics) {
  Json json = Json::MakeObject();
  for (const std::string& name : OrderedNames(metrics)) {
    const MetricValue& value = metrics.at(name);
    json[name] = Json::MakeObject({{"mean", value.mean}, {"stderr", nullptr}});
    if (!std::isnan(value.stderr_)) json[name]["stderr"] = value.stderr_;
  }
  return json;
}

std::string Cell(const Metrics& metrics, const std::string& name) {
  const auto found = metrics.find(name);
  if (found == metrics.end()) return "";
  const MetricValue& value = found->second;
  const std::string mean = Fixed(value.mean, 4);
  constexpr const char* kNoError = "         ";  // as wide: the means stand in one column
  return mean + (std::isnan(value.stderr_) ? kNoError : " ± " + Fixed(value.stderr_, 4));
}

std::string SettingsText(const Json& settings) {
  std::string text;
  for (const auto& [key, value] : settings.AsObject()) text += StrCat("  ", key, "=", value.Dump());
  return text;
}

}  // namespace

Json EvaluateResult::ToJson() const {
  Json json = Json::MakeObject({{"protocol", request.protocol},
                                {"segment", request.segment},
                                {"model", request.train.type},
                                {"settings", settings},
                                {"users", users},
                                {"items", items},
                                {"interactions", interactions},
                                {"metrics", MetricsJson(metrics)},
                                {"segments", Json::MakeObject()},
                                {"seconds", seconds}});
  for (const std::string& name : OrderedSegments(segments)) {
    const SegmentResult& segment = segments.at(name);
    json["segments"][name] =
        Json::MakeObject({{"users", segment.users}, {"metrics", MetricsJson(segment.metrics)}});
  }
  return json;
}

std::string EvaluateResult::ToText() const {
  const std::vector<std::string> names = OrderedSegments(segments);
  std::vector<std::string> header = {"metric", StrCat("all (", WithThousands(users), ")")};
  for (const std::string& name : names)
    header.push_back(StrCat(name, " (", WithThousands(segments.at(name).users), ")"));
  TextTable table(header);
  for (const std::string& metric : OrderedNames(metrics)) {
    std::vector<std::string> cells = {metric, Cell(metrics, metric)};
    for (const std::string& name : names) cells.push_back(Cell(segments.at(name).metrics, metric));
    table.Add(std::move(cells));
  }
  return StrCat(request.protocol, " (", request.segment, ")  ", request.train.type,
                SettingsText(settings), "\n", WithThousands(users), " users scored  ",
                WithThousands(items), " items  ", WithThousands(interactions),
                " interactions trained on  ", Fixed(seconds, 1), " s\n\n", table.ToText());
}

}  // namespace marquee
