// What people said of titles, a rating each: the event log and the loaded data as one table.
#pragma once

#include "base/clock.h"
#include "http/message.h"
#include "recommend/engine.h"
#include "services/event_service.h"
#include "services/live_catalog.h"

namespace marquee {

// A rating's id is "<user_id>:<item_id>", each with ':' and '%' as %XX: one rating per user and
// title, the latest. Thread-safe. What is passed in must outlive it. Its handlers wait for the
// disk: Runs::kOnWorker.
class RatingService {
 public:
  RatingService(const RecommendEngine& engine, LiveCatalog& live, const EventService& events,
                const Clock& clock)
      : engine_(engine), live_(live), events_(events), clock_(clock) {}

  // GET /ratings?user_id=&limit=100&cursor=: {"ratings": [{"rating_id", "user_id", "item_id",
  // "rating", "timestamp"}], "next_cursor"}, of one user or of all; a user's by the title's row.
  http::Response List(const http::Request& request) const;
  // GET /ratings/{rating_id}; not_found.
  http::Response Get(const http::Request& request) const;
  // POST /ratings: an event (event_json.h) that is a rating: 201 with the rating.
  http::Response Add(const http::Request& request) const;
  // PATCH /ratings/{rating_id} {"rating": 4}: a newer rating. DELETE /ratings/{rating_id}: a remove
  // event, 204; the title may be recommended again. Both not_found without a rating.
  http::Response Change(const http::Request& request) const;
  http::Response Delete(const http::Request& request) const;

 private:
  const RecommendEngine& engine_;
  LiveCatalog& live_;
  const EventService& events_;
  const Clock& clock_;
};

}  // namespace marquee
