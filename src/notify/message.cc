#include "notify/message.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.h"
#include "base/text.h"

namespace marquee::notify {
namespace {

constexpr size_t kMostLines = 50;

struct Repeated {
  const Message* last;
  int64_t first_ms;
  int64_t count = 0;
};

// In the order in which each was first told.
std::vector<Repeated> Group(std::span<const Message> messages) {
  std::vector<Repeated> groups;
  for (const Message& message : messages) {
    auto found = std::ranges::find_if(
        groups, [&](const Repeated& group) { return group.last->group == message.group; });
    if (found == groups.end()) {
      groups.push_back({&message, message.time_ms});
      found = groups.end() - 1;
    }
    found->last = &message;
    ++found->count;
  }
  return groups;
}

std::string LineOf(const Repeated& group) {
  const std::string last = FormatUtc(group.last->time_ms).substr(0, 19);
  if (group.count == 1) return StrCat(last, "  ", group.last->title);
  return StrCat(last, "  ", group.last->title, "  (", group.count, " times since ",
                FormatUtc(group.first_ms).substr(0, 19), ")");
}

}  // namespace

Json Message::Value(std::string_view name) const {
  if (name == "event") return event;
  if (name == "title") return title;
  if (name == "text") return text;
  if (name == "time") return FormatUtc(time_ms);
  const Json* const field = fields.Find(name);
  return field == nullptr ? Json() : *field;
}

Json Message::ToJson() const {
  Json json = Json::MakeObject();
  for (const std::string_view name : {"event", "title", "text", "time"}) json[name] = Value(name);
  for (const auto& [name, value] : fields.AsObject()) json[name] = value;
  return json;
}

Message Summary(std::span<const Message> messages) {
  std::vector<std::pair<std::string, int64_t>> counts;
  for (const Message& message : messages) {
    const auto found =
        std::ranges::find(counts, message.event, &std::pair<std::string, int64_t>::first);
    found == counts.end() ? counts.emplace_back(message.event, 1) : (++found->second, *found);
  }
  std::string events;
  for (const auto& [event, count] : counts) {
    StrAppend(&events, events.empty() ? "" : ", ", count, " ", event);
  }
  Message summary{.event = "summary", .group = "summary"};
  summary.title = StrCat(messages.size(), " messages: ", events);
  summary.text = StrCat(summary.title, "\n\n");
  summary.time_ms = messages.back().time_ms;
  const std::vector<Repeated> groups = Group(messages);
  for (size_t i = 0; i < std::min(groups.size(), kMostLines); ++i) {
    StrAppend(&summary.text, LineOf(groups[i]), "\n");
  }
  if (groups.size() > kMostLines) {
    StrAppend(&summary.text, "and ", groups.size() - kMostLines, " more\n");
  }
  summary.fields["count"] = messages.size();
  return summary;
}

}  // namespace marquee::notify
