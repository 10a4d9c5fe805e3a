// For tests: messages, and names as files of channels have them.
#pragma once

#include <string>

#include "base/text.h"
#include "notify/flow_messages.h"
#include "notify/message.h"
#include "notify/text_template.h"

namespace marquee::notify {

inline Message Failure(const std::string& what, int64_t time_ms = 1'700'000'000'000) {
  Message message{.event = "failure", .group = what, .title = StrCat(what, " failed")};
  message.text = StrCat(message.title, "\nlog: x\n");
  message.time_ms = time_ms;
  message.fields["dag_id"] = what;
  message.fields["try_number"] = 2;
  message.fields["reason"] = "exit \"1\"\n<b>";
  return message;
}

// With one variable of the environment, TOKEN.
inline TemplateNames NamesForTests() {
  return {.known = FlowFieldNames(), .environment = [](const char* name) -> const char* {
            return std::string_view(name) == "TOKEN" ? "s3cret" : nullptr;
          }};
}

}  // namespace marquee::notify
