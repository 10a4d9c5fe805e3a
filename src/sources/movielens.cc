#include "sources/movielens.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "sources/table.h"

namespace marquee::sources {
namespace {

// The order of the flags in u.item.
constexpr std::array<std::string_view, 19> kGenres = {
    "unknown",     "Action", "Adventure", "Animation", "Children's", "Comedy",  "Crime",
    "Documentary", "Drama",  "Fantasy",   "Film-Noir", "Horror",     "Musical", "Mystery",
    "Romance",     "Sci-Fi", "Thriller",  "War",       "Western"};
constexpr size_t kFirstGenreField = 5;

constexpr char kLicence[] =
    "MovieLens data (grouplens.org): free for research, other uses and redistribution are limited "
    "by the README of the release; cite Harper and Konstan, The MovieLens Datasets (2015)";

enum class Layout { k100k, kDat, kCsv };

struct Release {
  Layout layout;
  std::string folder;  // "" or "ml-1m/"
};

class ReleaseReader {
 public:
  ReleaseReader(std::shared_ptr<const FileTree> files, Release release,
                const std::filesystem::path& label)
      : files_(std::move(files)), release_(std::move(release)), label_(label) {}

  Dataset Read() {
    switch (release_.layout) {
      case Layout::k100k:
        Add100k();
        break;
      case Layout::kDat:
        AddDat();
        break;
      case Layout::kCsv:
        AddCsv();
        break;
    }
    const std::string name = Name();
    return {name, Fingerprint(*files_, read_, name), name == "simulated" ? "" : kLicence,
            std::move(tables_)};
  }

 private:
  bool Has(std::string_view file) const {
    return files_->Find(release_.folder + std::string(file)) != nullptr;
  }

  void Add(TableFormat format) {
    format.shown_file = format.file;
    format.file = release_.folder + format.file;
    if (files_->Find(format.file) == nullptr) return;
    read_.push_back(format.file);
    tables_.push_back(MakeTable(std::move(format), files_));
  }

  void Add100k() {
    const DelimitedOptions tabs = Plain("\t", Encoding::kLatin1, 4);
    const DelimitedOptions user_bars = Plain("|", Encoding::kLatin1, 5);
    const DelimitedOptions item_bars =
        Plain("|", Encoding::kLatin1, kFirstGenreField + kGenres.size());
    Add({.table = "ratings",
         .file = "u.data",
         .delimited = tabs,
         .columns = Columns({"user_id", "item_id", "rating", "timestamp"})});
    Add({.table = "items",
         .file = "u.item",
         .delimited = item_bars,
         .columns = {{"item_id", 0}, {"title", 1}, {"genres", -1}, {"release_date", 2}},
         .derived_column = 2,
         .derive = JoinGenreFlags});
    Add({.table = "users",
         .file = "u.user",
         .delimited = user_bars,
         .columns = {
             {"user_id", 0}, {"gender", 2}, {"age", 1}, {"occupation", 3}, {"zip_code", 4}}});
  }

  // 1M is ISO-8859-1 and has users.dat; 10M is UTF-8 and has none.
  void AddDat() {
    const Encoding encoding = Has("users.dat") ? Encoding::kLatin1 : Encoding::kUtf8;
    Add({.table = "ratings",
         .file = "ratings.dat",
         .delimited = Plain("::", encoding, 4),
         .columns = Columns({"user_id", "item_id", "rating", "timestamp"})});
    Add({.table = "items",
         .file = "movies.dat",
         .delimited = Plain("::", encoding, 3),
         .columns = {{"item_id", 0}, {"title", 1}, {"genres", 2}, {"release_date", -1}}});
    Add({.table = "users",
         .file = "users.dat",
         .delimited = Plain("::", encoding, 5),
         .columns = Columns({"user_id", "gender", "age", "occupation", "zip_code"})});
    Add({.table = "tags",
         .file = "tags.dat",
         .delimited = Plain("::", encoding, 4),
         .columns = Columns({"user_id", "item_id", "tag", "timestamp"})});
  }

  void AddCsv() {
    AddCsvTable("ratings", "ratings.csv",
                {{"user_id", "userId"},
                 {"item_id", "movieId"},
                 {"rating", "rating"},
                 {"timestamp", "timestamp"}});
    AddCsvTable(
        "items", "movies.csv",
        {{"item_id", "movieId"}, {"title", "title"}, {"genres", "genres"}, {"release_date", ""}});
    AddCsvTable("tags", "tags.csv",
                {{"user_id", "userId"},
                 {"item_id", "movieId"},
                 {"tag", "tag"},
                 {"timestamp", "timestamp"}});
    AddCsvTable("links", "links.csv",
                {{"item_id", "movieId"}, {"imdb_id", "imdbId"}, {"tmdb_id", "tmdbId"}});
  }

  // `columns`: ours and the header's name for it, "" for one that the release lacks.
  void AddCsvTable(std::string table, std::string file,
                   const std::vector<std::pair<std::string, std::string>>& columns) {
    if (!Has(file)) return;
    const std::string label = StrCat(label_.string(), ": ", file);
    DelimitedOptions csv;
    const std::vector<std::string> header = ReadHeader(*files_, release_.folder + file, csv, label);
    csv.num_fields = header.size();
    TableFormat format{
        .table = std::move(table), .file = std::move(file), .delimited = csv, .has_header = true};
    for (const auto& [ours, theirs] : columns) {
      const auto found = std::find(header.begin(), header.end(), theirs);
      if (!theirs.empty() && found == header.end())
        throw Error(
            Code::kInvalidArgument,
            StrCat(label, " has no column '", theirs, "': its header is '", Join(header, ","), "'"),
            "a file of its own layout is read with --source csv --map user=...,item=...");
      format.columns.push_back(
          {ours, theirs.empty() ? -1 : static_cast<int>(found - header.begin())});
    }
    Add(std::move(format));
  }

