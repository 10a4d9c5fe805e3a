// What is tracked, as the MLflow protocol writes it: an empty list is a missing key.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "tracking/artifact_store.h"
#include "tracking/entities.h"

namespace marquee {

Json RenderExperiment(const tracking::Experiment& experiment);
Json RenderRunInfo(const tracking::RunInfo& info);
Json RenderRun(const tracking::Run& run);
Json RenderMetric(const tracking::Metric& metric);
Json RenderDatasetSummary(const tracking::DatasetSummary& summary);
Json RenderLoggedModel(const tracking::LoggedModel& model);
Json RenderModelVersion(const tracking::ModelVersion& version);
Json RenderRegisteredModel(const tracking::RegisteredModel& model);
// With paths below `prefix`, or with names alone when it is "".
Json RenderFiles(std::span<const tracking::ArtifactInfo> files, std::string_view prefix);

// {`field`: [...], "next_page_token"}, both only where there is something.
template <typename T>
Json RenderPage(std::string_view field, const tracking::Page<T>& page, Json (*render)(const T&)) {
  Json json = Json::MakeObject();
  Json::Array items;
  items.reserve(page.items.size());
  for (const T& item : page.items) items.push_back(render(item));
  if (!items.empty()) json[field] = std::move(items);
  if (!page.next.empty()) json["next_page_token"] = page.next;
  return json;
}

}  // namespace marquee
