// Internal: rows of the registry.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tracking/entities.h"
#include "tracking/search_sql.h"
#include "tracking/sql.h"

namespace marquee::tracking {

// What ReadModels and ReadVersions are to select, from tables with these aliases.
inline constexpr std::string_view kModelSelect =
    "select t.model, t.name, t.description, t.created_ms, t.updated_ms from registered_models t";
inline constexpr std::string_view kVersionSelect =
    "select t.model, m.name, t.version, t.description, t.user_id, t.stage, t.source, t.run_id, "
    "t.run_link, t.model_id, t.created_ms, t.updated_ms "
    "from model_versions t join registered_models m on m.model = t.model";

// The row of a model. Throws not_found.
int64_t FindModel(Session& session, const std::string& name);
// Throws not_found for either.
int64_t FindVersion(Session& session, const std::string& name, int64_t version);

std::vector<RegisteredModel> ReadModels(Session& session, const SqlText& sql);
RegisteredModel ReadRegisteredModel(Session& session, const std::string& name);
// With tags and aliases.
std::vector<ModelVersion> ReadVersions(Session& session, const SqlText& sql);
ModelVersion ReadVersion(Session& session, const std::string& name, int64_t version);
// The newest of each of these stages, in their order.
std::vector<ModelVersion> ReadLatestVersions(Session& session, int64_t model,
                                             std::span<const Stage> stages);

void TouchRegistered(Session& session, int64_t model, int64_t now_ms);

}  // namespace marquee::tracking
