// What can be said of differences between arms. Pure functions.
#pragma once

#include <cstdint>
#include <span>

namespace marquee {

// Of values of independent users.
class Moments {
 public:
  void Add(double value) {
    ++count_;
    const double delta = value - mean_;
    mean_ += delta / static_cast<double>(count_);
    squares_ += delta * (value - mean_);
  }
  int64_t count() const { return count_; }
  double mean() const { return mean_; }  // 0 of none
  // Of the mean, squared; 0 of fewer than two.
  double mean_variance() const {
    const auto n = static_cast<double>(count_);
    return count_ < 2 ? 0 : squares_ / (n - 1) / n;
  }

 private:
  int64_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;  // sum of squared distances from the mean
};

struct Interval {
  double low;
  double high;
};

// A difference that was estimated with a standard error of sqrt(variance), at level alpha.
struct Difference {
  double value;
  Interval fixed;         // by the normal distribution: for one look, at a time fixed beforehand
  double p_value;         // of no difference, for one look
  Interval always;        // holds at all looks together
  double always_p_value;  // of no difference, however often one looks and whenever one stops
};

// `always` and its p-value are of the mixture sequential probability ratio test (Johari, Pekelis
// and Walsh 2017, eq. 10) with normal mixing of standard deviation `expected_effect`. With no
// variance nothing is known: infinite intervals, p-values of 1.
Difference MakeDifference(double value, double variance, double expected_effect, double alpha);

// The chance of counts at least so far from those that `weights` let expect (chi-squared, Pearson):
// a small one says that assignment or logging is broken. 1 when there is nothing to tell.
// REQUIRES: spans of one length; weights > 0.
double SampleRatioPValue(std::span<const int64_t> counts, std::span<const double> weights);

}  // namespace marquee
