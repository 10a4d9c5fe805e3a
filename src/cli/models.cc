// marquee models: which versions there are, and which one answers.
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "base/text_table.h"
#include "cli/context.h"
#include "pipelines/model_store.h"

namespace marquee::cli {
namespace {

struct ModelsFlags {
  std::string type;
  int64_t version = -1;
};

ModelStore OpenStore(Context& context) {
  Environment& environment = context.loaded_environment();
  return ModelStore(environment.home().models(), environment.clock());
}

std::string Role(const std::optional<Published>& published, const ModelVersion& id) {
  if (!published) return "";
  if (published->champion == id) return "champion";
  if (published->fallback == id) return "fallback";
  return published->previous == id ? "previous" : "";
}

void ListModels(Context& context) {
  const ModelStore store = OpenStore(context);
  const std::optional<Published> published = store.ReadPublished();
  Json json = Json::MakeArray();
  TextTable table({"model", "version", "created", "role", "settings"});
  for (const ModelManifest& manifest : store.List()) {
    const std::string role = Role(published, manifest.id);
    json.Append(Json::MakeObject({{"model", manifest.id.type},
                                  {"version", manifest.id.version},
                                  {"created", manifest.created},
                                  {"role", role.empty() ? Json() : Json(role)},
                                  {"settings", manifest.settings},
                                  {"metrics", manifest.metrics}}));
    table.Add({manifest.id.type, std::to_string(manifest.id.version), manifest.created, role,
               manifest.settings.Dump()});
  }
  context.json ? PrintJson(json) : Print(table.ToText(0, 80));
}

void Publish(Context& context, const ModelsFlags& flags) {
  ModelStore store = OpenStore(context);
  const ModelVersion champion = store.Find(flags.type, flags.version).id;
  const std::optional<Published> old = store.ReadPublished();
  const ModelVersion fallback = old ? old->fallback : store.Find("most-popular", -1).id;
  store.Publish(champion, fallback);
  Print(StrCat(champion.name(), " is published: servers of this home try it and take it up\n"));
}

void RollBack(Context& context) {
  ModelStore store = OpenStore(context);
  const std::optional<Published> published = store.ReadPublished();
  if (!published || !published->previous) {
    throw Error(Code::kFailedPrecondition, "there is no champion before this one",
                "see: marquee models list");
  }
  store.Publish(*published->previous, published->fallback);
  Print(StrCat(published->previous->name(), " is published again: servers take it up\n"));
}

}  // namespace

void AddModels(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<ModelsFlags>();
  CLI::App& models = *root.add_subcommand("models", "Trained versions, and which one answers");
  models.require_subcommand(1);
  models.fallthrough();
  models.add_flag("--json", context.json, "One JSON document instead of text");
  models.add_subcommand("list", "All versions")->callback([&context] { ListModels(context); });
  CLI::App* publish = models.add_subcommand("publish", "Let a version answer");
  publish->add_option("model", flags->type, "Its type: ials")->required();
  publish->add_option("--version", flags->version, "Default: the newest");
  publish->callback([&context, flags] { Publish(context, *flags); });
  models.add_subcommand("rollback", "Let the champion before this one answer again")
      ->callback([&context] { RollBack(context); });
}

}  // namespace marquee::cli
