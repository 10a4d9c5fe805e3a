// Settings by key, with a declared schema. Order: defaults < marquee.toml < environment
// (MARQUEE_SECTION_KEY) < flags.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace marquee {

// Where a search for good values of a number looks: a part of what the setting takes.
struct SearchRange {
  double lo;
  double hi;
  bool log = false;  // evenly on a logarithmic scale; lo > 0
};

// One setting. The type of `fallback`'s text: what the value must parse as.
struct SettingSpec {
  enum class Type { kText, kInt, kNumber, kBool, kBytes };

  std::string key;  // "section.name", lower case
  Type type;
  std::string fallback;
  std::string doc;  // one line: what it does, when to change it
  double min = -1e300;
  double max = 1e300;
  std::vector<std::string> choices = {};   // of a text; none: any text
  std::optional<SearchRange> search = {};  // none: not worth a search
  bool secret = false;                     // never shown
};

// Immutable after loading, so thread-safe. Every value has been checked against its spec.
class Config {
 public:
  // Reads `file` when it exists. `env` looks up an environment variable. `flags` are key=value
  // pairs. Throws invalid_argument for an unknown key (naming the nearest one), a value of the
  // wrong type or out of range, or a broken file (with the line).
  static Config Load(std::span<const SettingSpec> schema, const std::filesystem::path& file,
                     const std::function<const char*(const char*)>& env,
                     const std::vector<std::string>& flags);

  // REQUIRES: `key` is in the schema, with that type.
  std::string Text(std::string_view key) const;
  int64_t Int(std::string_view key) const;
  double Number(std::string_view key) const;
  bool Bool(std::string_view key) const;
  int64_t Bytes(std::string_view key) const;

  // The value as reports may have it: "..." for a secret that is set.
  std::string Shown(std::string_view key) const;
  // Where the value came from: "default", "marquee.toml", "environment" or "flag".
  const std::string& Origin(std::string_view key) const;
  std::vector<std::string> Keys() const;

 private:
  struct Value {
    std::string text;
    std::string origin;
    bool secret = false;
  };
  const Value& Get(std::string_view key) const;

  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace marquee
