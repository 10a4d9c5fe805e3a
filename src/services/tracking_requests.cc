#include "services/tracking_requests.h"

#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace marquee {
namespace {

constexpr size_t kMaxExperiments = 10'000;

}  // namespace

http::Response NothingToSay() { return http::Json(Json::MakeObject()); }

int64_t ExperimentIdOf(const TrackingFields& fields) {
  const std::string text = fields.RequiredText("experiment_id");
  const std::optional<int64_t> id = ParseInt(text);
  if (id) return *id;
  throw Error(Code::kInvalidArgument, StrCat("experiment_id is '", text, "': must be a number"),
              "take it from the experiment");
}

std::vector<int64_t> ExperimentIdsOf(const TrackingFields& fields) {
  std::vector<int64_t> ids;
  for (const std::string& text : fields.Texts("experiment_ids")) {
    if (const std::optional<int64_t> id = ParseInt(text)) ids.push_back(*id);
  }
  if (ids.size() > kMaxExperiments) {
    throw Error(Code::kInvalidArgument,
                StrCat("experiment_ids has ", ids.size(), " ids, and may have ", kMaxExperiments),
                "search in parts");
  }
  return ids;
}

std::string RunIdOf(const TrackingFields& fields) {
  return fields.Has("run_uuid") && fields.Text("run_id").empty() ? fields.RequiredText("run_uuid")
                                                                 : fields.RequiredText("run_id");
}

tracking::View ViewOf(const TrackingFields& fields, std::string_view field) {
  const std::string view = fields.Text(field);
  if (view == "DELETED_ONLY") return tracking::View::kDeletedOnly;
  return view == "ALL" ? tracking::View::kAll : tracking::View::kActiveOnly;
}

std::vector<tracking::KeyValue> PairsOf(const TrackingFields& fields, std::string_view field) {
  std::vector<tracking::KeyValue> pairs;
  for (const TrackingFields& pair : fields.Objects(field)) {
    pairs.push_back({pair.RequiredText("key"), pair.Text("value")});
  }
  return pairs;
}

tracking::Metric MetricOf(const TrackingFields& fields) {
  return {.key = fields.RequiredText("key"),
          .value = fields.RequiredDouble("value"),
          .timestamp_ms = fields.RequiredInt("timestamp"),
          .step = fields.Int("step").value_or(0),
          .model_id = fields.Text("model_id"),
          .dataset_name = fields.Text("dataset_name"),
          .dataset_digest = fields.Text("dataset_digest")};
}

}  // namespace marquee
