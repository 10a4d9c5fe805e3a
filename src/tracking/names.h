// What names and values may be, as MLflow has it. Every refusal is invalid_argument that names the
// field, the value and the rule. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "tracking/entities.h"

namespace marquee::tracking {

inline constexpr size_t kMaxKeyChars = 250;
inline constexpr size_t kMaxParamChars = 6000;
inline constexpr size_t kMaxRunTagChars = 8000;
inline constexpr size_t kMaxExperimentNameChars = 500;
inline constexpr size_t kMaxExperimentTagChars = 20'000;
inline constexpr size_t kMaxRegistryTagChars = 100'000;
inline constexpr size_t kMaxDatasetNameChars = 500;
inline constexpr size_t kMaxDatasetDigestChars = 36;
inline constexpr size_t kMaxDescriptionChars = 100'000;
inline constexpr size_t kMaxAliasChars = 255;
inline constexpr size_t kMaxBatchMetrics = 1000;
inline constexpr size_t kMaxBatchParams = 100;
inline constexpr size_t kMaxBatchTags = 100;
inline constexpr size_t kMaxBatchTotal = 1000;

// Code points; each invalid byte counts as one.
size_t CountChars(std::string_view utf8);
// The first `max_chars` of them.
std::string CutChars(std::string_view utf8, size_t max_chars);

// 1 to `max_chars` characters and no NUL, which no database keeps.
void CheckText(std::string_view field, std::string_view value, size_t max_chars);
// As CheckText, and may be empty.
void CheckLength(std::string_view field, std::string_view value, size_t max_chars);

// The key of a metric, param or tag: letters, digits, '_', '-', '.', ' ', ':' and '/', at most 250,
// and as a path relative and without "." and ".." parts: `field` says which, "metrics[3].key".
void CheckKey(std::string_view field, std::string_view key);
void CheckExperimentName(std::string_view name);
// Without '/' and ':', which stand in URIs of models.
void CheckModelName(std::string_view name);
// Letters, digits, '_' and '-'; not "latest", and not "v" and digits, which mean versions.
void CheckAlias(std::string_view alias);

// As the protocol writes them.
std::string_view RunStatusName(RunStatus status);
std::string_view StageName(Stage stage);
std::string_view ModelStatusName(ModelStatus status);
std::string_view LifecycleName(Lifecycle lifecycle);

// Nothing for other text. Stages are read in any case; model statuses also without their prefix.
std::optional<RunStatus> ParseRunStatus(std::string_view name);
std::optional<Stage> ParseStage(std::string_view name);
std::optional<ModelStatus> ParseModelStatus(std::string_view name);

}  // namespace marquee::tracking
