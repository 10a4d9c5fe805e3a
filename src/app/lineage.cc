#include "app/lineage.h"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace marquee {
namespace {

constexpr int64_t kDrainMs = 10'000;

// A setting, or what OpenLineage's own clients look at.
std::string SettingOr(const Config& config, const char* key, const char* variable) {
  if (config.Origin(key) != "default") return config.Text(key);
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? value : config.Text(key);
}

}  // namespace

Lineage::Lineage(Environment& environment, flow::FlowStore& store, const flow::DagCatalogue& dags) {
  const Config& config = environment.config();
  const std::filesystem::path home = std::filesystem::absolute(environment.home().root);
  const auto add = [&](const char* name, const lineage::Emitter::Maker& make) {
    lineage::EmitterOptions options{
        .name = name,
        .job_namespace = SettingOr(config, "lineage.namespace", "OPENLINEAGE_NAMESPACE"),
        .home = home,
        .lake = home / "lake"};
    emitters_.push_back(std::make_unique<lineage::Emitter>(store, dags, std::move(options), make));
  };
  if (const std::string file = config.Text("lineage.file"); !file.empty()) {
    add("file", [&](const CancelToken&) {
      return lineage::MakeFileTransport(
          {.file = home / file, .max_bytes = config.Bytes("lineage.file_max_bytes")},
          environment.clock());
    });
  }
  if (const std::string url = SettingOr(config, "lineage.url", "OPENLINEAGE_URL"); !url.empty()) {
    add("http", [&](const CancelToken& stop) {
      return lineage::MakeHttpTransport(
          {.url = url,
           .endpoint = SettingOr(config, "lineage.endpoint", "OPENLINEAGE_ENDPOINT"),
           .api_key = SettingOr(config, "lineage.api_key", "OPENLINEAGE_API_KEY")},
          stop);
    });
  }
}

void Lineage::Drain(Progress& progress, const CancelToken& cancel) {
  for (const auto& emitter : emitters_) {
    progress.Update("lineage", -1, "");
    emitter->Drain(kDrainMs, cancel);
  }
}

}  // namespace marquee
