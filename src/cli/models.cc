// marquee models: which versions there are, and which one answers.
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "app/pipeline_options.h"
#include "base/error.h"
#include "base/text.h"
#include "base/text_table.h"
#include "cli/alias.h"
#include "cli/context.h"
#include "pipelines/model_card.h"
#include "pipelines/model_store.h"
#include "pipelines/promotion.h"

namespace marquee::cli {
namespace {

struct ModelsFlags {
  std::string type;
  int64_t version = -1;
  PromotionRules rules;
  std::vector<std::string> names;  // "ials", "ials v3"
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

void Show(Context& context, const ModelsFlags& flags) {
  const ModelStore store = OpenStore(context);
  const ModelManifest manifest = store.Find(flags.type, flags.version);
  if (!context.json) return Print(ModelCard(manifest));
  PrintJson(Json::MakeObject({{"model", manifest.id.type},
                              {"version", manifest.id.version},
                              {"created", manifest.created},
                              {"code_version", manifest.code_version},
                              {"threads", manifest.threads},
                              {"bytes", store.Bytes(manifest.id)},
                              {"settings", manifest.settings},
                              {"metrics", manifest.metrics},
                              {"evaluation", manifest.evaluation},
                              {"card", ModelCard(manifest)}}));
}

void Diff(Context& context, const ModelsFlags& flags) {
  const ModelStore store = OpenStore(context);
  std::vector<ModelManifest> both;
  for (const std::string& name : flags.names) {
    const ModelVersion id = store.Named(name);
    both.push_back(store.Find(id.type, id.version));
  }
  const Json difference = DifferenceOf(both[0], both[1]);
  if (context.json) return PrintJson(difference);
  TextTable table({"", both[0].id.name(), both[1].id.name()});
  for (const auto& [name, values] : difference.AsObject()) {
    std::vector<std::string> row = {name};
    for (const Json& value : values.AsArray())
      row.push_back(value.is_null() ? "-" : value.is_string() ? value.AsString() : value.Dump());
    table.Add(std::move(row));
  }
  Print(difference.size() > 0 ? table.ToText() : "no difference\n");
}

void Publish(Context& context, const ModelsFlags& flags) {
  ModelStore store = OpenStore(context);
  const ModelVersion champion = store.Find(flags.type, flags.version).id;
  const std::optional<Published> old = store.ReadPublished();
  const ModelVersion fallback = old ? old->fallback : store.Find("most-popular", -1).id;
  store.Publish(champion, fallback);
  PointAlias(context, store);
  Print(StrCat(champion.name(), " is published: servers of this home try it and take it up\n"));
}

PromotionOptions OptionsOf(const Environment& environment, const PromotionRules& flags) {
  PromotionRules rules = PromotionRulesOf(environment);
  rules.protocol = flags.protocol;
  rules.metric = flags.metric;
  return {environment.clock(), std::move(rules), environment.min_rating(), environment.threads()};
}

void Promote(Context& context, const ModelsFlags& flags) {
  ModelStore store = OpenStore(context);
  Environment& environment = context.environment();
  const ModelVersion candidate = store.Find(flags.type, flags.version).id;
  const auto session = environment.engine().NewSession();
  const PromotionReport report =
      JudgePromotion({*session, environment.lake(), store}, candidate,
                     OptionsOf(environment, flags.rules), context.progress, context.cancel);
  context.progress.Finish();
  context.json ? PrintJson(report.ToJson()) : Print(report.ToText());
  if (!report.passed()) {
    throw Error(Code::kFailedPrecondition, candidate.name() + " is not promoted",
                StrCat("its reasons stand above; marquee models publish ", flags.type,
                       " --version ", candidate.version, " lets it answer all the same"));
  }
  const std::optional<Published> old = store.ReadPublished();
  store.Publish(candidate, old ? old->fallback : candidate);
  PointAlias(context, store);
  if (!context.json)
    Print(StrCat(candidate.name(), " is the champion: servers of this home take it up\n"));
}

void RollBack(Context& context) {
  ModelStore store = OpenStore(context);
  const std::optional<Published> published = store.ReadPublished();
  if (!published || !published->previous) {
    throw Error(Code::kFailedPrecondition, "there is no champion before this one",
                "see: marquee models list");
  }
  store.Publish(*published->previous, published->fallback);
  PointAlias(context, store);
  Print(StrCat(published->previous->name(), " is published again: servers take it up\n"));
}

void AddVersion(CLI::App& command, ModelsFlags& flags) {
  command.add_option("model", flags.type, "Its type: ials")->required();
  command.add_option("--version", flags.version, "Default: the newest");
}

}  // namespace

void AddModels(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<ModelsFlags>();
  CLI::App& models = *root.add_subcommand("models", "Trained versions, and which one answers");
  models.require_subcommand(1);
  models.fallthrough();
  models.add_flag("--json", context.json, "One JSON document instead of text");
  models.add_subcommand("list", "All versions")->callback([&context] { ListModels(context); });
  CLI::App* show = models.add_subcommand("show", "The card of a version, as Markdown");
  AddVersion(*show, *flags);
  show->callback([&context, flags] { Show(context, *flags); });
  CLI::App* diff = models.add_subcommand("diff", "What tells two versions apart");
  diff->add_option("models", flags->names, "Two of them: 'ials v1' 'ials v2'")
      ->required()
      ->expected(2);
  diff->callback([&context, flags] { Diff(context, *flags); });
  CLI::App* publish = models.add_subcommand("publish", "Let a version answer");
  AddVersion(*publish, *flags);
  publish->callback([&context, flags] { Publish(context, *flags); });
  CLI::App* promote = models.add_subcommand(
      "promote", "Let a version answer if it is better by more than chance, quick and small");
  AddVersion(*promote, *flags);
  promote->add_option("--protocol", flags->rules.protocol, "How both are compared")
      ->capture_default_str();
  promote->add_option("--metric", flags->rules.metric, "By what; more is better")
      ->capture_default_str();
  promote->callback([&context, flags] { Promote(context, *flags); });
  models.add_subcommand("rollback", "Let the champion before this one answer again")
      ->callback([&context] { RollBack(context); });
}

}  // namespace marquee::cli
