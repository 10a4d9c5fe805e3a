#include "flow/datasets.h"

#include <fstream>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace marquee::flow {
namespace {

constexpr size_t kMostDatasetBytes = size_t{1} << 20;

// What stands in `line` under "input" or "output", with a name; null otherwise.
const Json* DatasetIn(const Json& line, const char* direction) {
  const Json* const dataset = line.is_object() ? line.Find(direction) : nullptr;
  const bool named = dataset != nullptr && dataset->is_object() &&
                     dataset->Find("name") != nullptr && dataset->Find("name")->is_string() &&
                     !dataset->GetString("name").empty();
  return named ? dataset : nullptr;
}

bool AddLine(std::string_view text, std::set<std::string>* seen, Json* datasets) {
  try {
    const Json line = Json::Parse(text);
    for (const auto& [direction, list] : {std::pair("input", "inputs"), {"output", "outputs"}}) {
      const Json* const dataset = DatasetIn(line, direction);
      if (dataset == nullptr) continue;
      if (seen->insert(StrCat(direction, dataset->Dump())).second) {
        (*datasets)[list].Append(*dataset);
      }
      return true;
    }
  } catch (const Error&) {
    // Not even JSON.
  }
  return false;
}

}  // namespace

Json ReadDatasets(const std::filesystem::path& file, std::string* problem) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Json();
  std::string text(kMostDatasetBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  const bool all = text.size() <= kMostDatasetBytes;
  // What comes after, a line that was cut too, is left out.
  if (!all) text.resize(text.rfind('\n', kMostDatasetBytes) + 1);
  Json datasets = Json::MakeObject({{"inputs", Json::MakeArray()}, {"outputs", Json::MakeArray()}});
  std::set<std::string> seen;
  int bad = 0;
  for (const std::string_view line : Split(text, "\n")) {
    if (!Trim(line).empty() && !AddLine(line, &seen, &datasets)) ++bad;
  }
  if (bad > 0) {
    *problem = StrCat(bad, " lines of ", file.string(),
                      " name no dataset: they must be as {\"output\": {\"name\": \"...\"}}");
  } else if (!all) {
    *problem = StrCat(file.string(), " is longer than 1 MiB: the rest is left out");
  }
  return seen.empty() ? Json() : datasets;
}

}  // namespace marquee::flow
