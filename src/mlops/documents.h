// What each step leaves, by name. Inside the module only.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "mlops/steps.h"

namespace marquee::mlops {

inline constexpr char kFeaturesDocument[] = "features.json";
inline constexpr char kTrainingDocument[] = "training.json";
inline constexpr char kEvaluationDocument[] = "evaluation.json";
inline constexpr char kRegistrationDocument[] = "registration.json";
inline constexpr char kMonitorDocument[] = "monitor.json";
inline constexpr char kRankingReport[] = "ranking.json";
inline constexpr char kRatingModel[] = "rating_model.bin";

inline constexpr char kProtocol[] = "rating-holdout-by-id";

// Written whole; the log names the file.
void WriteDocument(RatingsRun& run, const char* name, const Json& json);
// Throws not_found that names the task which makes it.
Json ReadDocument(const RatingsRun& run, const char* name, std::string_view made_by);

Json VersionsJson(const std::vector<lake::TableVersion>& versions);
std::vector<lake::TableVersion> VersionsOf(const Json& json);

// Of models of ratings: "recommender-ratings".
Recording RatingsRecording(const RatingsRun& run);
// The version that has the alias "champion" there, or the newest that was registered here where
// runs are not recorded; nothing before the first.
std::optional<ModelManifest> RatingsChampion(const RatingsRun& run);

}  // namespace marquee::mlops
