#include "flow/time_zone.h"

#include <date/tz.h>

#include <chrono>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"

namespace marquee::flow {
namespace {

using std::chrono::seconds;

const date::time_zone& ZoneOf(const void* zone) {
  return *static_cast<const date::time_zone*>(zone);
}

const void* FindZone(const std::string& name) {
  if (name == "UTC") return nullptr;
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    throw Error(Code::kInvalidArgument, StrCat("no time zone '", name, "'"),
                "take a name of the IANA database, as Europe/Paris");
  }
}

date::local_info InfoOf(const void* zone, int64_t local) {
  return ZoneOf(zone).get_info(date::local_seconds(seconds(local)));
}

}  // namespace

TimeZone::TimeZone(std::string_view name) : name_(name), zone_(FindZone(name_)) {}

int64_t TimeZone::ToLocal(int64_t utc_seconds) const {
  if (zone_ == nullptr) return utc_seconds;
  const date::sys_seconds at{seconds(utc_seconds)};
  return utc_seconds + ZoneOf(zone_).get_info(at).offset.count();
}

std::vector<int64_t> TimeZone::ToUtc(int64_t local_seconds) const {
  if (zone_ == nullptr) return {local_seconds};
  const date::local_info info = InfoOf(zone_, local_seconds);
  const int64_t first = local_seconds - info.first.offset.count();
  if (info.result == date::local_info::unique) return {first};
  if (info.result == date::local_info::nonexistent) return {};
  return {first, local_seconds - info.second.offset.count()};
}

int64_t TimeZone::ToUtcOnce(int64_t local_seconds) const {
  if (zone_ == nullptr) return local_seconds;
  const date::local_info info = InfoOf(zone_, local_seconds);
  if (info.result == date::local_info::nonexistent) {
    return info.first.end.time_since_epoch().count();
  }
  return local_seconds - info.first.offset.count();
}

}  // namespace marquee::flow
