#include "flow/notices.h"

#include "flow/toml_fields.h"

namespace marquee::flow {

void ReadNotices(TomlFields& fields, Notices* notices) {
  const auto read = [&](std::string_view key, Notices::Channels* channels) {
    if (fields.Value(key) != nullptr) *channels = fields.Texts(key);
  };
  read("on_failure", &notices->on_failure);
  read("on_retry", &notices->on_retry);
  read("on_success", &notices->on_success);
  read("on_sla_miss", &notices->on_sla_miss);
}

}  // namespace marquee::flow
