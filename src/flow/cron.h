// Cron expressions, with the semantics of Vixie's cron.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/time_zone.h"

namespace marquee::flow {

// Thread-safe. Minute, hour, day of month, month, day of week: *, lists, ranges, steps, names; 7 is
// Sunday too. When neither day field begins with '*', a day that either of them names fits. Where
// clocks are put forward, a time that is passed over comes at that moment; where they are put back,
// the first of the two counts. If minute or hour begins with '*', it goes by the clock as it runs:
// nothing in the hour that is missing, everything twice in the one that is repeated.
class Cron {
 public:
  // Also @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly. Throws
  // invalid_argument, naming the field, and for one that no day ever fits.
  Cron(std::string_view text, const TimeZone& zone);

  // The first tick after `us`; the last one at or before it. O(days between).
  int64_t After(int64_t us) const;
  int64_t AtOrBefore(int64_t us) const;

 private:
  bool FitsDay(int64_t day) const;
  // Its ticks, in seconds of UTC, in order.
  std::vector<int64_t> TicksOf(int64_t day) const;
  std::optional<int64_t> FindAfter(int64_t seconds) const;

  TimeZone zone_;
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<7> weekdays_;
  bool any_day_ = false;      // the field begins with '*'
  bool any_weekday_ = false;  // likewise
  bool by_the_clock_ = false;
};

}  // namespace marquee::flow
