#include "services/event_service.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "http/body.h"
#include "http/params.h"
#include "services/event_json.h"
#include "services/recommend_query.h"

namespace marquee {
namespace {

constexpr size_t kMaxEvents = 10'000;
constexpr size_t kMaxBodyBytes = 4 << 20;

[[noreturn]] void RefuseCount(size_t count) {
  throw http::StatusError(413, Code::kInvalidArgument,
                          StrCat("a batch of ", count, " events: must be at most ", kMaxEvents),
                          "send it in smaller batches");
}

// One entry a line, or of an array; what is no JSON is the error that says so.
struct Entry {
  Json json;
  std::optional<Error> broken;
};

std::vector<Entry> Lines(std::string_view body) {
  std::vector<Entry> entries;
  for (const std::string_view line : Split(body, "\n")) {
    if (Trim(line).empty()) continue;
    if (entries.size() == kMaxEvents) RefuseCount(entries.size() + 1);
    Entry& entry = entries.emplace_back();
    try {
      entry.json = Json::Parse(line);
    } catch (const Error& error) {
      entry.broken = error;
    }
  }
  return entries;
}

std::vector<Entry> Elements(std::string_view body) {
  Json json = Json::Parse(body);
  if (!json.is_array()) {
    throw Error(Code::kInvalidArgument, "the body is no array",
                "send [{...}, {...}], or one event a line as application/x-ndjson");
  }
  if (json.size() > kMaxEvents) RefuseCount(json.size());
  std::vector<Entry> entries;
  for (Json& element : json.AsArray()) entries.push_back({std::move(element), std::nullopt});
  return entries;
}

bool IsLines(const http::Request& request) {
  const std::string type = AsciiLower(request.FindHeader("Content-Type").value_or(""));
  return type.starts_with("application/x-ndjson") || type.starts_with("application/jsonl");
}

// The loaded interactions of a user as events, the newest first, without the ratings of `logged`:
// they reached the data through the log.
std::vector<StoredEvent> Loaded(const ModelBundle& bundle, const std::string& user_id,
                                std::span<const StoredEvent> logged) {
  std::set<std::pair<std::string_view, int64_t>> rated;
  for (const StoredEvent& stored : logged) {
    const Event& event = stored.event;
    if (event.kind == EventKind::kRating) rated.emplace(event.item_id, event.time_ms / 1000);
  }
  std::vector<StoredEvent> events;
  const UserHistory history(bundle, user_id, {});
  const SparseRow& met = history.met();
  for (size_t i = 0; i < met.size(); ++i) {
    if (rated.contains({bundle.catalog->at(met.columns[i]).item_id, met.times_s[i]})) continue;
    StoredEvent& stored = events.emplace_back();
    stored.event.user_id = user_id;
    stored.event.item_id = bundle.catalog->at(met.columns[i]).item_id;
    stored.event.kind = history.KindOf(met.columns[i]);
    if (stored.event.kind == EventKind::kRating) stored.event.value = met.values[i];
    stored.event.time_ms = met.times_s[i] * 1000;
  }
  std::ranges::stable_sort(events, std::ranges::greater(),
                           [](const StoredEvent& s) { return s.event.time_ms; });
  return events;
}

// What a user did, the last first, at most `count`: lists that were shown are passed over.
std::vector<StoredEvent> DeedsOf(const EventLog& log, std::string_view user_id, size_t count) {
  constexpr int kPage = 1000;
  std::vector<StoredEvent> deeds;
  int64_t before = std::numeric_limits<int64_t>::max();
  while (true) {
    std::vector<StoredEvent> page = log.ReadUser(user_id, before, kPage);
    const bool last = page.size() < kPage;
    if (!last) before = page.back().offset;
    for (StoredEvent& stored : page) {
      const bool list = stored.event.kind == EventKind::kImpression && stored.event.item_id.empty();
      if (!list) deeds.push_back(std::move(stored));
    }
    if (!last && deeds.size() < count) continue;
    if (deeds.size() > count) deeds.resize(count);
    return deeds;
  }
}

Json RenderHistory(const ModelBundle& bundle, std::span<const StoredEvent> events) {
  Json rendered = Json::MakeArray();
  for (const StoredEvent& stored : events) {
    Json event = RenderEvent(stored);
    if (stored.offset == 0) event["offset"] = Json();
    const std::optional<int32_t> row = bundle.catalog->Find(stored.event.item_id);
    event["title"] = row ? Json(bundle.catalog->at(*row).title) : Json();
    rendered.Append(std::move(event));
  }
  return rendered;
}

}  // namespace

http::Response EventService::LogInteraction(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  const Event event = Checked(Json::Parse(http::DecodedBody(request, kMaxBodyBytes)));
  const Appended appended = Store({&event, 1}).at(0);
  return http::Json(Json::MakeObject({{"offset", appended.offset},
                                      {"duplicate", appended.duplicate},
                                      {"user_id", event.user_id},
                                      {"item_id", event.item_id},
                                      {"event", EventKindName(event.kind)},
                                      {"timestamp", FormatUtc(event.time_ms)}}));
}

http::Response EventService::LogEvents(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  const std::string body = http::DecodedBody(request, kMaxBodyBytes);
  const std::vector<Entry> entries = IsLines(request) ? Lines(body) : Elements(body);
  std::vector<Event> events;
  Json rejected = Json::MakeArray();
  for (size_t i = 0; i < entries.size(); ++i) {
    try {
      if (entries[i].broken) throw *entries[i].broken;
      events.push_back(Checked(entries[i].json));
    } catch (const Error& error) {
      rejected.Append(Json::MakeObject(
          {{"index", i}, {"code", CodeName(error.code())}, {"message", error.message()}}));
    }
  }
  const std::vector<Appended> appended = Store(events);
  return http::Json(
      Json::MakeObject({{"accepted", appended.size()},
                        {"duplicates", std::ranges::count(appended, true, &Appended::duplicate)},
                        {"rejected", std::move(rejected)}}));
}

http::Response EventService::History(const http::Request& request) const {
  http::RequireKnownQuery(request, {"limit", "skip"});
  const std::string user_id(CheckedId("user_id", request.PathParam("user_id")));
  const auto limit = static_cast<size_t>(http::QueryInt(request, "limit", 100, 1, 1000));
  const auto skip = static_cast<size_t>(http::QueryInt(request, "skip", 0, 0, 100'000));
  const auto bundle = engine_.bundle();
  std::vector<StoredEvent> events = DeedsOf(log_, user_id, skip + limit);
  if (events.empty() && !bundle->FindUser(user_id)) {
    throw Error(Code::kNotFound, StrCat("no user '", user_id, "'"), "check the id");
  }
  if (events.size() < skip + limit)
    std::ranges::move(Loaded(*bundle, user_id, events), std::back_inserter(events));
  const size_t first = std::min(skip, events.size());
  const size_t last = std::min(skip + limit, events.size());
  return http::Json(Json::MakeObject(
      {{"user_id", user_id},
       {"events", RenderHistory(*bundle, std::span(events).subspan(first, last - first))}}));
}

Event EventService::Checked(const Json& json) const {
  Event event = ParseEvent(json, clock_.NowMs());
  CheckItem(event);
  return event;
}

void EventService::CheckItem(const Event& event) const {
  if (event.kind == EventKind::kSearch || options_.accept_unknown_items) return;
  const auto bundle = engine_.bundle();
  const std::optional<int32_t> row = bundle->catalog->Find(event.item_id);
  if (row && !bundle->catalog->at(*row).deleted) return;
  throw Error(
      Code::kNotFound, StrCat("item '", event.item_id, "' is unknown"),
      "GET /items?q= finds items by title; the setting events.unknown_items = accept takes any");
}

Appended EventService::Take(const Event& event) const {
  CheckItem(event);
  return Store({&event, 1}).at(0);
}

// In the log first: what the engine has observed must be found there again at the next start.
std::vector<Appended> EventService::Store(std::span<const Event> events) const {
  std::vector<Appended> appended;
  try {
    appended = log_.Append(events);
  } catch (const Error& error) {
    if (error.code() != Code::kResourceExhausted) throw;
    throw http::StatusError(429, error.code(), error.message(), error.hint(),
                            {{"Retry-After", "1"}});
  }
  for (size_t i = 0; i < events.size(); ++i) {
    if (!appended[i].duplicate) engine_.Observe(events[i]);
  }
  return appended;
}

}  // namespace marquee
