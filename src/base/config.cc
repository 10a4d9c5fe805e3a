#include "base/config.h"

#include <algorithm>
#include <cctype>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"
#include "base/toml.h"

namespace marquee {
namespace {

const SettingSpec* FindSpec(std::span<const SettingSpec> schema, std::string_view key) {
  const auto found = std::find_if(schema.begin(), schema.end(),
                                  [&](const SettingSpec& spec) { return spec.key == key; });
  return found == schema.end() ? nullptr : &*found;
}

const SettingSpec& RequireSpec(std::span<const SettingSpec> schema, std::string_view key,
                               std::string_view origin) {
  if (const SettingSpec* spec = FindSpec(schema, key)) return *spec;
  std::vector<std::string> names;
  for (const SettingSpec& spec : schema) names.push_back(spec.key);
  throw Error(Code::kInvalidArgument,
              StrCat(origin, ": unknown setting '", key, "'", DidYouMean(key, names)),
              "known settings: " + Join(names, ", "));
}

void CheckRange(const SettingSpec& spec, std::optional<double> value, std::string_view text,
                std::string_view origin, std::string_view kind) {
  if (!value) {
    throw Error(Code::kInvalidArgument,
                StrCat(origin, ": ", spec.key, " is '", text, "': must be ", kind), spec.doc);
  }
  if (*value < spec.min || *value > spec.max) {
    throw Error(
        Code::kInvalidArgument,
        StrCat(origin, ": ", spec.key, " is ", text, ": must be ", spec.min, " to ", spec.max),
        spec.doc);
  }
}

void CheckValue(const SettingSpec& spec, std::string_view text, std::string_view origin) {
  switch (spec.type) {
    case SettingSpec::Type::kText:
      if (spec.choices.empty() || std::ranges::find(spec.choices, text) != spec.choices.end())
        return;
      throw Error(Code::kInvalidArgument,
                  StrCat(origin, ": ", spec.key, " is '", text,
                         "': must be one of: ", Join(spec.choices, ", ")),
                  spec.doc);
    case SettingSpec::Type::kInt: {
      const std::optional<int64_t> value = ParseInt(text);
      CheckRange(spec, value ? std::optional<double>(static_cast<double>(*value)) : std::nullopt,
                 text, origin, "a whole number");
      return;
    }
    case SettingSpec::Type::kNumber:
      CheckRange(spec, ParseDouble(text), text, origin, "a number");
      return;
    case SettingSpec::Type::kBool:
      if (text != "true" && text != "false") {
        throw Error(Code::kInvalidArgument,
                    StrCat(origin, ": ", spec.key, " is '", text, "': must be true or false"),
                    spec.doc);
      }
      return;
    case SettingSpec::Type::kBytes: {
      const int64_t bytes = ParseBytes(text, StrCat(origin, ": ", spec.key));
      CheckRange(spec, static_cast<double>(bytes), text, origin, "a size");
      return;
    }
  }
}

// The leaves of a settings file as "section.key" -> text.
void Flatten(const Json& table, const std::string& prefix, const std::string& file,
             std::vector<std::pair<std::string, std::string>>* out) {
  for (const auto& [name, value] : table.AsObject()) {
    const std::string key = prefix + name;
    if (value.is_object()) {
      Flatten(value, key + ".", file, out);
    } else if (value.is_array()) {
      throw Error(Code::kInvalidArgument,
                  StrCat(file, ": ", key, " must be text, a number or true/false"));
    } else {
      out->emplace_back(key, value.is_string() ? value.AsString() : value.Dump());
    }
  }
}

std::string EnvironmentName(std::string_view key) {
  std::string name = "MARQUEE_";
  for (const char c : key)
    name.push_back(c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  return name;
}

}  // namespace

Config Config::Load(std::span<const SettingSpec> schema, const std::filesystem::path& file,
                    const std::function<const char*(const char*)>& env,
                    const std::vector<std::string>& flags) {
  Config config;
  const auto set = [&](std::string_view key, std::string text, std::string_view origin,
                       std::string_view shown_origin) {
    const SettingSpec& spec = RequireSpec(schema, key, shown_origin);
    CheckValue(spec, text, shown_origin);
    config.values_.insert_or_assign(std::string(key),
                                    Value{std::move(text), std::string(origin), spec.secret});
  };
  for (const SettingSpec& spec : schema) set(spec.key, spec.fallback, "default", "default");
  if (std::filesystem::exists(file)) {
    std::vector<std::pair<std::string, std::string>> entries;
    Flatten(ReadTomlFile(file), "", file.string(), &entries);
    for (auto& [key, text] : entries) set(key, std::move(text), "marquee.toml", file.string());
  }
  for (const SettingSpec& spec : schema) {
    const std::string name = EnvironmentName(spec.key);
    if (const char* text = env(name.c_str())) set(spec.key, text, "environment", name);
  }
  for (const std::string& flag : flags) {
    const size_t equals = flag.find('=');
    if (equals == std::string::npos) {
      throw Error(Code::kInvalidArgument, StrCat("setting '", flag, "' has no value"),
                  "write it as section.key=value");
    }
    set(std::string_view(flag).substr(0, equals), flag.substr(equals + 1), "flag", "flag");
  }
  return config;
}

const Config::Value& Config::Get(std::string_view key) const {
  const auto found = values_.find(key);
  MARQUEE_CHECK(found != values_.end());
  return found->second;
}

std::string Config::Text(std::string_view key) const { return Get(key).text; }
std::string Config::Shown(std::string_view key) const {
  const Value& value = Get(key);
  return value.secret && !value.text.empty() ? "..." : value.text;
}
int64_t Config::Int(std::string_view key) const { return ParseInt(Get(key).text).value(); }
double Config::Number(std::string_view key) const { return ParseDouble(Get(key).text).value(); }
bool Config::Bool(std::string_view key) const { return Get(key).text == "true"; }
int64_t Config::Bytes(std::string_view key) const { return ParseBytes(Get(key).text, key); }
const std::string& Config::Origin(std::string_view key) const { return Get(key).origin; }

std::vector<std::string> Config::Keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : values_) keys.push_back(key);
  return keys;
}

}  // namespace marquee
