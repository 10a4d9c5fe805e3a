// What a person should know of a trained model before they rely on it.
#pragma once

#include <string>

#include "base/json.h"
#include "pipelines/model_store.h"

namespace marquee {

// The card of a version as Markdown, after Mitchell et al. 2019, "Model Cards for Model Reporting":
// what it is, the data and the settings, how good it is and for whom, and where it ends. Of the
// manifest alone: the same version gives the same text.
std::string ModelCard(const ModelManifest& manifest);

// {"field": [of one, of the other]} for what differs: settings and metrics as "settings.factors",
// tables as "data.gold.items". Null where one has no such.
Json DifferenceOf(const ModelManifest& one, const ModelManifest& other);

}  // namespace marquee
