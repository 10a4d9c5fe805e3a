// What to watch next, what is like it, and what there is.
#pragma once

#include "base/clock.h"
#include "http/message.h"
#include "recommend/engine.h"
#include "recommend/recommender.h"

namespace marquee {

// Thread-safe. What is passed in must outlive it. Handlers throw invalid_argument for a bad id, a
// number out of range and an unknown query parameter, each by name.
class RecommendService {
 public:
  RecommendService(const RecommendEngine& engine, const Recommender& recommender,
                   const Clock& clock)
      : engine_(engine), recommender_(recommender), clock_(clock) {}

  // GET /recommend?user_id=42&num_recommendations=10 (or k), and offset, genres, exclude, min_year,
  // max_year, max_age, diversity; experiment=NAME:ARM for operators. An unknown user gets the
  // popular list, with "rung": "popular".
  http::Response Recommend(const http::Request& request) const;
  // GET /recommend/{user_id}?k=10, with the same parameters.
  http::Response RecommendTo(const http::Request& request) const;
  // POST /recommend/session {"items": [ids, the latest last], "user_id", "k", ...}: what fits what
  // somebody was just at, known or not.
  http::Response Session(const http::Request& request) const;
  // POST /users/recommendations {"animation": 5, "children": 3}, or {"preferences": {...}, "k",
  // ...}: for somebody new, by stated tastes.
  http::Response ByTaste(const http::Request& request) const;
  // POST /recommend/batch {"user_ids": [...], "k", ...}: {"recommendations": [...]} in their order;
  // at most 1,000 users and 100,000 titles in all.
  http::Response Batch(const http::Request& request) const;
  // GET /items/{item_id}/similar?k=10; not_found for an unknown item.
  http::Response Similar(const http::Request& request) const;

 private:
  http::Response Answer(RecommendQuery query, const http::Request& request) const;

  const RecommendEngine& engine_;
  const Recommender& recommender_;
  const Clock& clock_;
};

}  // namespace marquee
