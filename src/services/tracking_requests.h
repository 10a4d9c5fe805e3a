// Parts that several calls of the MLflow protocol share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "services/tracking_fields.h"
#include "tracking/entities.h"

namespace marquee {

// {}: done.
http::Response NothingToSay();

// Throws invalid_argument for what is missing or no number.
int64_t ExperimentIdOf(const TrackingFields& fields);
// The ids of a list, at most 10,000. One that is no number is of no experiment, and left out.
std::vector<int64_t> ExperimentIdsOf(const TrackingFields& fields);
// By either name.
std::string RunIdOf(const TrackingFields& fields);
tracking::View ViewOf(const TrackingFields& fields, std::string_view field);
// {key, value} each.
std::vector<tracking::KeyValue> PairsOf(const TrackingFields& fields, std::string_view field);
tracking::Metric MetricOf(const TrackingFields& fields);

}  // namespace marquee
