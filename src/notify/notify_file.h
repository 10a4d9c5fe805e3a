// The channels of a home, as people declare them: notify.toml (docs/flow.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "flow/notices.h"
#include "notify/channel.h"
#include "notify/text_template.h"

namespace marquee::notify {

// What channels are made with.
struct ChannelParts {
  const Clock& clock;
  // Of the channel `console`: shows a line to whoever started this process.
  std::function<void(std::string_view line)> console;
};

struct ChannelSpec {
  std::string name;
  std::string type = {};    // "mail", "webhook", "log", "console"
  std::string target = {};  // for people, without secrets
  int64_t per_hour = 20;
  std::function<std::unique_ptr<Channel>(const ChannelParts&)> make = {};
};

struct NotifySettings {
  std::vector<ChannelSpec> channels;  // `log` and `console` are always there
  flow::Notices notices;              // of DAGs that say nothing else
  std::string url;                    // where the API is reached from elsewhere; "": nobody said

  // Throws not_found, naming the nearest.
  const ChannelSpec& Named(std::string_view name) const;
};

// Without the file, failures and missed SLAs go to `log` and `console`. Throws invalid_argument
// with file and line for a key, a value, an address or a template that is none, and for a secret
// that is not there.
NotifySettings ReadNotifyFile(const std::filesystem::path& file, const TemplateNames& names);

}  // namespace marquee::notify
