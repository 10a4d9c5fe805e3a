#include "events/shown_list.h"

#include <utility>

#include "base/json.h"

namespace marquee {
namespace {

constexpr size_t kMaxContextBytes = 4096;
constexpr size_t kBytesAnEntry = 6;  // of JSON, and each byte of a text may need six

void PutText(Json* json, std::string_view field, const std::string& text) {
  if (!text.empty()) (*json)[field] = text;
}

// An upper bound, but for texts of control characters, which ids are not.
size_t SizeOf(std::string_view text) { return 2 * text.size() + kBytesAnEntry; }

}  // namespace

std::vector<Event> ImpressionsOf(const ShownList& list, std::string_view user_id, int64_t time_ms) {
  Json head = Json::MakeObject();
  PutText(&head, "request_id", list.request_id);
  PutText(&head, "model", list.model);
  PutText(&head, "rung", list.rung);
  PutText(&head, "experiment", list.experiment);
  PutText(&head, "arm", list.arm);
  const size_t head_bytes = head.Dump().size() + 64;
  std::vector<Event> events;
  for (size_t begin = 0; begin < list.items.size();) {
    Json items = Json::MakeArray();
    Json sources = Json::MakeArray();
    size_t end = begin;
    for (size_t bytes = head_bytes; end < list.items.size(); ++end) {
      bytes += SizeOf(list.items[end]) + SizeOf(list.sources[end]);
      if (end > begin && bytes > kMaxContextBytes) break;
      items.Append(list.items[end]);
      sources.Append(list.sources[end]);
    }
    Json context = head;
    context["first_rank"] = list.first_rank + static_cast<int64_t>(begin);
    context["items"] = std::move(items);
    context["sources"] = std::move(sources);
    events.push_back({.user_id = std::string(user_id),
                      .kind = EventKind::kImpression,
                      .time_ms = time_ms,
                      .context = context.Dump()});
    begin = end;
  }
  return events;
}

ShownList ShownListOf(std::string_view context) {
  const Json json = Json::Parse(context);
  ShownList list;
  list.request_id = json.GetString("request_id");
  list.model = json.GetString("model");
  list.rung = json.GetString("rung");
  list.experiment = json.GetString("experiment");
  list.arm = json.GetString("arm");
  list.first_rank = static_cast<int>(json.GetInt("first_rank", 1));
  for (const Json& item : json.At("items").AsArray()) list.items.push_back(item.AsString());
  for (const Json& source : json.At("sources").AsArray()) list.sources.push_back(source.AsString());
  return list;
}

}  // namespace marquee
