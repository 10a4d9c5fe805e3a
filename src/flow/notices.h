// Who is told of what, by the names of channels. What those are is known elsewhere.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace marquee::flow {

class TomlFields;

// None: as what stands around it says. Empty: nobody.
struct Notices {
  using Channels = std::optional<std::vector<std::string>>;
  Channels on_failure = {};
  Channels on_retry = {};
  Channels on_success = {};
  Channels on_sla_miss = {};
};

// Reads the four keys; what is not there stays as it is. Throws as TomlFields does.
void ReadNotices(TomlFields& fields, Notices* notices);

}  // namespace marquee::flow
