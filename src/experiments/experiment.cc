#include "experiments/experiment.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/json_fields.h"
#include "base/text.h"

namespace marquee {
namespace {

const std::array<std::string, 10> kExperimentFields = {
    "name",  "kind", "metric",       "share",           "arms",
    "start", "end",  "window_hours", "expected_effect", "alpha"};
const std::array<std::string, 4> kArmFields = {"name", "weight", "model", "diversity"};

// [0, 1), from the first 52 bits of SHA-256.
double UniformOf(std::string_view experiment, std::string_view purpose, std::string_view user_id) {
  const std::string hex =
      HashHex(HashKind::kSha256, StrCat(experiment, "\n", purpose, "\n", user_id));
  return static_cast<double>(std::stoull(hex.substr(0, 13), nullptr, 16)) * 0x1p-52;
}

double NumberField(const Json& json, std::string_view field, double fallback, double min,
                   double max) {
  const Json* value = GivenField(json, field);
  if (value == nullptr) return fallback;
  const std::string wanted = StrCat("a number from ", min, " to ", max);
  if (!value->is_number()) RefuseField(field, *value, wanted);
  const double number = value->AsDouble();
  if (!(number >= min && number <= max)) RefuseField(field, *value, wanted);
  return number;
}

std::string NameField(const Json& json) {
  const Json& value = json.At("name");
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  if (!value.is_string() || value.AsString().empty() || value.AsString().size() > 64 ||
      !std::ranges::all_of(value.AsString(), good)) {
    RefuseField("name", value, "1 to 64 letters, digits, '-' and '_'");
  }
  return value.AsString();
}

int64_t TimeField(const Json& json, std::string_view field, int64_t fallback) {
  const Json* value = GivenField(json, field);
  if (value == nullptr) return fallback;
  std::optional<int64_t> time_ms;
  if (value->is_string()) {
    const std::string& text = value->AsString();
    time_ms = ParseUtc(text.size() == 10 ? text + "T00:00:00Z" : text);
  }
  if (!time_ms) RefuseField(field, *value, "UTC text: 2024-01-31 or 2024-01-31T08:00:00Z");
  return *time_ms;
}

// The place of the text in `choices`; the first without one.
size_t ChoiceField(const Json& json, std::string_view field, std::span<const std::string> choices) {
  const Json* value = GivenField(json, field);
  if (value == nullptr) return 0;
  const auto found =
      value->is_string() ? std::ranges::find(choices, value->AsString()) : choices.end();
  if (found == choices.end()) RefuseField(field, *value, "one of " + Join(choices, ", "));
  return static_cast<size_t>(found - choices.begin());
}

Arm ArmFromJson(const Json& json) {
  RequireObject("an arm", json, kArmFields);
  Arm arm;
  arm.name = NameField(json);
  arm.weight = NumberField(json, "weight", 1, 1e-6, 1e6);
  arm.model = json.GetString("model");
  if (GivenField(json, "diversity") != nullptr)
    arm.diversity = NumberField(json, "diversity", 0, 0, 1);
  return arm;
}

void CheckArms(const Experiment& experiment) {
  std::set<std::string_view> names;
  for (const Arm& arm : experiment.arms) {
    if (names.insert(arm.name).second) continue;
    throw Error(Code::kInvalidArgument, StrCat("two arms are named '", arm.name, "'"),
                "give each arm a name of its own");
  }
  if (experiment.arms.size() < 2 || experiment.arms.size() > 20) {
    throw Error(Code::kInvalidArgument,
                StrCat("there are ", experiment.arms.size(), " arms: must be 2 to 20"),
                "the first is the control, the others are compared with it");
  }
}

Experiment ExperimentFromJson(const Json& json) {
  static const std::array<std::string, 2> kKinds = {"split", "interleaving"};
  static const std::array<std::string, 2> kMetrics = {"conversion", "positives"};
  RequireObject("an experiment", json, kExperimentFields);
  Experiment experiment;
  experiment.name = NameField(json);
  experiment.kind = static_cast<Experiment::Kind>(ChoiceField(json, "kind", kKinds));
  experiment.metric = static_cast<Experiment::Metric>(ChoiceField(json, "metric", kMetrics));
  experiment.share = NumberField(json, "share", experiment.share, 0, 1);
  for (const Json& arm : json.At("arms").AsArray()) experiment.arms.push_back(ArmFromJson(arm));
  CheckArms(experiment);
  experiment.start_ms = TimeField(json, "start", experiment.start_ms);
  experiment.end_ms = TimeField(json, "end", experiment.end_ms);
  experiment.window_hours = NumberField(json, "window_hours", experiment.window_hours, .01, 8760);
  experiment.expected_effect =
      NumberField(json, "expected_effect", experiment.expected_effect, 1e-6, 1e6);
  experiment.alpha = NumberField(json, "alpha", experiment.alpha, 1e-6, .5);
  return experiment;
}

const Arm& DrawnArm(const Experiment& experiment, std::string_view user_id) {
  double all = 0;
  for (const Arm& arm : experiment.arms) all += arm.weight;
  double left = UniformOf(experiment.name, "arm", user_id) * all;
  for (const Arm& arm : experiment.arms) {
    left -= arm.weight;
    if (left < 0) return arm;
  }
  return experiment.arms.back();  // rounding
}

Assignment Within(const Experiment& experiment, std::string_view user_id) {
  if (experiment.kind == Experiment::Kind::kInterleaving) return {&experiment, nullptr};
  return {&experiment, &DrawnArm(experiment, user_id)};
}

}  // namespace

const Arm& Experiment::ArmNamed(std::string_view arm) const {
  std::vector<std::string> names;
  for (const Arm& one : arms) {
    if (one.name == arm) return one;
    names.push_back(one.name);
  }
  throw Error(Code::kNotFound, StrCat("experiment '", name, "' has no arm '", arm, "'"),
              "its arms: " + Join(names, ", "));
}

Experiments Experiments::FromJson(const Json& json) {
  static const std::array<std::string, 1> kFields = {"experiment"};
  RequireObject("the file of experiments", json, kFields);
  Experiments experiments;
  const Json* list = GivenField(json, "experiment");
  if (list == nullptr) return experiments;
  if (!list->is_array()) RefuseField("experiment", *list, "a list of tables: [[experiment]]");
  for (const Json& entry : list->AsArray()) {
    const std::string name = entry.is_object() ? entry.GetString("name") : "";
    try {
      experiments.all_.push_back(ExperimentFromJson(entry));
    } catch (const Error& error) {
      throw Error(Code::kInvalidArgument, StrCat("experiment '", name, "': ", error.message()),
                  error.hint());
    }
    if (std::ranges::count(experiments.all_, name, &Experiment::name) > 1) {
      throw Error(Code::kInvalidArgument, StrCat("two experiments are named '", name, "'"),
                  "give each a name of its own");
    }
  }
  return experiments;
}

std::optional<Assignment> Experiments::Assign(std::string_view user_id, int64_t now_ms) const {
  for (const Experiment& experiment : all_) {
    if (experiment.running(now_ms) &&
        UniformOf(experiment.name, "share", user_id) < experiment.share) {
      return Within(experiment, user_id);
    }
  }
  return std::nullopt;
}

Assignment Experiments::Override(std::string_view text) const {
  const size_t colon = text.find(':');
  const Experiment& experiment = Named(text.substr(0, colon));
  const bool split = experiment.kind == Experiment::Kind::kSplit;
  if (split != (colon != std::string_view::npos)) {
    throw Error(Code::kInvalidArgument, StrCat("experiment is '", text, "'"),
                split ? "name its arm too: NAME:ARM" : "interleaving has no arm: NAME alone");
  }
  return {&experiment, split ? &experiment.ArmNamed(text.substr(colon + 1)) : nullptr};
}

const Experiment& Experiments::Named(std::string_view name) const {
  const auto found = std::ranges::find(all_, name, &Experiment::name);
  if (found != all_.end()) return *found;
  std::vector<std::string> names;
  for (const Experiment& experiment : all_) names.push_back(experiment.name);
  throw Error(Code::kNotFound, StrCat("no experiment '", name, "'"),
              names.empty() ? "declare it in experiments.toml" : "there are: " + Join(names, ", "));
}

}  // namespace marquee
