// What was shown to whom, as an event: needed to judge models by what people did with their lists.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/event.h"

namespace marquee {

struct ShownList {
  std::string request_id = {};
  std::string model = {};  // "ials v3"
  std::string rung = {};
  std::string experiment = {};
  std::string arm = {};  // empty for a list of several arms
  int first_rank = 1;    // of items[0]: a long list is told in several events
  std::vector<std::string> items = {};
  std::vector<std::string> sources = {};  // what found each item; of a list of several arms its arm
};

// The items of a list as its events tell them: of a list that is shown again and again it is made
// once.
struct ShownItems {
  struct Part {
    int first = 0;  // place of its first item in the list
    std::string text;
  };
  std::vector<Part> parts;  // what fits into one event each
};
// REQUIRES: one source an item.
ShownItems ShownItemsOf(std::span<const std::string> items, std::span<const std::string> sources);

// Impressions without an item, whose contexts tell the list, at most 4 KiB each: {"request_id",
// "model", "rung", "experiment", "arm", "first_rank", "items", "sources"}, what is empty left out;
// "source" in place of "sources" when they are all one.
// Several where the list is long. REQUIRES: user_id is not empty; one source an item.
std::vector<Event> ImpressionsOf(const ShownList& list, std::string_view user_id, int64_t time_ms);
// The same with `items` in place of the list's own.
std::vector<Event> ImpressionsOf(const ShownList& list, const ShownItems& items,
                                 std::string_view user_id, int64_t time_ms);

// Throws invalid_argument for a context that tells no list.
ShownList ShownListOf(std::string_view context);

}  // namespace marquee
