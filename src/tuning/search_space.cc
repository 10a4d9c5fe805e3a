#include "tuning/search_space.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>

#include "base/check.h"
#include "base/error.h"
#include "base/random.h"
#include "base/text.h"

namespace marquee {
namespace {

constexpr size_t kRandomFirst = 10;
constexpr double kGoodShare = 0.25;
constexpr int kDraws = 24;

[[noreturn]] void RefuseRange(const std::string& text, std::string_view why) {
  throw Error(Code::kInvalidArgument, StrCat("--range ", text, ": ", why),
              "give it as key=lo:hi, or key=lo:hi:log for a logarithmic scale");
}

const SettingSpec& NumberSetting(const ModelType& type, const std::string& key,
                                 const std::string& text) {
  std::vector<std::string> names;
  for (const SettingSpec& spec : type.options) {
    const bool number =
        spec.type == SettingSpec::Type::kInt || spec.type == SettingSpec::Type::kNumber;
    if (number && spec.key == key) return spec;
    if (number) names.push_back(spec.key);
  }
  RefuseRange(text, StrCat(type.name, " has no numeric setting '", key, "'", DidYouMean(key, names),
                           "; it has: ", Join(names, ", ")));
}

SearchParameter ParseRange(const ModelType& type, const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) RefuseRange(text, "there is no '='");
  const std::string key = text.substr(0, equals);
  const std::string bounds = text.substr(equals + 1);
  const std::vector<std::string_view> parts = Split(bounds, ":");
  if (parts.size() < 2 || parts.size() > 3 || (parts.size() == 3 && parts[2] != "log"))
    RefuseRange(text, "this is no range");
  const std::optional<double> lo = ParseDouble(parts[0]), hi = ParseDouble(parts[1]);
  if (!lo || !hi || !(*lo < *hi)) RefuseRange(text, "it needs two numbers, the lower one first");
  const SettingSpec& spec = NumberSetting(type, key, text);
  if (*lo < spec.min || *hi > spec.max)
    RefuseRange(text, StrCat(key, " must be ", spec.min, " to ", spec.max));
  const bool log = parts.size() == 3;
  if (log && *lo <= 0) RefuseRange(text, "a logarithmic scale begins above 0");
  return {key, *lo, *hi, log, spec.type == SettingSpec::Type::kInt};
}

// A parameter on the scale where it is searched evenly.
double ToScale(const SearchParameter& parameter, double value) {
  return parameter.log ? std::log(value) : value;
}

double FromScale(const SearchParameter& parameter, double value) {
  value = parameter.log ? std::exp(value) : value;
  if (parameter.integer) value = std::round(value);
  return std::clamp(value, parameter.lo, parameter.hi);
}

// A mixture of normal distributions within [lo, hi]: one around each value and a broad one over the
// whole range, all of one weight.
class Parzen {
 public:
  Parzen(std::vector<double> centers, double lo, double hi) : lo_(lo), hi_(hi) {
    std::sort(centers.begin(), centers.end());
    const double range = hi - lo;
    const double narrowest = range / std::min(100.0, static_cast<double>(centers.size()) + 1);
    for (size_t i = 0; i < centers.size(); ++i) {
      const double left = centers[i] - (i == 0 ? lo : centers[i - 1]);
      const double right = (i + 1 == centers.size() ? hi : centers[i + 1]) - centers[i];
      Add(centers[i], std::clamp(std::max(left, right), narrowest, range));
    }
    Add((lo + hi) / 2, range);
  }

  double Draw(Rng& rng) const {
    const Normal& part = parts_[rng.Below(parts_.size())];
    for (;;) {
      const double value = part.mean + part.deviation * rng.Normal();
      if (value >= lo_ && value <= hi_) return value;
    }
  }

  double LogDensity(double x) const {
    double density = 0;
    for (const Normal& part : parts_) {
      const double z = (x - part.mean) / part.deviation;
      density += std::exp(-z * z / 2) / (part.deviation * part.inside);
    }
    return std::log(density / static_cast<double>(parts_.size()));
  }

 private:
  struct Normal {
    double mean;
    double deviation;
    double inside;  // how much of it lies in the range
  };

  void Add(double mean, double deviation) {
    const auto below = [&](double x) {
      return std::erfc((mean - x) / (deviation * std::numbers::sqrt2)) / 2;
    };
    parts_.push_back({mean, deviation, below(hi_) - below(lo_)});
  }

