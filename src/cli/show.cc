#include "cli/show.h"

#include "base/text.h"
#include "base/text_table.h"

namespace marquee::cli {
namespace {

constexpr const char* kComparedMetrics[] = {"recall@20", "recall@50", "ndcg@100"};

std::string MetricText(const Json& metrics, std::string_view name) {
  const Json* metric = metrics.Find(name);
  if (metric == nullptr) return "-";
  return StrCat(Fixed(metric->GetDouble("mean"), 4), " ± ", Fixed(metric->GetDouble("stderr"), 4));
}

}  // namespace

std::string RecommendationText(const Recommendation& recommendation) {
  TextTable table({"title", "year", "genres", "why"});
  for (const Recommended& recommended : recommendation.items) {
    const CatalogItem& item = recommendation.bundle->catalog->at(recommended.item);
    table.Add({item.title, item.year == 0 ? "" : std::to_string(item.year), Join(item.genres, ", "),
               recommended.reason});
  }
  return StrCat("User ", recommendation.user_id, "  (", recommendation.rung, ", ",
                recommendation.bundle->name, ")\n", table.ToText(2, 44));
}

std::string ComparisonText(const Json& comparison, const std::string& champion_type) {
  TextTable table({"model", kComparedMetrics[0], kComparedMetrics[1], kComparedMetrics[2],
                   "test users", "seconds", ""});
  for (const Json& row : comparison.AsArray()) {
    const Json& metrics = row.At("metrics");
    const std::string& type = row.At("model").AsString();
    table.Add({type, MetricText(metrics, kComparedMetrics[0]),
               MetricText(metrics, kComparedMetrics[1]), MetricText(metrics, kComparedMetrics[2]),
               WithThousands(row.GetInt("users")), Fixed(row.GetDouble("seconds"), 1),
               type == champion_type ? "<- champion" : ""});
  }
  return table.ToText(2);
}

}  // namespace marquee::cli
