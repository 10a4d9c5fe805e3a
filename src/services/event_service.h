// What people do: taken in, made durable, and felt by the next answer.
#pragma once

#include <span>
#include <vector>

#include "base/clock.h"
#include "events/event_log.h"
#include "http/message.h"
#include "recommend/engine.h"

namespace marquee {

// Thread-safe. What is passed in must outlive it. Its handlers wait for the disk: Runs::kOnWorker.
// They answer only once the events are durable; 429 with Retry-After when too many wait.
class EventService {
 public:
  struct Options {
    bool accept_unknown_items = false;  // else an event with an item of no title is refused
  };
  EventService(EventLog& log, RecommendEngine& engine, const Clock& clock, Options options)
      : log_(log), engine_(engine), clock_(clock), options_(options) {}

  // POST /log_interaction: one event (event_json.h). Answers {"offset", "duplicate", "user_id",
  // "item_id", "event", "timestamp"}.
  http::Response LogInteraction(const http::Request& request) const;
  // POST /events: a JSON array, or one JSON object a line (Content-Type application/x-ndjson), gzip
  // or not, at most 10,000. Keeps the good ones: {"accepted", "duplicates", "rejected": [{"index",
  // "code", "message"}]}.
  http::Response LogEvents(const http::Request& request) const;
  // GET /users/{user_id}/history?limit=100&skip=0: what was logged, the last first, then what was
  // loaded, the newest first: {"user_id", "events"}. Not found for an unknown user.
  http::Response History(const http::Request& request) const;

  // Stores an event, lets the engine feel it and says where it is. Throws not_found for an unknown
  // item, and what the handlers throw.
  Appended Take(const Event& event) const;

 private:
  Event Checked(const Json& json) const;
  void CheckItem(const Event& event) const;
  std::vector<Appended> Store(std::span<const Event> events) const;

  EventLog& log_;
  RecommendEngine& engine_;
  const Clock& clock_;
  const Options options_;
};

}  // namespace marquee
