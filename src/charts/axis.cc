#include "charts/axis.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/text.h"

namespace marquee::charts {
namespace {

// Beyond it differences of two values overflow.
constexpr double kLargest = 1e300;

double NiceStep(double span, int wanted) {
  const double raw = span / std::max(wanted, 1);
  const double magnitude = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (raw <= factor * magnitude * (1 + 1e-9)) return factor * magnitude;
  }
  return 10 * magnitude;
}

// The greatest of 1, 2 and 5 times a power of ten that is at most `value`.
double NiceBelow(double value) {
  const double magnitude = std::pow(10.0, std::floor(std::log10(value)));
  for (const double factor : {5.0, 2.0}) {
    if (factor * magnitude <= value * (1 + 1e-9)) return factor * magnitude;
  }
  return magnitude;
}

double NiceAbove(double value) {
  const double below = NiceBelow(value);
  if (below >= value * (1 - 1e-9)) return below;
  const double magnitude = std::pow(10.0, std::floor(std::log10(value)));
  return below < 2 * magnitude * (1 - 1e-9)   ? 2 * magnitude
         : below < 5 * magnitude * (1 - 1e-9) ? 5 * magnitude
                                              : 10 * magnitude;
}

std::string Short(double value, int digits) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.*g", digits, value);
  return buffer;
}

// "1,234.5": `digits` after the point, the whole part in thousands from five figures on, so that
// years stay years.
std::string Grouped(double value, int digits) {
  std::string text = Fixed(value, digits);
  if (std::abs(value) < 10000) return text;
  const size_t point = std::min(text.find('.'), text.size());
  const std::optional<int64_t> whole = ParseInt(text.substr(0, point));
  return whole ? WithThousands(*whole) + text.substr(point) : text;
}

int DigitsFor(double step) {
  return std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 12);
}

}  // namespace

void Range::Include(double value, ScaleKind kind) {
  if (!CanShow(value, kind)) return;
  value = std::clamp(value, -kLargest, kLargest);
  low = empty ? value : std::min(low, value);
  high = empty ? value : std::max(high, value);
  empty = false;
}

bool CanShow(double value, ScaleKind kind) {
  return std::isfinite(value) && (kind == ScaleKind::kLinear || value > 1e-300);
}

std::string TickLabel(double value, double step) {
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size >= 1e15 || size < 1e-6) return Short(value, 6);
  constexpr struct {
    double unit;
    const char* suffix;
  } kUnits[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}};
  for (const auto& [unit, suffix] : kUnits) {
    if (size >= unit) return Grouped(value / unit, DigitsFor(step / unit)) + suffix;
  }
  return Grouped(value, DigitsFor(step));
}

std::string ValueLabel(double value) {
  if (!std::isfinite(value)) return "no data";
  const double size = std::abs(value);
  if (value == std::round(value) && size < 1e15) {
    return WithThousands(static_cast<int64_t>(value));
  }
  if (size >= 1e15 || size < 1e-4) return Short(value, 4);
  const int digits = std::clamp(3 - static_cast<int>(std::floor(std::log10(size))), 1, 8);
  std::string text = Grouped(value, digits);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

Axis::Axis(const Range& range, const Options& options)
    : kind_(options.kind),
      low_(range.low),
      high_(range.high),
      from_px_(options.from_px),
      to_px_(options.to_px) {
  const bool log = kind_ == ScaleKind::kLog;
  if (range.empty) {
    low_ = log ? 1 : 0;
    high_ = log ? 10 : 1;
  }
  if (log) {
    if (high_ <= low_ * (1 + 1e-9)) {
      low_ /= 2;
      high_ *= 2;
    }
    PlaceLogTicks(options);
    return;
  }
  const double size = std::max(std::abs(low_), std::abs(high_));
  if (high_ - low_ <= size * 1e-12) {
    const double around = size == 0 ? 0.5 : size * (range.whole_numbers ? 0.5 / size : 0.1);
    low_ -= around;
    high_ += around;
  }
  PlaceLinearTicks(options, range.whole_numbers);
}

void Axis::PlaceLinearTicks(const Options& options, bool whole_numbers) {
  double step = NiceStep(high_ - low_, options.wanted);
  if (whole_numbers) step = std::max(step, 1.0);
  double first = std::ceil(low_ / step - 1e-9);
  double last = std::floor(high_ / step + 1e-9);
  if (options.to_whole_ticks) {
    first = std::floor(low_ / step + 1e-9);
    last = std::ceil(high_ / step - 1e-9);
    low_ = first * step;
    high_ = last * step;
  }
  for (double at = first; at <= last; ++at)
    ticks_.push_back({at * step, TickLabel(at * step, step)});
}

void Axis::PlaceLogTicks(const Options& options) {
  if (options.to_whole_ticks) {
    low_ = NiceBelow(low_);
    high_ = NiceAbove(high_);
  }
  const int first = static_cast<int>(std::floor(std::log10(low_)));
  const int last = static_cast<int>(std::ceil(std::log10(high_)));
  const int stride = std::max(1, (last - first) / std::max(options.wanted, 1));
  const bool between = last - first <= std::max(options.wanted / 2, 1);
  for (int decade = first; decade <= last; decade += stride) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * std::pow(10.0, decade);
      if (factor > 1 && !between) break;
      if (value < low_ * (1 - 1e-9) || value > high_ * (1 + 1e-9)) continue;
      ticks_.push_back({value, TickLabel(value, value)});
    }
  }
}

double Axis::At(double value) const {
  value = std::clamp(value, -kLargest, kLargest);
  const double share = kind_ == ScaleKind::kLog
                           ? (std::log(value) - std::log(low_)) / (std::log(high_) - std::log(low_))
                           : (value - low_) / (high_ - low_);
  return from_px_ + share * (to_px_ - from_px_);
}

}  // namespace marquee::charts
