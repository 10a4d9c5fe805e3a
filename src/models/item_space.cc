#include "models/item_space.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "kernels/cholesky.h"
#include "kernels/gram.h"
#include "kernels/vector.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr int kMaxSteps = 12;
constexpr int kMaxHalvings = 12;
// Of the objective, relative: what float32 scores can tell apart.
constexpr double kTolerance = 1e-6;
// Items less likely than this share of 1 / items do not bend the objective: together below 10 %,
// they cost a few percent of a step's length at most and most of its time.
constexpr float kLikelyShare = 0.1f;

std::vector<float> InverseNorms(const kernels::Matrix& vectors) {
  std::vector<float> inverse(vectors.rows());
  for (size_t row = 0; row < inverse.size(); ++row) {
    const float square = kernels::Dot(vectors.Row(row), vectors.Row(row));
    inverse[row] = square > 0 ? 1 / std::sqrt(square) : std::numeric_limits<float>::quiet_NaN();
  }
  return inverse;
}

// Its distance from the center, which is zero where it is empty.
std::vector<float> FromCenter(std::span<const float> vector, std::span<const float> center) {
  std::vector<float> distance(vector.begin(), vector.end());
  if (!center.empty()) kernels::Axpy(-1, center, distance);
  return distance;
}

}  // namespace

kernels::Matrix MatrixOf(std::span<const float> values, size_t rows, size_t columns) {
  MARQUEE_CHECK(values.size() == rows * columns);
  kernels::Matrix matrix(rows, columns);
  std::copy(values.begin(), values.end(), matrix.values().begin());
  return matrix;
}

struct ItemSpace::Softmax {
  std::vector<float> scores;  // b + V u; then e^(score - largest) / sum
  std::vector<int32_t> rows;  // 0 .. items - 1
  std::vector<int32_t> likely;
  std::vector<float> likely_weights;
};

ItemSpace::ItemSpace(kernels::Matrix vectors, std::vector<float> biases, double l2)
    : vectors_(std::move(vectors)),
      biases_(std::move(biases)),
      l2_(l2),
      inverse_norms_(InverseNorms(vectors_)) {
  MARQUEE_CHECK(biases_.size() == vectors_.rows());
}

void ItemSpace::Score(std::span<const float> vector, std::span<float> scores) const {
  kernels::Scores(vectors_, vector, scores);
  for (size_t i = 0; i < scores.size(); ++i) scores[i] += biases_[i];
}

// The objective at `vector` without the biases of the history, which are constant; leaves the
// probabilities in *at.
double ItemSpace::Evaluate(std::span<const float> vector, const Problem& problem,
                           Softmax* at) const {
  Score(vector, at->scores);
  const float largest = *std::max_element(at->scores.begin(), at->scores.end());
  double sum = 0;
  for (float& score : at->scores) {
    score = std::exp(score - largest);
    sum += score;
  }
  const auto scale = static_cast<float>(1 / sum);
  for (float& score : at->scores) score *= scale;
  const std::vector<float> distance = FromCenter(vector, problem.center);
  return kernels::Dot(problem.pull, vector) -
         static_cast<double>(problem.count) * (largest + std::log(sum)) -
         l2_ / 2 * kernels::Dot(distance, distance);
}

std::vector<float> ItemSpace::Gradient(std::span<const float> vector, const Problem& problem,
                                       const Softmax& at) const {
  std::vector<float> mean(vector.size());
  kernels::AddRows(vectors_, at.rows, mean, at.scores);
  std::vector<float> gradient(problem.pull.begin(), problem.pull.end());
  kernels::Axpy(-static_cast<float>(problem.count), mean, gradient);
  kernels::Axpy(-static_cast<float>(l2_), FromCenter(vector, problem.center), gradient);
  return gradient;
}

// The gradient becomes the step: (count Cov_p(v) + l2 I)^-1 gradient.
void ItemSpace::NewtonStep(const Softmax& at, size_t count, std::span<float> gradient) const {
  const size_t d = gradient.size();
  kernels::SymmetricMatrix curvature;
  kernels::Scratch scratch;
  kernels::GramOfRows(vectors_, at.likely, at.likely_weights, &curvature, scratch);
  std::vector<float> mean(d);
  kernels::AddRows(vectors_, at.likely, mean, at.likely_weights);
  double mass = 0;
  for (const float weight : at.likely_weights) mass += weight;
  const auto n = static_cast<float>(count);
  const auto over_mass = static_cast<float>(1 / mass);
  for (size_t i = 0; i < d; ++i) {
    for (size_t j = i; j < d; ++j)
      curvature.At(i, j) = n * (curvature.At(i, j) - mean[i] * mean[j] * over_mass);
    // The trace keeps rounding from making it singular where l2 is tiny.
    curvature.At(i, i) = curvature.At(i, i) * (1 + 1e-5f) + static_cast<float>(l2_);
  }
  // An embedding too large for float32: a plain step, which the halving makes short enough.
  if (kernels::CholeskyFactor(&curvature)) kernels::CholeskySolve(curvature, gradient);
}

