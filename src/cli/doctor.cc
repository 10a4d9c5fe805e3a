// marquee doctor: what works here and what does not.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "app/artifacts.h"
#include "app/notifications.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/text_table.h"
#include "base/thread_pool.h"
#include "base/version.h"
#include "cli/context.h"
#include "kernels/blas.h"
#include "kernels/simd.h"
#include "lake/engine.h"

namespace marquee::cli {
namespace {

constexpr int64_t kLowSpaceBytes = int64_t{2} << 30;

// The nearest folder of the path that exists: where the home would be created.
std::filesystem::path ExistingFolder(std::filesystem::path path) {
  path = std::filesystem::absolute(path);
  while (!std::filesystem::exists(path) && path.has_parent_path()) path = path.parent_path();
  return path;
}

// Of a URL: who reads a report need not be able to log in.
std::string WithoutCredentials(const std::string& text) {
  const size_t scheme = text.find("://");
  if (scheme == std::string::npos) return text;
  if (text.find("password=") != std::string::npos) return text.substr(0, scheme) + "://...";
  const size_t host = text.find('@', scheme);
  return host == std::string::npos ? text : text.substr(0, scheme + 3) + "..." + text.substr(host);
}

Json SettingsJson(const Config& config) {
  Json settings = Json::MakeObject();
  for (const std::string& key : config.Keys()) {
    settings[key] = Json::MakeObject(
        {{"value", WithoutCredentials(config.Shown(key))}, {"from", config.Origin(key)}});
  }
  return settings;
}

std::string SimdLevels() {
  std::vector<std::string> names;
  for (const kernels::Simd level : kernels::SupportedSimd()) {
    names.emplace_back(kernels::SimdName(level));
  }
  return Join(names, ", ");
}

Json Examine(Context& context) {
  Environment& environment = context.environment();
  const std::filesystem::path root = environment.home().root;
  const int64_t free_bytes = FreeBytes(ExistingFolder(root));
  Json problems = Json::MakeArray();
  if (free_bytes < kLowSpaceBytes) {
    problems.Append(
        StrCat("only ", HumanBytes(free_bytes), " free where the home is: an import may fail"));
  }
  if (!std::filesystem::exists(environment.home().lake())) {
    problems.Append("no data in this home yet: marquee up, or marquee import PATH");
  }
  Json channels = Json::MakeArray();
  try {
    for (const notify::ChannelSpec& each : ReadChannels(environment).channels) {
      channels.Append(StrCat(each.name, " (", each.type, ")"));
    }
  } catch (const Error& error) {
    problems.Append(error.message());
  }
  if (const std::string problem = ArtifactsProblem(environment); !problem.empty()) {
    problems.Append(problem);
  }
  return Json::MakeObject({{"version", Version()},
                           {"duckdb", lake::Engine::LibraryVersion()},
                           {"cores", AvailableCores()},
                           {"threads", environment.threads()},
                           {"simd", std::string(kernels::SimdLevel())},
                           {"simd_levels", SimdLevels()},
                           {"blas", kernels::BlasKernels()},
                           {"home", std::filesystem::absolute(root).string()},
                           {"free_bytes", free_bytes},
                           {"channels", channels},
                           {"settings", SettingsJson(environment.config())},
                           {"problems", problems}});
}

void PrintReport(const Json& report) {
  Print(StrCat("marquee  ", report.GetString("version"), "   DuckDB ", report.GetString("duckdb"),
               "\n"));
  Print(StrCat("compute  ", report.GetInt("cores"), " cores, ", report.GetInt("threads"),
               " threads, SIMD ", report.GetString("simd"),
               " (levels here: ", report.GetString("simd_levels"),
               "; force one with MARQUEE_SIMD), BLAS ", report.GetString("blas"), "\n"));
  Print(StrCat("home     ", report.GetString("home"), ", ", HumanBytes(report.GetInt("free_bytes")),
               " free\n"));
  std::vector<std::string> channels;
  for (const Json& each : report.At("channels").AsArray()) channels.push_back(each.AsString());
  Print(StrCat("notify   ", Join(channels, ", "), "\n\n"));
  TextTable settings({"setting", "value", "from"});
  for (const auto& [key, entry] : report.At("settings").AsObject()) {
    settings.Add({key, entry.GetString("value"), entry.GetString("from")});
  }
  Print(settings.ToText());
  for (const Json& problem : report.At("problems").AsArray())
    Print("! " + problem.AsString() + "\n");
}

}  // namespace

void AddDoctor(CLI::App& root, Context& context) {
  CLI::App* doctor = root.add_subcommand(
      "doctor", "Versions, CPU features, settings, free space: what works here");
  doctor->add_flag("--json", context.json, "One JSON document instead of text");
  doctor->callback([&context] {
    const Json report = Examine(context);
    context.json ? PrintJson(report) : PrintReport(report);
  });
}

}  // namespace marquee::cli
