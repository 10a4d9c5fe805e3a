// What to watch next, what is like it, and what there is.
#pragma once

#include "http/message.h"
#include "recommend/engine.h"

namespace marquee {

// Thread-safe. `engine` must outlive it. Handlers throw invalid_argument for a bad id, a number out
// of range and an unknown query parameter, each by name.
class RecommendService {
 public:
  explicit RecommendService(const RecommendEngine& engine) : engine_(engine) {}

  // GET /recommend?user_id=42&num_recommendations=10 (or k). An unknown user gets the popular list,
  // with "source": "popular".
  http::Response Recommend(const http::Request& request) const;
  // GET /recommend/{user_id}?k=10 (or num_recommendations)
  http::Response RecommendTo(const http::Request& request) const;
  // GET /items/{item_id}/similar?k=10; not_found for an unknown item.
  http::Response Similar(const http::Request& request) const;
  // GET /items?q=matrix&limit=20; without q, the popular items.
  http::Response Items(const http::Request& request) const;
  // GET /items/{item_id}; not_found.
  http::Response Item(const http::Request& request) const;
  // GET /users/{user_id}; not_found.
  http::Response User(const http::Request& request) const;

 private:
  const RecommendEngine& engine_;
};

}  // namespace marquee
