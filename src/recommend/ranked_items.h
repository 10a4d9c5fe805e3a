// The items of a list, best first, made once and shared by all who are answered with it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/shown_list.h"

namespace marquee {

struct Recommended {
  int32_t item;  // row in the catalog
  float score;
  std::string reason;  // "because you rated The Matrix 5", "popular with everyone"
  // What found it: the type of a model, "genres", "segment", a source of the rules, "pinned",
  // "editorial" or "exploration". Lives as long as the bundle.
  std::string_view source = {};
  float propensity = 1;  // the probability of this item at this place, given those before it
};

// A copy costs a reference. Thread-safe, for it never changes. REQUIRES: no use after a move.
class RankedItems {
 public:
  RankedItems() : RankedItems(std::vector<Recommended>()) {}
  RankedItems(std::vector<Recommended> items)
      : shared_(std::make_shared<Shared>(std::move(items))) {}
  RankedItems(std::initializer_list<Recommended> items)
      : RankedItems(std::vector<Recommended>(items)) {}

  auto begin() const { return shared_->items.begin(); }
  auto end() const { return shared_->items.end(); }
  size_t size() const { return shared_->items.size(); }
  bool empty() const { return shared_->items.empty(); }
  const Recommended& front() const { return shared_->items.front(); }
  const Recommended& operator[](size_t place) const { return shared_->items[place]; }
  // Throws std::out_of_range.
  const Recommended& at(size_t place) const { return shared_->items.at(place); }

  // What `make()` gave when it was first called for the list or a copy: the form, such as JSON, in
  // which it is sent. There is one: everybody makes the same of it.
  template <typename Make>
  const std::string& Text(Make make) const {
    std::call_once(shared_->made, [&] { shared_->text = make(); });
    return shared_->text;
  }
  // The same for what its events tell of it, when each item has its own source.
  template <typename Make>
  const ShownItems& Shown(Make make) const {
    std::call_once(shared_->told, [&] { shared_->shown = make(); });
    return shared_->shown;
  }

 private:
  struct Shared {
    explicit Shared(std::vector<Recommended> given) : items(std::move(given)) {}
    const std::vector<Recommended> items;
    std::once_flag made;
    std::string text;
    std::once_flag told;
    ShownItems shown;
  };
  std::shared_ptr<Shared> shared_;
};

}  // namespace marquee
