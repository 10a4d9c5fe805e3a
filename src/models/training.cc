#include "models/training.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "kernels/top_k.h"

namespace marquee {
namespace {

constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();

// The number in a one-line file of a control group; nothing for "max" or where there is none.
std::optional<int64_t> ReadNumber(const char* path) {
  std::ifstream in(path);
  std::string text;
  if (!std::getline(in, text)) return std::nullopt;
  return ParseInt(Trim(text));
}

// The number after `name` in a file of lines "name number ...".
std::optional<int64_t> ReadNumberOf(const char* path, std::string_view name) {
  std::ifstream in(path);
  std::string word;
  int64_t number = 0;
  while (in >> word >> number) {
    if (word == name) return number;
    in.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

int64_t FreeOfMachine() {
  const std::optional<int64_t> kib = ReadNumberOf("/proc/meminfo", "MemAvailable:");
  return kib ? *kib * 1024 : kUnlimited;
}

// Cached files count as used there, but give way.
int64_t FreeOfGroup() {
  const std::optional<int64_t> limit = ReadNumber("/sys/fs/cgroup/memory.max");
  const std::optional<int64_t> used = ReadNumber("/sys/fs/cgroup/memory.current");
  if (!limit || !used) return kUnlimited;
  constexpr const char* kStatistics = "/sys/fs/cgroup/memory.stat";
  const int64_t cached = ReadNumberOf(kStatistics, "inactive_file").value_or(0) +
                         ReadNumberOf(kStatistics, "active_file").value_or(0);
  return std::max<int64_t>(0, *limit - *used + cached);
}

bool Better(const ScoredItem& a, const ScoredItem& b) {
  return a.score != b.score ? a.score > b.score : a.item < b.item;
}

}  // namespace

void ThrowIfStopped(const TrainObserver& observer, std::string_view model_type) {
  if (observer.ShouldStop())
    throw Error(Code::kCancelled, StrCat("training of ", model_type, " was stopped"));
}

void RequireInteractions(const Interactions& data, std::string_view model_type) {
  if (data.nnz() > 0) return;
  throw Error(Code::kInvalidArgument,
              StrCat("cannot train ", model_type, ": the data has no interactions"),
              "import a data set first: marquee import PATH");
}

void RequireRange(std::string_view name, double value, double min, double max) {
  if (value >= min && value <= max) return;
  throw Error(Code::kInvalidArgument, StrCat(name, " is ", value, ": must be ", min, " to ", max));
}

void RequireChoice(std::string_view name, std::string_view value,
                   const std::vector<std::string>& choices) {
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return;
  throw Error(Code::kInvalidArgument,
              StrCat(name, " is '", value, "': must be one of: ", Join(choices, ", ")));
}

int64_t AvailableMemoryBytes() { return std::min(FreeOfMachine(), FreeOfGroup()); }

std::vector<ScoredItem> BestItems(std::span<const float> scores, int32_t excluded, int k) {
  const std::span<const int32_t> left_out(&excluded, excluded >= 0 ? 1 : 0);
  std::vector<ScoredItem> items;
  for (const auto& [item, score] :
       kernels::TopK(scores, static_cast<size_t>(std::max(k, 0)), left_out))
    items.push_back({item, score});
  return items;
}

std::vector<ScoredItem> Largest(std::vector<ScoredItem> items, int k) {
  const auto count = std::min(items.size(), static_cast<size_t>(std::max(k, 0)));
  std::partial_sort(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count), items.end(),
                    Better);
  items.resize(count);
  return items;
}

}  // namespace marquee