std::vector<float> ItemSpace::Fold(std::span<const int32_t> history,
                                   std::span<const float> center) const {
  std::vector<float> vector(center.begin(), center.end());
  vector.resize(vectors_.columns());
  if (history.empty()) return vector;
  std::vector<float> pull(vector.size());
  kernels::AddRows(vectors_, history, pull);
  Softmax at;
  at.scores.resize(vectors_.rows());
  at.rows.resize(vectors_.rows());
  for (size_t i = 0; i < at.rows.size(); ++i) at.rows[i] = static_cast<int32_t>(i);
  const float likely = kLikelyShare / static_cast<float>(vectors_.rows());
  const Problem problem = {pull, history.size(), center};
  double value = Evaluate(vector, problem, &at);
  for (int step = 0; step < kMaxSteps; ++step) {
    at.likely.clear();
    at.likely_weights.clear();
    for (size_t i = 0; i < at.scores.size(); ++i) {
      if (at.scores[i] < likely) continue;
      at.likely.push_back(static_cast<int32_t>(i));
      at.likely_weights.push_back(at.scores[i]);
    }
    std::vector<float> move = Gradient(vector, problem, at);
    NewtonStep(at, history.size(), move);
    const std::vector<float> from = vector;
    double next = value;
    float share = 1;
    for (int halving = 0; halving < kMaxHalvings; ++halving, share /= 2) {
      vector = from;
      kernels::Axpy(share, move, vector);
      next = Evaluate(vector, problem, &at);
      if (next >= value - kTolerance * std::abs(value)) break;
    }
    const double gained = next - value;
    if (gained < 0 && share < 1) return from;
    value = next;
    if (gained <= kTolerance * std::abs(value)) break;
  }
  return vector;
}

std::vector<ScoredItem> ItemSpace::Explain(const Folded& folded, int32_t item, int k) const {
  const std::span<const int32_t> history = folded.history;
  if (history.empty()) return {};
  const std::span<const float> target = vectors_.Row(static_cast<size_t>(item));
  std::vector<ScoredItem> parts;
  parts.reserve(history.size());
  double sum = 0;
  for (const int32_t past : history) {
    const double part = kernels::Dot(vectors_.Row(static_cast<size_t>(past)), target) / l2_;
    parts.push_back({past, static_cast<float>(part)});
    sum += part;
  }
  // What the mean of the softmax takes from each alike, got from the sum so that parts add up.
  const double moved = kernels::Dot(FromCenter(folded.vector, folded.center), target);
  const double rest = (moved - sum) / static_cast<double>(history.size());
  for (ScoredItem& part : parts) part.score = static_cast<float>(part.score + rest);
  return Largest(std::move(parts), k);
}

std::vector<ScoredItem> ItemSpace::Similar(int32_t item, int k) const {
  const auto i = static_cast<size_t>(item);
  std::vector<float> cosines(vectors_.rows());
  kernels::Scores(vectors_, vectors_.Row(i), cosines);
  for (size_t j = 0; j < cosines.size(); ++j) cosines[j] *= inverse_norms_[i] * inverse_norms_[j];
  return BestItems(cosines, item, k);
}

FoldedSpaceUser::FoldedSpaceUser(const ItemSpace& space, std::span<const int32_t> history,
                                 std::vector<float> center)
    : space_(space),
      history_(history.begin(), history.end()),
      center_(std::move(center)),
      vector_(space.Fold(history, center_)) {}

void FoldedSpaceUser::Score(std::span<float> scores) const { space_.Score(vector_, scores); }

std::vector<std::vector<ScoredItem>> FoldedSpaceUser::Explain(std::span<const int32_t> items,
                                                              int k) const {
  std::vector<std::vector<ScoredItem>> explanations;
  explanations.reserve(items.size());
  for (const int32_t item : items)
    explanations.push_back(space_.Explain({history_, center_, vector_}, item, k));
  return explanations;
}

}  // namespace marquee
