// What was changed since the data was loaded, laid over a bundle.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recommend/bundle.h"

namespace marquee {

// What is not there stays as it was.
struct ItemChange {
  std::string item_id;
  std::optional<std::string> title = {};
  std::optional<int32_t> year = {};
  std::optional<std::vector<std::string>> genres = {};
  std::optional<int32_t> age_rating = {};
  std::optional<bool> available = {};
  bool deleted = false;
  int64_t added_ms = 0;  // 0: the data had it
  int64_t revision = 0;
};

struct Overlay {
  std::vector<ItemChange> items = {};  // new ones get their rows in this order
  // Features of users as Interactions::UserFeatures has them.
  std::map<std::string, std::vector<std::string>, std::less<>> user_features = {};
  // Which loaded users are to be as if they had never been; empty: none.
  std::function<bool(std::string_view)> is_erased = {};
};

// The bundle as it is with the changes; `base` itself where there are none. Rows stay as they are;
// new titles come behind them, and the models rank them by those like them (WithNewItems).
// O(titles), O(users) with an erasure.
std::shared_ptr<const ModelBundle> WithOverlay(std::shared_ptr<const ModelBundle> base,
                                               const Overlay& overlay);

}  // namespace marquee