  static DelimitedOptions Plain(std::string separator, Encoding encoding, size_t num_fields) {
    DelimitedOptions options;
    options.separator = std::move(separator);
    options.quotes = false;
    options.encoding = encoding;
    options.num_fields = num_fields;
    return options;
  }

  static std::vector<TableColumn> Columns(const std::vector<std::string>& names) {
    std::vector<TableColumn> columns;
    for (const std::string& name : names)
      columns.push_back({name, static_cast<int>(columns.size())});
    return columns;
  }

  static std::string JoinGenreFlags(std::span<const std::string_view> fields, std::string* value) {
    for (size_t i = 0; i < kGenres.size(); ++i) {
      const std::string_view flag = fields[kFirstGenreField + i];
      if (flag != "0" && flag != "1")
        return StrCat("the flag of genre ", kGenres[i], " is '", ToValidUtf8(flag.substr(0, 20)),
                      "', must be 0 or 1");
      if (flag == "0") continue;
      if (!value->empty()) *value += '|';
      *value += kGenres[i];
    }
    return {};
  }

  std::string Name() const {
    if (release_.layout == Layout::k100k) return "movielens-100k";
    if (release_.layout == Layout::kDat) return Has("users.dat") ? "movielens-1m" : "movielens-10m";
    for (const char* readme : {"README.txt", "README.md", "README", "README.html"}) {
      const std::optional<std::string> name = NameInReadme(readme);
      if (name) return *name;
    }
    const std::string folder = release_.folder.empty()
                                   ? std::filesystem::absolute(label_).filename().string()
                                   : release_.folder.substr(0, release_.folder.size() - 1);
    return NameOf(folder.substr(folder.rfind('/') + 1)).value_or("movielens");
  }

  // "This dataset (ml-25m) describes 5-star rating ..."
  std::optional<std::string> NameInReadme(const std::string& file) const {
    if (!Has(file)) return std::nullopt;
    const std::string text = ReadPrefix(*files_->Open(release_.folder + file), 16 << 10);
    for (size_t open = text.find('('); open != std::string::npos; open = text.find('(', open + 1)) {
      const size_t close = text.find(')', open);
      if (close == std::string::npos) return std::nullopt;
      const std::optional<std::string> name = NameOf(text.substr(open + 1, close - open - 1));
      if (name) return name;
    }
    return std::nullopt;
  }

  static std::optional<std::string> NameOf(std::string_view release) {
    if (release == "marquee-simulated") return "simulated";
    for (const std::string_view known : {"20m", "25m", "32m", "latest", "latest-small"}) {
      if (release == StrCat("ml-", known)) return StrCat("movielens-", known);
    }
    return std::nullopt;
  }

  const std::shared_ptr<const FileTree> files_;
  const Release release_;
  const std::filesystem::path label_;
  std::vector<RawTable> tables_;
  std::vector<std::string> read_;
};

// One release a folder: the layouts are looked for in this order.
std::vector<Release> FindReleases(const FileTree& files) {
  constexpr std::array<std::tuple<Layout, std::string_view, std::string_view>, 3> kLayouts = {{
      {Layout::k100k, "u.data", "u.item"},
      {Layout::kDat, "ratings.dat", "movies.dat"},
      {Layout::kCsv, "ratings.csv", "movies.csv"},
  }};
  std::vector<Release> found;
  std::set<std::string> folders;
  for (const auto& [layout, ratings, items] : kLayouts) {
    for (const FileEntry& entry : files.entries()) {
      const size_t slash = entry.name.rfind('/');
      const std::string folder = slash == std::string::npos ? "" : entry.name.substr(0, slash + 1);
      if (std::string_view(entry.name).substr(folder.size()) != ratings) continue;
      if (files.Find(folder + std::string(items)) == nullptr) continue;
      if (folders.insert(folder).second) found.push_back({layout, folder});
    }
  }
  return found;
}

}  // namespace

std::optional<Dataset> FindMovielens(std::shared_ptr<const FileTree> files,
                                     const std::filesystem::path& label) {
  std::vector<Release> releases = FindReleases(*files);
  if (releases.empty()) return std::nullopt;
  const auto top = std::find_if(releases.begin(), releases.end(),
                                [](const Release& release) { return release.folder.empty(); });
  if (top != releases.end()) releases = {*top};
  if (releases.size() > 1) {
    std::vector<std::string> folders;
    for (const Release& release : releases)
      folders.push_back(release.folder.substr(0, release.folder.size() - 1));
    std::sort(folders.begin(), folders.end());
    throw Error(Code::kInvalidArgument,
                StrCat(label.string(), " holds several data sets: ", Join(folders, ", ")),
                "give the folder of one of them");
  }
  return ReleaseReader(std::move(files), releases.front(), label).Read();
}

std::string Fingerprint(const FileTree& files, const std::vector<std::string>& names,
                        std::string_view settings) {
  Hasher hasher(HashKind::kSha256);
  hasher.Update(settings);
  for (const std::string& name : names) {
    const FileEntry* entry = files.Find(name);
    hasher.Update(StrCat("\n", name, "\n", entry->size_bytes, "\n", entry->modified));
  }
  return hasher.Finish().substr(0, 16);
}

}  // namespace marquee::sources
