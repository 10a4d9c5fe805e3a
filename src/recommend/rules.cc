#include "recommend/rules.h"

#include <algorithm>
#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "base/toml.h"

namespace marquee {
namespace {

constexpr int kMaxPlace = 100;
constexpr int kMaxYear = 9999;
constexpr const char* kHint = "docs/rules.md tells what each rule takes";

std::string TextOf(const Json& value) {
  return value.is_string() ? StrCat("'", value.AsString(), "'") : value.Dump();
}

// One table of the file; `path` names it in messages: "pin 2".
class Table {
 public:
  Table(std::string_view origin, std::string path, const Json& table,
        std::vector<std::string> known)
      : origin_(origin), path_(std::move(path)), table_(table) {
    if (!table.is_object()) Fail(StrCat(path_, " is ", TextOf(table), ": must be a table"));
    for (const auto& [key, value] : table.AsObject()) {
      if (std::ranges::find(known, key) != known.end()) continue;
      Fail(StrCat("unknown key '", Path(key), "'", DidYouMean(key, known)),
           "known keys: " + Join(known, ", "));
    }
  }

  double Number(std::string_view key, double fallback, double lo, double hi) const {
    const Json* value = table_.Find(key);
    if (value == nullptr) return fallback;
    if (!value->is_number() || !(value->AsDouble() >= lo && value->AsDouble() <= hi)) {
      Refuse(key, *value, StrCat("a number from ", lo, " to ", hi));
    }
    return value->AsDouble();
  }
  int Whole(std::string_view key, int fallback, int lo, int hi) const {
    const Json* value = table_.Find(key);
    return value == nullptr ? fallback : WholeOf(key, *value, lo, hi);
  }
  std::string Text(std::string_view key) const {
    if (!table_.At(key).is_string() || table_.At(key).AsString().empty()) {
      Refuse(key, table_.At(key), "text");
    }
    return table_.At(key).AsString();
  }
  std::string Id(std::string_view key) const { return IdOf(key, table_.At(key)); }
  std::vector<std::string> Ids(std::string_view key) const {
    std::vector<std::string> ids;
    for (const Json& value : Elements(key)) ids.push_back(IdOf(key, value));
    return ids;
  }
  std::vector<int> Places(std::string_view key) const {
    std::vector<int> places;
    for (const Json& value : Elements(key)) places.push_back(WholeOf(key, value, 1, kMaxPlace));
    return places;
  }
  RuleWindow Window() const {
    RuleWindow window;
    window.from_ms = Time("from", window.from_ms);
    window.until_ms = Time("until", window.until_ms);
    if (window.from_ms < window.until_ms) return window;
    Fail(StrCat(path_, ": until is not after from"));
  }
  RuleMatch Match() const {
    RuleMatch match{Ids("items"), Ids("genres"), Whole("min_year", 0, 0, kMaxYear),
                    Whole("max_year", 0, 0, kMaxYear)};
    if (match.items.empty() && match.genres.empty() && match.min_year == 0 && match.max_year == 0) {
      Fail(StrCat(path_, " names no titles"), "give items, genres, min_year or max_year");
    }
    return match;
  }
  bool Choose(std::string_view key, std::string_view usual, std::string_view other) const {
    const Json* value = table_.Find(key);
    if (value == nullptr || *value == Json(usual)) return false;
    if (*value != Json(other)) Refuse(key, *value, StrCat("'", usual, "' or '", other, "'"));
    return true;
  }
  void Require(std::string_view key) const {
    if (table_.Find(key) == nullptr) Fail(StrCat("'", Path(key), "' is missing"));
  }
  [[noreturn]] void Refuse(std::string_view key, const Json& value, std::string_view wanted) const {
    Fail(StrCat(Path(key), " is ", TextOf(value), ": must be ", wanted));
  }
  [[noreturn]] void Fail(std::string message, std::string hint = kHint) const {
    throw Error(Code::kInvalidArgument, StrCat(origin_, ": ", message), std::move(hint));
  }

 private:
  std::string Path(std::string_view key) const {
    return path_.empty() ? std::string(key) : StrCat(path_, ".", key);
  }
  const Json::Array& Elements(std::string_view key) const {
    static const Json::Array kNone;
    const Json* values = table_.Find(key);
    if (values == nullptr) return kNone;
    if (!values->is_array()) Refuse(key, *values, "a list");
    return values->AsArray();
  }
  int WholeOf(std::string_view key, const Json& value, int lo, int hi) const {
    if (!value.is_int() || value.AsInt() < lo || value.AsInt() > hi) {
      Refuse(key, value, StrCat("a whole number from ", lo, " to ", hi));
    }
    return static_cast<int>(value.AsInt());
  }
  std::string IdOf(std::string_view key, const Json& value) const {
    if (value.is_int()) return value.Dump();
    if (!value.is_string() || value.AsString().empty()) Refuse(key, value, "text or whole numbers");
    return value.AsString();
  }
  int64_t Time(std::string_view key, int64_t fallback) const {
    const Json* value = table_.Find(key);
    if (value == nullptr) return fallback;
    const std::optional<int64_t> time =
        value->is_string() ? ParseUtc(value->AsString()) : std::nullopt;
    if (!time) Refuse(key, *value, "a UTC time such as 2027-01-31 or 2027-01-31T18:00:00Z");
    return *time;
  }

