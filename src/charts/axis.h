// A scale with good ticks: values to pixels.
#pragma once

#include <string>
#include <vector>

namespace marquee::charts {

enum class ScaleKind { kLinear, kLog };

// The values that an axis has to show.
struct Range {
  double low = 0;
  double high = 0;
  bool whole_numbers = false;  // ticks between whole numbers would say nothing

  // Takes `value` in; what `kind` cannot show is passed over.
  void Include(double value, ScaleKind kind);
  bool empty = true;
};

struct Tick {
  double value = 0;
  std::string label;
};

// Whether `kind` has a place for `value`: finite, and above 0 on a log scale.
bool CanShow(double value, ScaleKind kind);

// Values of a range on the pixels `from`..`to` (either may be the greater). Ticks are 1, 2 or 5
// times a power of ten (Heckbert, "Nice numbers for graph labels", 1990), about `wanted` of them.
class Axis {
 public:
  struct Options {
    ScaleKind kind = ScaleKind::kLinear;
    double from_px = 0;
    double to_px = 100;
    int wanted = 6;
    bool to_whole_ticks = true;  // widen the range so that it begins and ends at a tick
  };
  // An empty range becomes 0..1 (1..10 on a log scale); a range of one value is widened around it.
  Axis(const Range& range, const Options& options);

  // REQUIRES: CanShow(value, kind).
  double At(double value) const;
  const std::vector<Tick>& ticks() const { return ticks_; }
  double low() const { return low_; }
  double high() const { return high_; }

 private:
  void PlaceLinearTicks(const Options& options, bool whole_numbers);
  void PlaceLogTicks(const Options& options);

  ScaleKind kind_;
  double low_;
  double high_;
  double from_px_;
  double to_px_;
  std::vector<Tick> ticks_;
};

// A number as a person reads it beside others `step` apart: 2020, 12,500, 1.5M, 0.05, 1e-07.
std::string TickLabel(double value, double step);
// A number on its own, to four significant digits at least: 8,807, 99.53, 0.001234, 0.5.
std::string ValueLabel(double value);

}  // namespace marquee::charts
