// Local time of a place: the rules of the IANA database.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::flow {

// Thread-safe. Local time is counted in seconds since 1970 as the clock on the wall there shows it.
class TimeZone {
 public:
  TimeZone() : TimeZone("UTC") {}
  // "Europe/Paris". Throws invalid_argument for an unknown name, unavailable without the database.
  explicit TimeZone(std::string_view name);

  const std::string& name() const { return name_; }
  int64_t ToLocal(int64_t utc_seconds) const;
  // The moments at which the wall shows it: none when clocks are put forward over it, two when they
  // are put back.
  std::vector<int64_t> ToUtc(int64_t local_seconds) const;
  // The first such moment, or the one at which clocks are put forward over it.
  int64_t ToUtcOnce(int64_t local_seconds) const;

 private:
  std::string name_;
  const void* zone_;  // of the library's database, which lives as long as the program; null: UTC
};

}  // namespace marquee::flow