  std::string_view origin_;
  std::string path_;
  const Json& table_;
};

// The file as its tables, read in the order of docs/rules.md.
class Reader {
 public:
  Reader(const Json& file, std::string_view origin)
      : origin_(origin),
        file_(file),
        top_(origin, "", file,
             {"diversity", "calibration", "freshness", "blend", "exploration", "hide", "bury",
              "pin", "cap", "list", "insert"}) {}

  Rules Read() {
    rules_.diversity = top_.Number("diversity", 0, 0, 1);
    rules_.calibration = top_.Number("calibration", 0, 0, 1);
    ReadFreshness();
    ReadBlend();
    ReadExploration();
    const std::vector<std::string> match = {"items", "genres", "min_year", "max_year",
                                            "from",  "until",  "by"};
    const std::vector<std::string> without_by(match.begin(), match.end() - 1);
    Each("hide", without_by, {}, [&](const Table& table) {
      rules_.hide.push_back({table.Match(), table.Window()});
    });
    Each("bury", match, {}, [&](const Table& table) {
      rules_.bury.push_back({table.Match(), table.Window(), table.Number("by", 0.5, 0, 1)});
    });
    Each("pin", {"item", "place", "from", "until"}, {"item", "place"}, [&](const Table& table) {
      rules_.pins.push_back(
          {table.Id("item"), table.Whole("place", 1, 1, kMaxPlace), table.Window()});
    });
    Each("cap", {"genre", "max", "first"}, {"genre", "max"}, [&](const Table& table) {
      rules_.caps.push_back({table.Text("genre"), table.Whole("max", 0, 0, kMaxPlace),
                             table.Whole("first", 10, 1, kMaxPlace)});
    });
    Each("list", {"name", "items", "places", "from", "until"}, {"name", "items", "places"},
         [&](const Table& table) {
           rules_.lists.push_back(
               {table.Text("name"), table.Ids("items"), table.Places("places"), table.Window()});
         });
    Each("insert", {"source", "places"}, {"source", "places"}, [&](const Table& table) {
      rules_.inserts.push_back({SourceOf(table), table.Places("places")});
    });
    return std::move(rules_);
  }

 private:
  void ReadFreshness() {
    const Json* found = file_.Find("freshness");
    if (found == nullptr) return;
    const Table table(origin_, "freshness", *found, {"boost", "half_life_years"});
    rules_.freshness = table.Number("boost", 0.1, 0, 1);
    rules_.half_life_years = table.Number("half_life_years", 2, 0.1, 100);
  }

  void ReadBlend() {
    const Json* found = file_.Find("blend");
    if (found == nullptr) return;
    const Table table(origin_, "blend", *found, RuleSources());
    for (const std::string& source : RuleSources()) {
      const double weight = table.Number(source, 0, 0, 10);
      if (weight > 0) rules_.blend.emplace_back(source, weight);
    }
  }

  void ReadExploration() {
    const Json* found = file_.Find("exploration");
    if (found == nullptr) return;
    const Table table(origin_, "exploration", *found,
                      {"share", "protect", "among", "prefer", "seed"});
    Rules::Exploration& exploration = rules_.exploration;
    exploration.share = table.Number("share", 0.1, 0, 1);
    exploration.protect = table.Whole("protect", exploration.protect, 0, kMaxPlace);
    exploration.among = table.Whole("among", exploration.among, 1, 400);
    exploration.prefer_unknown = table.Choose("prefer", "any", "unknown");
    exploration.seed = static_cast<uint64_t>(table.Whole("seed", 1, 0, 2'000'000'000));
  }

  // Every table of [[name]].
  void Each(const std::string& name, const std::vector<std::string>& known,
            const std::vector<std::string>& required, const auto& read) {
    const Json* tables = file_.Find(name);
    if (tables == nullptr) return;
    if (!tables->is_array()) top_.Refuse(name, *tables, StrCat("tables: [[", name, "]]"));
    for (size_t i = 0; i < tables->size(); ++i) {
      const Table table(origin_, StrCat(name, " ", i + 1), tables->AsArray()[i], known);
      for (const std::string& key : required) table.Require(key);
      read(table);
    }
  }

  static std::string_view SourceOf(const Table& table) {
    const std::string source = table.Text("source");
    const std::vector<std::string>& known = RuleSources();
    const auto found = std::ranges::find(known, source);
    if (found != known.end()) return *found;
    table.Fail(StrCat("source '", source, "' is unknown", DidYouMean(source, known)),
               "sources are: " + Join(known, ", "));
  }

  std::string_view origin_;
  const Json& file_;
  Table top_;
  Rules rules_;
};

}  // namespace

const std::vector<std::string>& RuleSources() {
  static const std::vector<std::string> sources = {"recent", "content", "trending", "new",
                                                   "sequence"};
  return sources;
}

Rules ParseRules(const Json& file, std::string_view origin) { return Reader(file, origin).Read(); }

Rules ReadRules(const std::filesystem::path& file) {
  return ParseRules(ReadTomlFile(file), file.string());
}

}  // namespace marquee
