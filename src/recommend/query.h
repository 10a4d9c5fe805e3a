// What is asked of the engine.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace marquee {

// Which titles may be shown.
struct ItemFilter {
  std::vector<std::string> genres = {};   // any of these, whatever their case; none: all
  std::vector<std::string> exclude = {};  // item ids; unknown ones count for nothing
  int32_t min_year = 0;                   // 0: no bound; a title of unknown year passes no bound
  int32_t max_year = 0;
  int32_t max_age = -1;  // of age ratings, -1: no bound; a title of unknown rating passes no bound

  bool empty() const {
    return genres.empty() && exclude.empty() && min_year == 0 && max_year == 0 && max_age < 0;
  }
};

struct RecommendQuery {
  std::string user_id = {};  // may be empty: nobody known
  int k = 10;                // 1..1000
  int skip = 0;              // of the same list before these: pages; skip + k <= 2000
  ItemFilter filter = {};
  // How much the list spreads over genres, 0 to 1: maximal marginal relevance (Carbonell and
  // Goldstein 1998) with 1 - diversity as its lambda.
  double diversity = 0;
  std::vector<std::string> session = {};      // ids of what somebody was just at, the latest last
  int64_t session_ms = 0;                     // when that was
  std::map<std::string, double> tastes = {};  // genre -> how much it is liked; below 0: disliked
  // Names the answer: what exploration draws for a user depends on it. Empty: no exploration.
  std::string request_id = {};
  // When an answer is of no use any more; the engine may have an earlier one.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();

  // Whether the answer depends on nothing but the user and k.
  bool plain() const {
    return skip == 0 && filter.empty() && diversity == 0 && session.empty() && tastes.empty();
  }
};

}  // namespace marquee
