// Internal: where the next page of a list begins, as clients carry it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tracking/entities.h"

namespace marquee::tracking {

// "offset:100"
std::string OffsetToken(int64_t offset);
// 0 for "". Throws invalid_argument for what OffsetToken did not write.
int64_t ReadOffsetToken(std::string_view token);

// Of a page that was read with one row more than it may have: leaves that out and says where it is.
template <typename T>
void CutPage(int64_t max_results, int64_t offset, Page<T>* page) {
  if (static_cast<int64_t>(page->items.size()) <= max_results) return;
  page->items.resize(static_cast<size_t>(max_results));
  page->next = OffsetToken(offset + max_results);
}

// "after:1700000000000:9f3c..."
std::string PlaceToken(std::span<const std::string> parts);
// Throws invalid_argument for another number of parts.
std::vector<std::string> ReadPlaceToken(std::string_view token, size_t num_parts);
// Throws invalid_argument that shows the token.
int64_t ReadTokenNumber(std::string_view token, const std::string& part);

}  // namespace marquee::tracking