  double lo_, hi_;
  std::vector<Normal> parts_;
};

// Rows of the observations, best first; of equal ones the earlier.
std::vector<size_t> BestFirst(std::span<const Observation> observations) {
  std::vector<size_t> order(observations.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return observations[a].value > observations[b].value;
  });
  return order;
}

double TpeCoordinate(const SearchSpace& space, size_t at, std::span<const Observation> observations,
                     Rng& rng) {
  const SearchParameter& parameter = space[at];
  const std::vector<size_t> order = BestFirst(observations);
  const auto good = static_cast<size_t>(std::ceil(kGoodShare * static_cast<double>(order.size())));
  std::vector<double> best, rest;
  for (size_t i = 0; i < order.size(); ++i)
    (i < good ? best : rest).push_back(ToScale(parameter, observations[order[i]].point[at]));
  const double lo = ToScale(parameter, parameter.lo), hi = ToScale(parameter, parameter.hi);
  const Parzen promising(std::move(best), lo, hi), others(std::move(rest), lo, hi);
  double chosen = lo, chosen_ratio = -INFINITY;
  for (int draw = 0; draw < kDraws; ++draw) {
    const double value = promising.Draw(rng);
    const double ratio = promising.LogDensity(value) - others.LogDensity(value);
    if (ratio > chosen_ratio) {
      chosen = value;
      chosen_ratio = ratio;
    }
  }
  return FromScale(parameter, chosen);
}

}  // namespace

SearchSpace BuildSearchSpace(const ModelType& type, const std::map<std::string, std::string>& fixed,
                             const std::vector<std::string>& ranges) {
  SearchSpace space;
  for (const SettingSpec& spec : type.options) {
    if (!spec.search || fixed.contains(spec.key)) continue;
    space.push_back({spec.key, spec.search->lo, spec.search->hi, spec.search->log,
                     spec.type == SettingSpec::Type::kInt});
  }
  for (const std::string& text : ranges) {
    const SearchParameter parameter = ParseRange(type, text);
    if (fixed.contains(parameter.key)) RefuseRange(text, "--set gives it a value too");
    const auto declared = std::find_if(space.begin(), space.end(), [&](const SearchParameter& one) {
      return one.key == parameter.key;
    });
    if (declared == space.end()) {
      space.push_back(parameter);
    } else {
      *declared = parameter;
    }
  }
  if (space.empty()) {
    throw Error(Code::kInvalidArgument,
                StrCat("there is nothing to search: ", type.name,
                       " declares no range that --set leaves free"),
                "give some: --range key=lo:hi");
  }
  return space;
}

SearchKind ParseSearchKind(std::string_view name) {
  if (name == "random") return SearchKind::kRandom;
  if (name == "tpe") return SearchKind::kTpe;
  throw Error(Code::kInvalidArgument, StrCat("--search is '", name, "': must be random or tpe"));
}

std::string_view SearchKindName(SearchKind kind) {
  return kind == SearchKind::kRandom ? "random" : "tpe";
}

std::vector<double> NextPoint(const SearchSpace& space, SearchKind kind,
                              std::span<const Observation> observations, uint64_t seed,
                              int64_t trial) {
  MARQUEE_CHECK(!space.empty());
  Rng rng = Rng(seed).Fork(static_cast<uint64_t>(trial));
  const bool random = kind == SearchKind::kRandom || observations.size() < kRandomFirst;
  std::vector<double> point;
  for (size_t at = 0; at < space.size(); ++at) {
    if (!random) {
      point.push_back(TpeCoordinate(space, at, observations, rng));
      continue;
    }
    const double lo = ToScale(space[at], space[at].lo), hi = ToScale(space[at], space[at].hi);
    point.push_back(FromScale(space[at], lo + (hi - lo) * rng.Uniform()));
  }
  return point;
}

std::map<std::string, std::string> SettingsOf(const SearchSpace& space,
                                              std::span<const double> point) {
  std::map<std::string, std::string> settings;
  for (size_t at = 0; at < space.size(); ++at) {
    settings[space[at].key] =
        space[at].integer ? StrCat(static_cast<int64_t>(point[at])) : Json(point[at]).Dump();
  }
  return settings;
}

}  // namespace marquee
