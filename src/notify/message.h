// Something that somebody is to be told, whoever tells it and by whatever channel.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace marquee::notify {

struct Message {
  std::string event = {};  // "failure", "retry", "success", "sla_miss", "summary", "test", ...
  std::string group = {};  // the same for what is the same thing again
  std::string title = {};  // one line
  std::string text = {};   // the whole, title first; lines
  int64_t time_ms = 0;
  Json fields = Json::MakeObject();  // what there is beside these, as templates name it

  // What a template's name stands for; null for one that this message has not: "event", "title",
  // "text", "time", or a field.
  Json Value(std::string_view name) const;
  // All of them, as one object.
  Json ToJson() const;
};

// Many in one, the same thing again told once with how often: "37 messages: 36 failure, 1 retry".
// REQUIRES: there are some.
Message Summary(std::span<const Message> messages);

}  // namespace marquee::notify
