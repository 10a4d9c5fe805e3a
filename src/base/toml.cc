#include "base/toml.h"

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace marquee {
namespace {

Json ToJson(const toml::node& node) {
  if (const toml::table* table = node.as_table()) {
    Json object = Json::MakeObject();
    for (const auto& [key, value] : *table) object[key.str()] = ToJson(value);
    return object;
  }
  if (const toml::array* array = node.as_array()) {
    Json list = Json::MakeArray();
    for (const toml::node& value : *array) list.Append(ToJson(value));
    return list;
  }
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* whole = node.as_integer()) return whole->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  std::ostringstream text;
  node.visit([&](const auto& value) {
    if constexpr (toml::is_chronological<decltype(value)>) text << value.get();
  });
  return text.str();
}

void AddLines(const toml::node& node, const std::string& path, TomlDocument* document) {
  if (const toml::table* table = node.as_table()) {
    for (const auto& [key, value] : *table) {
      const std::string below =
          path.empty() ? std::string(key.str()) : StrCat(path, ".", key.str());
      document->lines[below] = static_cast<int>(key.source().begin.line);
      AddLines(value, below, document);
    }
  } else if (const toml::array* array = node.as_array()) {
    size_t i = 0;
    for (const toml::node& value : *array) {
      const std::string below = StrCat(path, "[", i++, "]");
      document->lines[below] = static_cast<int>(value.source().begin.line);
      AddLines(value, below, document);
    }
  }
}

toml::table ParseFile(const std::filesystem::path& file) {
  const std::string text = ReadFile(file);
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw Error(Code::kInvalidArgument, StrCat(file.string(), " line ", error.source().begin.line,
                                               ": ", error.description()));
  }
}

}  // namespace

Json ReadTomlFile(const std::filesystem::path& file) { return ToJson(ParseFile(file)); }

std::string TomlDocument::Where(std::string_view path) const {
  while (true) {
    if (const auto found = lines.find(path); found != lines.end()) {
      return StrCat(file.string(), " line ", found->second);
    }
    const size_t cut = path.find_last_of(".[");
    if (cut == std::string_view::npos) return StrCat(file.string(), " line 1");
    path = path.substr(0, cut);
  }
}

TomlDocument ReadTomlDocument(const std::filesystem::path& file) {
  const toml::table table = ParseFile(file);
  TomlDocument document{.file = file, .value = ToJson(table), .lines = {}};
  AddLines(table, "", &document);
  return document;
}

}  // namespace marquee
