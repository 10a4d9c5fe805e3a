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

}  // namespace

Json ReadTomlFile(const std::filesystem::path& file) {
  const std::string text = ReadFile(file);
  try {
    return ToJson(toml::parse(text));
  } catch (const toml::parse_error& error) {
    throw Error(Code::kInvalidArgument, StrCat(file.string(), " line ", error.source().begin.line,
                                               ": ", error.description()));
  }
}

}  // namespace marquee
