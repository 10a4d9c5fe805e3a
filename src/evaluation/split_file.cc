#include "evaluation/split_file.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "base/check.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace marquee {
namespace {

// Calls read(fields) for each line that is not empty; it returns whether the line made sense.
template <typename Read>
void ReadLines(const std::filesystem::path& path, std::string_view wanted, const Read& read) {
  const std::string text = ReadFile(path);
  size_t number = 0;
  for (std::string_view line : Split(text, "\n")) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || read(Split(line, "\t"))) continue;
    throw Error(
        Code::kInvalidArgument,
        StrCat(path.string(), " line ", number, ": '", line.substr(0, 60), "' is not ", wanted),
        "take the files as they were published");
  }
}

// "(3,14)" as 3 and 14.
std::optional<std::pair<int64_t, int64_t>> ParsePair(std::string_view text) {
  if (!text.starts_with('(') || !text.ends_with(')')) return std::nullopt;
  const auto parts = Split(text.substr(1, text.size() - 2), ",");
  if (parts.size() != 2) return std::nullopt;
  const auto user = ParseInt(parts[0]), item = ParseInt(parts[1]);
  if (!user || !item) return std::nullopt;
  return std::pair(*user, *item);
}

}  // namespace

std::vector<FileRating> ReadRatingFile(const std::filesystem::path& path) {
  std::vector<FileRating> ratings;
  ReadLines(path, "user, item, rating and time with tabs between", [&](const auto& fields) {
    if (fields.size() != 4) return false;
    const auto user = ParseInt(fields[0]), item = ParseInt(fields[1]);
    const auto value = ParseDouble(fields[2]), time = ParseDouble(fields[3]);
    if (!user || !item || !value || !time || std::abs(*time) > 1e15) return false;
    ratings.push_back({*user, *item, static_cast<float>(*value), static_cast<int64_t>(*time)});
    return true;
  });
  return ratings;
}

std::vector<FileNegatives> ReadNegativesFile(const std::filesystem::path& path) {
  std::vector<FileNegatives> lines;
  ReadLines(path, "(user,item) and items with tabs between", [&](const auto& fields) {
    const auto pair = ParsePair(fields[0]);
    if (!pair || fields.size() < 2) return false;
    FileNegatives line{pair->first, pair->second, {}};
    for (size_t i = 1; i < fields.size(); ++i) {
      const auto item = ParseInt(fields[i]);
      if (!item) return false;
      line.negatives.push_back(*item);
    }
    lines.push_back(std::move(line));
    return true;
  });
  return lines;
}

NumberedIds::NumberedIds(std::vector<int64_t> ids) : ids_(std::move(ids)) {
  std::sort(ids_.begin(), ids_.end());
  ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
}

int32_t NumberedIds::Row(int64_t id) const {
  const auto found = std::lower_bound(ids_.begin(), ids_.end(), id);
  MARQUEE_CHECK(found != ids_.end() && *found == id);
  return static_cast<int32_t>(found - ids_.begin());
}

Interactions ToInteractions(const std::vector<FileRating>& ratings, const NumberedIds& users,
                            const NumberedIds& items) {
  InteractionsBuilder builder;
  for (const int64_t user : users.ids()) builder.AddUser(StrCat(user));
  for (const int64_t item : items.ids()) builder.AddItem(StrCat(item));
  builder.Reserve(static_cast<int64_t>(ratings.size()));
  for (const FileRating& rating : ratings) {
    builder.Add(users.Row(rating.user), items.Row(rating.item), rating.value, rating.time_s);
  }
  return builder.Build();
}

}  // namespace marquee
