#include "flow/cron.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

constexpr int64_t kDaySeconds = 86'400;
constexpr int64_t kSearchedDays = 366 * 41;  // a 29th of February on each weekday comes in 40 years

constexpr std::array kMonthNames = std::to_array<std::string_view>(
    {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"});
constexpr std::array kWeekdayNames =
    std::to_array<std::string_view>({"sun", "mon", "tue", "wed", "thu", "fri", "sat"});

constexpr std::array kMacros =
    std::to_array<std::pair<std::string_view, std::string_view>>({{"@yearly", "0 0 1 1 *"},
                                                                  {"@annually", "0 0 1 1 *"},
                                                                  {"@monthly", "0 0 1 * *"},
                                                                  {"@weekly", "0 0 * * 0"},
                                                                  {"@daily", "0 0 * * *"},
                                                                  {"@midnight", "0 0 * * *"},
                                                                  {"@hourly", "0 * * * *"}});

struct CronField {
  std::string_view name;
  int min;
  int max;
  std::span<const std::string_view> names;
  int first_name;
};

[[noreturn]] void RefuseCron(const CronField& field, std::string_view text, std::string_view why) {
  throw Error(Code::kInvalidArgument,
              StrCat("the ", field.name, " of the schedule is '", text, "': ", why),
              "five fields: minute hour day month weekday, as in 30 2 * * 1-5");
}

int CronValue(const CronField& field, std::string_view text, std::string_view whole) {
  const auto name = std::ranges::find(field.names, AsciiLower(text));
  if (name != field.names.end()) {
    return static_cast<int>(name - field.names.begin()) + field.first_name;
  }
  const auto value = ParseInt(text);
  if (!value || text.starts_with('-') || text.starts_with('+') || *value < field.min ||
      *value > field.max) {
    RefuseCron(field, whole, StrCat("'", text, "' is not within ", field.min, " to ", field.max));
  }
  return static_cast<int>(*value);
}

// One part of a list: "*", "5", "1-5", each with "/step".
void AddCronPart(const CronField& field, std::string_view part, std::string_view whole,
                 std::vector<int>* values) {
  int step = 1;
  const size_t slash = part.find('/');
  const std::string_view range = part.substr(0, slash);
  if (slash != std::string_view::npos) {
    const auto parsed = ParseInt(part.substr(slash + 1));
    if (!parsed || *parsed < 1 || *parsed > field.max) RefuseCron(field, whole, "a bad step");
    step = static_cast<int>(*parsed);
  }
  int low = field.min;
  int high = field.max;
  if (range != "*") {
    const size_t dash = range.find('-');
    low = CronValue(field, range.substr(0, dash), whole);
    high = dash != std::string_view::npos    ? CronValue(field, range.substr(dash + 1), whole)
           : slash != std::string_view::npos ? field.max
                                             : low;
    if (low > high) RefuseCron(field, whole, "the range runs backwards");
  }
  for (int value = low; value <= high; value += step) values->push_back(value);
}

std::vector<int> CronValues(const CronField& field, std::string_view text) {
  std::vector<int> values;
  for (const std::string_view part : Split(text, ",")) {
    if (part.empty()) RefuseCron(field, text, "an empty part");
    AddCronPart(field, part, text, &values);
  }
  return values;
}

std::vector<std::string_view> CronWords(std::string_view text) {
  std::string_view spelled = Trim(text);
  for (const auto& [macro, meaning] : kMacros) {
    if (spelled == macro) spelled = meaning;
  }
  std::vector<std::string_view> words;
  for (const std::string_view word : Split(spelled, " ")) {
    if (!Trim(word).empty()) words.push_back(Trim(word));
  }
  if (words.size() == 5) return words;
  throw Error(Code::kInvalidArgument,
              StrCat("the schedule is '", text, "': it has ", words.size(), " fields and needs 5"),
              "write a cron expression, @daily and the like, or a time as 30m");
}

int64_t FloorDay(int64_t seconds) {
  return seconds / kDaySeconds - (seconds % kDaySeconds < 0 ? 1 : 0);
}

int64_t FloorSeconds(int64_t us) { return us / kSecondUs - (us % kSecondUs < 0 ? 1 : 0); }

}  // namespace

Cron::Cron(std::string_view text, const TimeZone& zone) : zone_(zone) {
  const std::vector<std::string_view> words = CronWords(text);
  const CronField minute{"minute", 0, 59, {}, 0};
  const CronField hour{"hour", 0, 23, {}, 0};
  const CronField day{"day of the month", 1, 31, {}, 0};
  const CronField month{"month", 1, 12, kMonthNames, 1};
  const CronField weekday{"day of the week", 0, 7, kWeekdayNames, 0};
  for (const int value : CronValues(minute, words[0])) minutes_.set(static_cast<size_t>(value));
  for (const int value : CronValues(hour, words[1])) hours_.set(static_cast<size_t>(value));
  for (const int value : CronValues(day, words[2])) days_.set(static_cast<size_t>(value));
  for (const int value : CronValues(month, words[3])) months_.set(static_cast<size_t>(value));
  for (const int value : CronValues(weekday, words[4]))
    weekdays_.set(static_cast<size_t>(value % 7));
  by_the_clock_ = words[0].starts_with('*') || words[1].starts_with('*');
  any_day_ = words[2].starts_with('*');
  any_weekday_ = words[4].starts_with('*');
  if (!FindAfter(0)) {
    throw Error(Code::kInvalidArgument, StrCat("the schedule is '", text, "': no day ever fits it"),
                "look at day and month");
  }
}

bool Cron::FitsDay(int64_t day) const {
  const std::chrono::sys_days date{std::chrono::days(day)};
  const std::chrono::year_month_day parts(date);
  if (!months_[static_cast<unsigned>(parts.month())]) return false;
  const bool by_day = days_[static_cast<unsigned>(parts.day())];
  const bool by_weekday = weekdays_[std::chrono::weekday(date).c_encoding()];
  return any_day_ || any_weekday_ ? by_day && by_weekday : by_day || by_weekday;
}

std::vector<int64_t> Cron::TicksOf(int64_t day) const {
  std::vector<int64_t> ticks;
  if (!FitsDay(day)) return ticks;
  for (size_t hour = 0; hour < hours_.size(); ++hour) {
    if (!hours_[hour]) continue;
    for (size_t minute = 0; minute < minutes_.size(); ++minute) {
      if (!minutes_[minute]) continue;
      const int64_t local = day * kDaySeconds + static_cast<int64_t>(hour * 3600 + minute * 60);
      if (!by_the_clock_) {
        ticks.push_back(zone_.ToUtcOnce(local));
      } else {
        for (const int64_t tick : zone_.ToUtc(local)) ticks.push_back(tick);
      }
    }
  }
  std::ranges::sort(ticks);
  ticks.erase(std::unique(ticks.begin(), ticks.end()), ticks.end());
  return ticks;
}

std::optional<int64_t> Cron::FindAfter(int64_t seconds) const {
  const int64_t first = FloorDay(zone_.ToLocal(seconds)) - 1;
  for (int64_t day = first; day < first + kSearchedDays; ++day) {
    const std::vector<int64_t> ticks = TicksOf(day);
    const auto found = std::ranges::upper_bound(ticks, seconds);
    if (found != ticks.end()) return *found;
  }
  return std::nullopt;
}

int64_t Cron::After(int64_t us) const { return *FindAfter(FloorSeconds(us)) * kSecondUs; }

int64_t Cron::AtOrBefore(int64_t us) const {
  const int64_t seconds = FloorSeconds(us);
  for (int64_t day = FloorDay(zone_.ToLocal(seconds)) + 1;; --day) {
    const std::vector<int64_t> ticks = TicksOf(day);
    const auto found = std::ranges::upper_bound(ticks, seconds);
    if (found != ticks.begin()) return *std::prev(found) * kSecondUs;
  }
}

}  // namespace marquee::flow
