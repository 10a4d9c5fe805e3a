#include "events/shown_list.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/json.h"
#include "base/text.h"

namespace marquee {
namespace {

// Of the 4096 of a context: what remains is more than the other fields can be.
constexpr size_t kMaxItemsBytes = 3072;
constexpr size_t kBytesAnEntry = 6;  // of JSON, and each byte of a text may need six

void PutText(std::string_view field, std::string_view text, std::string* out) {
  if (text.empty()) return;
  StrAppend(out, out->size() > 1 ? ",\"" : "\"", field, "\":");
  AppendJsonString(text, out);
}

void PutTexts(std::span<const std::string> texts, std::string* out) {
  char separator = '[';
  for (const std::string& text : texts) {
    out->push_back(separator);
    AppendJsonString(text, out);
    separator = ',';
  }
  out->push_back(']');
}

// An upper bound, but for texts of control characters, which ids are not.
size_t SizeOf(std::string_view text) { return 2 * text.size() + kBytesAnEntry; }

}  // namespace

// Written as text at once: every list that is shown passes here.
ShownItems ShownItemsOf(std::span<const std::string> items, std::span<const std::string> sources) {
  ShownItems shown;
  for (size_t begin = 0; begin < items.size();) {
    size_t bytes = 0;
    size_t end = begin;
    for (; end < items.size(); ++end) {
      bytes += SizeOf(items[end]) + SizeOf(sources[end]);
      if (end > begin && bytes > kMaxItemsBytes) break;
    }
    std::string text = "\"items\":";
    PutTexts(items.subspan(begin, end - begin), &text);
    const auto of_part = sources.subspan(begin, end - begin);
    if (std::ranges::count(of_part, of_part.front()) == std::ssize(of_part)) {
      PutText("source", of_part.front(), &text);
    } else {
      text += ",\"sources\":";
      PutTexts(of_part, &text);
    }
    shown.parts.push_back({static_cast<int>(begin), std::move(text)});
    begin = end;
  }
  return shown;
}

std::vector<Event> ImpressionsOf(const ShownList& list, const ShownItems& items,
                                 std::string_view user_id, int64_t time_ms) {
  constexpr size_t kUsualHead = 160;
  std::string head;
  head.reserve(kUsualHead);
  head = "{";
  PutText("request_id", list.request_id, &head);
  PutText("model", list.model, &head);
  PutText("rung", list.rung, &head);
  PutText("experiment", list.experiment, &head);
  PutText("arm", list.arm, &head);
  if (head.size() > 1) head.push_back(',');
  std::vector<Event> events;
  events.reserve(items.parts.size());
  for (const ShownItems::Part& part : items.parts) {
    events.push_back({.user_id = std::string(user_id),
                      .kind = EventKind::kImpression,
                      .time_ms = time_ms,
                      .context = StrCat(head, R"("first_rank":)", list.first_rank + part.first, ",",
                                        part.text, "}")});
  }
  return events;
}

std::vector<Event> ImpressionsOf(const ShownList& list, std::string_view user_id, int64_t time_ms) {
  return ImpressionsOf(list, ShownItemsOf(list.items, list.sources), user_id, time_ms);
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
  if (json.Find("sources") == nullptr) {
    list.sources.assign(list.items.size(), json.GetString("source"));
    return list;
  }
  for (const Json& source : json.At("sources").AsArray()) list.sources.push_back(source.AsString());
  return list;
}

}  // namespace marquee
