// When a DAG runs by itself: from a schedule to data intervals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/cron.h"
#include "flow/time_zone.h"

namespace marquee::flow {

// The time that a run is about: [start, end).
struct DataInterval {
  int64_t start_us = 0;
  int64_t end_us = 0;

  bool operator==(const DataInterval&) const = default;
};

// Immutable.
class Schedule {
 public:
  enum class Kind { kManual, kOnce, kCron, kEvery, kTables };

  Schedule() = default;
  // "manual", "@once", a cron expression, or a time as "6h". Throws invalid_argument.
  Schedule(std::string_view text, const TimeZone& zone);
  // A new version of any of them.
  static Schedule OnTables(std::vector<std::string> tables);

  Kind kind() const { return kind_; }
  const std::string& text() const { return text_; }  // as it was given
  int64_t every_us() const { return every_us_; }
  const std::vector<std::string>& tables() const { return tables_; }

  struct Bounds {
    int64_t start_us = 0;
    std::optional<int64_t> end_us = {};  // no interval begins after it
    bool catchup = false;                // whether intervals that were missed are made up for
  };
  // The interval after the last one that had a run, which ended at `last_end_us`: its run is due
  // when it ends, which may be after `now_us`. Without catchup, all but the latest whole one are
  // passed over. Nothing when there are none left, and for a DAG that does not run by the clock.
  std::optional<DataInterval> Next(const Bounds& bounds, std::optional<int64_t> last_end_us,
                                   int64_t now_us) const;
  // Those that begin in [from, to].
  std::vector<DataInterval> Between(int64_t from_us, int64_t to_us) const;
  // That of a run by hand at `us`: the last whole one; without a clock one of no length.
  DataInterval Around(int64_t us) const;

 private:
  std::optional<DataInterval> NextOfCron(const Bounds& bounds, std::optional<int64_t> last_end_us,
                                         int64_t now_us) const;
  std::optional<DataInterval> NextOfEvery(const Bounds& bounds, std::optional<int64_t> last_end_us,
                                          int64_t now_us) const;

  Kind kind_ = Kind::kManual;
  std::string text_ = "manual";
  std::optional<Cron> cron_;
  int64_t every_us_ = 0;
  std::vector<std::string> tables_;
};

}  // namespace marquee::flow
