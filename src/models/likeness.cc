#include "models/likeness.h"

#include <cmath>

#include "base/text.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr double kMaxShrinkage = 1e6;
constexpr int kMaxNeighbours = 100'000;
// Okapi BM25's usual constants (Robertson and Zaragoza 2009).
constexpr double kSaturation = 1.2;
constexpr double kSizeShare = 0.75;

}  // namespace

const std::vector<std::string>& WeightingNames() {
  static const std::vector<std::string> names = {"cosine", "tfidf", "bm25"};
  return names;
}

std::string_view NameOf(Weighting weighting) {
  return WeightingNames()[static_cast<size_t>(weighting)];
}

Weighting WeightingNamed(std::string_view name) {
  RequireChoice("weighting", name, WeightingNames());
  for (const Weighting weighting : {Weighting::kTfIdf, Weighting::kBm25}) {
    if (NameOf(weighting) == name) return weighting;
  }
  return Weighting::kCosine;
}

std::vector<double> MemberWeights(Weighting weighting, const SparseMatrix& rows) {
  std::vector<double> weights(static_cast<size_t>(rows.num_columns()), 1.0);
  if (weighting == Weighting::kCosine) return weights;
  std::vector<double> in_rows(weights.size());
  for (int32_t row = 0; row < rows.num_rows(); ++row) {
    for (const int32_t column : rows.Row(row).columns) in_rows[static_cast<size_t>(column)] += 1;
  }
  for (size_t column = 0; column < weights.size(); ++column) {
    const double idf = std::log((rows.num_rows() + 1) / (in_rows[column] + 0.5));
    weights[column] = idf * idf;
  }
  return weights;
}

std::vector<double> RowFactors(Weighting weighting, const SparseMatrix& rows,
                               std::span<const double> member_weights) {
  const double mean_size = static_cast<double>(rows.nnz()) / rows.num_rows();
  std::vector<double> factors;
  for (int32_t row = 0; row < rows.num_rows(); ++row) {
    const std::span<const int32_t> columns = rows.Row(row).columns;
    if (weighting == Weighting::kBm25) {
      const double size = static_cast<double>(columns.size()) / mean_size;
      factors.push_back((kSaturation + 1) /
                        (kSaturation * (1 - kSizeShare + kSizeShare * size) + 1));
      continue;
    }
    double sum = 0;
    for (const int32_t column : columns) sum += member_weights[static_cast<size_t>(column)];
    factors.push_back(InverseLength(sum));
  }
  return factors;
}

double InverseLength(double sum_of_weights) {
  return sum_of_weights > 0 ? 1 / std::sqrt(sum_of_weights) : 0;
}

double Shrunk(int32_t shared, double shrinkage) { return shared / (shared + shrinkage); }

std::vector<SettingSpec> LikenessSettings(const LikenessDefaults& defaults) {
  using Type = SettingSpec::Type;
  return {{.key = "weighting",
           .type = Type::kText,
           .fallback = std::string(NameOf(defaults.weighting)),
           .doc = "what a shared member says: cosine all the same, tfidf and bm25 more when rare",
           .choices = WeightingNames()},
          {.key = "shrinkage",
           .type = Type::kNumber,
           .fallback = StrCat(defaults.shrinkage),
           .doc = "holds back likeness that rests on few members; raise it for sparse data",
           .min = 0,
           .max = kMaxShrinkage,
           .search = SearchRange{0, 200}},
          {.key = "neighbours",
           .type = Type::kInt,
           .fallback = StrCat(defaults.neighbours),
           .doc = "how many of the nearest count; more smooths, and costs memory and time",
           .min = 1,
           .max = kMaxNeighbours,
           .search = SearchRange{20, 1000, true}}};
}

void RequireLikeness(double shrinkage, int neighbours) {
  RequireRange("shrinkage", shrinkage, 0, kMaxShrinkage);
  RequireRange("neighbours", neighbours, 1, kMaxNeighbours);
}

}  // namespace marquee
