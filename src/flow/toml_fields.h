// The values of one table of a TOML file, read once each, with the place of a mistake.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/toml.h"

namespace marquee::flow {

// Not thread-safe. Every call throws invalid_argument with file, line and the path of the key.
class TomlFields {
 public:
  // `what`: "DAG", "task". REQUIRES: `document` outlives it, and `table` is of it.
  TomlFields(const TomlDocument& document, const Json& table, std::string path, std::string what);

  bool Has(std::string_view key) const;
  std::string Text(std::string_view key, std::string fallback = {});
  std::string RequiredText(std::string_view key);
  bool Bool(std::string_view key, bool fallback);
  int64_t Int(std::string_view key, int64_t fallback, int64_t min, int64_t max);
  // "5m" in milliseconds.
  int64_t Duration(std::string_view key, int64_t fallback_ms);
  int64_t Bytes(std::string_view key);
  std::optional<int64_t> Time(std::string_view key);
  // A list of texts; one text counts as a list of one.
  std::vector<std::string> Texts(std::string_view key);
  // An object; an empty one when it is absent.
  const Json& Table(std::string_view key);
  // The value as it is; null when it is absent.
  const Json* Value(std::string_view key);

  // Refuses what none of the calls above asked for.
  void RefuseUnknown() const;
  [[noreturn]] void Refuse(std::string_view key, std::string_view message,
                           std::string_view hint = {}) const;
  // Runs `read`; what it throws gets file and line of `key`.
  void At(std::string_view key, const std::function<void()>& read) const;
  std::string PathOf(std::string_view key) const;
  const TomlDocument& document() const { return document_; }

 private:
  [[noreturn]] void RefuseType(std::string_view key, std::string_view wanted) const;

  const TomlDocument& document_;
  const Json& table_;
  const std::string path_;
  const std::string what_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace marquee::flow
