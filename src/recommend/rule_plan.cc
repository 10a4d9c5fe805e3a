#include "recommend/rule_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "base/text.h"

namespace marquee {

class RulePlan::Builder {
 public:
  Builder(RulePlan& plan, const Catalog& catalog, int64_t now_ms)
      : plan_(plan), catalog_(catalog), now_ms_(now_ms) {}

  void Build() {
    const Rules& rules = plan_.rules();
    plan_.next_change_ms_ = std::numeric_limits<int64_t>::max();
    for (size_t i = 0; i < rules.hide.size(); ++i) Hide(rules.hide[i], StrCat("hide ", i + 1));
    if (rules.freshness > 0) Freshen(rules.freshness, rules.half_life_years);
    for (size_t i = 0; i < rules.bury.size(); ++i) Bury(rules.bury[i], StrCat("bury ", i + 1));
    for (size_t i = 0; i < rules.caps.size(); ++i) AddCap(rules.caps[i], StrCat("cap ", i + 1));
    for (size_t i = 0; i < rules.pins.size(); ++i) Pin(rules.pins[i], StrCat("pin ", i + 1));
    for (size_t i = 0; i < rules.lists.size(); ++i) {
      AddList(rules.lists[i], StrCat("list ", i + 1));
    }
    for (const Rules::Insert& insert : rules.inserts) {
      for (const int place : insert.places) AddSlot(place, {}, insert.source, "");
    }
    std::ranges::sort(plan_.slots_, {}, &Slot::place);
    plan_.reorders_ = rules.diversity > 0 || rules.calibration > 0 || !plan_.lift_.empty() ||
                      !rules.blend.empty() || !plan_.slots_.empty() || !plan_.caps_.empty();
  }

 private:
  bool Holds(const RuleWindow& window) {
    for (const int64_t edge : {window.from_ms, window.until_ms}) {
      if (edge > now_ms_) plan_.next_change_ms_ = std::min(plan_.next_change_ms_, edge);
    }
    return window.from_ms <= now_ms_ && now_ms_ < window.until_ms;
  }

  void Warn(const std::string& rule, std::string_view what, std::string_view name,
            std::string_view more = {}) {
    plan_.warnings_.push_back(StrCat(rule, ": no ", what, " '", name, "'", more));
  }

  std::optional<int32_t> Genre(const std::string& rule, const std::string& name) {
    const std::optional<int32_t> genre = catalog_.FindGenre(name);
    if (!genre) Warn(rule, "genre", name, DidYouMean(name, catalog_.genres()));
    return genre;
  }

  std::vector<int32_t> Rows(const std::string& rule, const std::vector<std::string>& items) {
    std::vector<int32_t> rows;
    for (const std::string& item : items) {
      const std::optional<int32_t> row = catalog_.Find(item);
      row ? rows.push_back(*row) : Warn(rule, "item", item);
    }
    return rows;
  }

  // Ascending.
  std::vector<int32_t> Matching(const std::string& rule, const RuleMatch& match) {
    std::vector<int32_t> rows = Rows(rule, match.items);
    std::vector<int32_t> genres;
    for (const std::string& name : match.genres) {
      if (const std::optional<int32_t> genre = Genre(rule, name)) genres.push_back(*genre);
    }
    const bool by_year = match.min_year > 0 || match.max_year > 0;
    const auto passes = [&](int32_t row) {
      const int32_t year = catalog_.at(row).year;
      if (by_year &&
          (year == 0 || year < match.min_year || (match.max_year > 0 && year > match.max_year))) {
        return false;
      }
      return match.genres.empty() || std::ranges::any_of(genres, [&](int32_t genre) {
               return std::ranges::binary_search(catalog_.genres_of(row), genre);
             });
    };
    if (by_year || !match.genres.empty()) {
      for (int32_t row = 0; row < catalog_.size(); ++row) {
        if (passes(row)) rows.push_back(row);
      }
    }
    std::ranges::sort(rows);
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows;
  }

  void Hide(const Rules::Hide& hide, const std::string& rule) {
    const std::vector<int32_t> rows = Matching(rule, hide.match);
    if (!Holds(hide.window)) return;
    std::vector<int32_t> both;
    std::ranges::set_union(plan_.hidden_, rows, std::back_inserter(both));
    plan_.hidden_ = std::move(both);
  }

  void Freshen(double boost, double half_life_years) {
    int32_t newest = 0;
    for (int32_t row = 0; row < catalog_.size(); ++row) {
      newest = std::max(newest, catalog_.at(row).year);
    }
    plan_.lift_.resize(static_cast<size_t>(catalog_.size()));
    for (int32_t row = 0; row < catalog_.size(); ++row) {
      const int32_t year = catalog_.at(row).year;
      if (year == 0) continue;
      plan_.lift_[static_cast<size_t>(row)] =
          static_cast<float>(boost * std::exp2((year - newest) / half_life_years));
    }
  }

  void Bury(const Rules::Bury& bury, const std::string& rule) {
    const std::vector<int32_t> rows = Matching(rule, bury.match);
    if (!Holds(bury.window)) return;
    plan_.lift_.resize(static_cast<size_t>(catalog_.size()));
    for (const int32_t row : rows) {
      plan_.lift_[static_cast<size_t>(row)] -= static_cast<float>(bury.by);
    }
  }

  void AddCap(const Rules::Cap& cap, const std::string& rule) {
    const std::optional<int32_t> genre = Genre(rule, cap.genre);
    if (!genre) return;
    plan_.caps_.push_back({*genre, static_cast<size_t>(cap.max), static_cast<size_t>(cap.first)});
  }

  void Pin(const Rules::Pin& pin, const std::string& rule) {
    const std::vector<int32_t> rows = Rows(rule, {pin.item});
    if (Holds(pin.window) && !rows.empty()) {
      AddSlot(pin.place, rows, "pinned", "chosen by the editors");
    }
  }

  void AddList(const Rules::List& list, const std::string& rule) {
    const std::vector<int32_t> rows = Rows(rule, list.items);
    if (!Holds(list.window) || rows.empty()) return;
    for (const int place : list.places) {
      AddSlot(place, rows, "editorial", StrCat("from the list ", list.name));
    }
  }

  void AddSlot(int place, std::vector<int32_t> items, std::string_view source, std::string reason) {
    const auto at = static_cast<size_t>(place - 1);
    if (std::ranges::find(plan_.slots_, at, &Slot::place) != plan_.slots_.end()) return;
    plan_.slots_.push_back({at, std::move(items), source, std::move(reason)});
  }

  RulePlan& plan_;
  const Catalog& catalog_;
  const int64_t now_ms_;
};

RulePlan::RulePlan(std::shared_ptr<const Rules> rules, const Catalog& catalog, int64_t now_ms)
    : rules_(std::move(rules)), now_ms_(now_ms) {
  Builder(*this, catalog, now_ms).Build();
}

}  // namespace marquee
