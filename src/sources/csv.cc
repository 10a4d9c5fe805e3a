#include "sources/csv.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "sources/movielens.h"
#include "sources/table.h"

namespace marquee::sources {
namespace {

struct Key {
  const char* name;
  bool required;
  std::vector<std::string> usual;  // header names taken for it without a mapping, normalized
};

const std::vector<Key>& Keys() {
  static const std::vector<Key> keys = {
      {"user", true, {"user", "userid", "customerid", "reviewerid"}},
      {"item", true, {"item", "itemid", "movieid", "movie", "filmid", "showid"}},
      {"rating", false, {"rating", "score", "stars"}},
      {"timestamp", false, {"timestamp", "time", "ratedat", "unixtime", "date"}},
      {"title", false, {"title", "movietitle", "itemtitle"}},
      {"genres", false, {"genres", "genre"}},
      {"year", false, {"year", "releaseyear", "releasedate"}},
  };
  return keys;
}

// Without regard to case and word separators: userId = user_id = "User ID".
std::string Normalized(std::string_view name) {
  std::string text = AsciiLower(name);
  std::erase_if(text, [](char c) { return c == '_' || c == '-' || c == ' ' || c == '.'; });
  return text;
}

char FrequentSeparator(const FileTree& files, const std::string& file) {
  const std::string text = ReadPrefix(*files.Open(file), 64 << 10);
  const std::string_view line = std::string_view(text).substr(0, text.find('\n'));
  constexpr std::string_view kCandidates = ",;\t|";
  return *std::max_element(kCandidates.begin(), kCandidates.end(), [&](char a, char b) {
    return std::count(line.begin(), line.end(), a) < std::count(line.begin(), line.end(), b);
  });
}

void CheckMappingKeys(const std::map<std::string, std::string>& mapping) {
  std::vector<std::string> known;
  for (const Key& key : Keys()) known.push_back(key.name);
  for (const auto& [key, column] : mapping) {
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw Error(Code::kInvalidArgument,
                  StrCat("unknown mapping key '", key, "'", DidYouMean(key, known)),
                  StrCat("the keys are ", Join(known, ", ")));
  }
}

class CsvMapper {
 public:
  CsvMapper(std::vector<std::string> header, const std::map<std::string, std::string>& mapping,
            std::string label)
      : header_(std::move(header)), mapping_(mapping), label_(std::move(label)) {}

  // The header column of `name`, or -1 for an optional one that is not there.
  int ColumnOf(const std::string& name) const {
    const Key& key = *std::find_if(Keys().begin(), Keys().end(),
                                   [&](const Key& candidate) { return candidate.name == name; });
    const auto mapped = mapping_.find(name);
    const int column = mapped == mapping_.end() ? FindUsual(key) : FindMapped(mapped->second, name);
    if (column < 0 && key.required)
      throw Error(Code::kInvalidArgument,
                  StrCat(label_, ": no column is known to be the ", name, ": its header is '",
                         Join(header_, ","), "'"),
                  StrCat("name the columns: --map user=COLUMN,item=COLUMN,rating=COLUMN,",
                         "timestamp=COLUMN"));
    return column;
  }

 private:
  int FindUsual(const Key& key) const {
    for (const std::string& usual : key.usual) {
      for (size_t i = 0; i < header_.size(); ++i) {
        if (Normalized(header_[i]) == usual) return static_cast<int>(i);
      }
    }
    return -1;
  }

  int FindMapped(const std::string& column, const std::string& key) const {
    const auto found = std::find(header_.begin(), header_.end(), column);
    if (found != header_.end()) return static_cast<int>(found - header_.begin());
    throw Error(Code::kInvalidArgument,
                StrCat(label_, " has no column '", column, "' (mapped to ", key, ")",
                       DidYouMean(column, header_), ": its header is '", Join(header_, ","), "'"),
                "map to a name of the header, as it is written there");
  }

  const std::vector<std::string> header_;
  const std::map<std::string, std::string>& mapping_;
  const std::string label_;
};

}  // namespace

Dataset ReadCsv(std::shared_ptr<const FileTree> files, const std::string& file,
                const std::string& label, const std::map<std::string, std::string>& mapping) {
  CheckMappingKeys(mapping);
  DelimitedOptions options;
  options.separator = FrequentSeparator(*files, file);
  const std::vector<std::string> header = ReadHeader(*files, file, options, label);
  options.num_fields = header.size();
  const CsvMapper mapper(header, mapping, label);

  TableFormat ratings{.table = "ratings",
                      .file = file,
                      .shown_file = file,
                      .delimited = options,
                      .has_header = true};
  ratings.columns = {{"user_id", mapper.ColumnOf("user")},
                     {"item_id", mapper.ColumnOf("item")},
                     {"rating", mapper.ColumnOf("rating"), kImplicitRating},
                     {"timestamp", mapper.ColumnOf("timestamp")}};
  TableFormat items = ratings;
  items.table = "items";
  items.report_malformed = false;
  items.columns = {{"item_id", mapper.ColumnOf("item")},
                   {"title", mapper.ColumnOf("title")},
                   {"genres", mapper.ColumnOf("genres")},
                   {"release_date", mapper.ColumnOf("year")}};
  const bool has_items = items.columns[1].field >= 0 || items.columns[2].field >= 0;

  std::string settings = "csv";
  for (const auto& [key, column] : mapping) settings += StrCat("\n", key, "=", column);
  Dataset dataset{"csv", Fingerprint(*files, {file}, settings), "", {}};
  dataset.tables.push_back(MakeTable(std::move(ratings), files));
  if (has_items) dataset.tables.push_back(MakeTable(std::move(items), files));
  return dataset;
}

}  // namespace marquee::sources
