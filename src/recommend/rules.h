// What a shop decides about its lists: declared in one TOML file, docs/rules.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace marquee {

// When a rule holds, milliseconds since 1970: from <= now < until.
struct RuleWindow {
  int64_t from_ms = std::numeric_limits<int64_t>::min();
  int64_t until_ms = std::numeric_limits<int64_t>::max();
};

// The titles that a rule is about: those of `items` and those that pass genres and years, where any
// are given.
struct RuleMatch {
  std::vector<std::string> items = {};
  std::vector<std::string> genres = {};  // any of these
  int min_year = 0;                      // 0: no bound
  int max_year = 0;
};

// The defaults change nothing: a list is the model's own.
struct Rules {
  struct Hide {
    RuleMatch match;
    RuleWindow window;
  };
  struct Bury {
    RuleMatch match;
    RuleWindow window;
    double by;  // of the relevance, which is 0 to 1
  };
  struct Pin {
    std::string item;
    int place;  // from 1
    RuleWindow window;
  };
  struct Cap {
    std::string genre;
    int max;    // titles of the genre ...
    int first;  // ... among so many first places
  };
  struct List {
    std::string name;
    std::vector<std::string> items;
    std::vector<int> places;
    RuleWindow window;
  };
  struct Insert {
    std::string_view source;  // of RuleSources
    std::vector<int> places;
  };
  struct Exploration {
    double share = 0;             // epsilon: of the places that may explore
    int protect = 3;              // never in the first so many places
    int among = 100;              // the best candidates that are drawn from
    bool prefer_unknown = false;  // rarely met titles are drawn more often
    uint64_t seed = 1;
  };

  double diversity = 0;    // of queries that state none
  double calibration = 0;  // 0 to 1
  double freshness = 0;    // what a title of the newest year gains in relevance
  double half_life_years = 2;
  std::vector<std::pair<std::string_view, double>> blend =
      {};  // source -> weight; the model's is 1
  std::vector<Hide> hide = {};
  std::vector<Bury> bury = {};
  std::vector<Pin> pins = {};
  std::vector<Cap> caps = {};
  std::vector<List> lists = {};
  std::vector<Insert> inserts = {};
  Exploration exploration = {};
};

// What finds titles beside the model: "recent", "content", "trending", "new", and "sequence" where
// such a model is loaded.
const std::vector<std::string>& RuleSources();

// Throws invalid_argument that begins with `origin`: for an unknown key (naming the nearest), a
// value of another type or out of range, a missing one, a time that is none.
Rules ParseRules(const Json& file, std::string_view origin);
Rules ReadRules(const std::filesystem::path& file);

}  // namespace marquee
