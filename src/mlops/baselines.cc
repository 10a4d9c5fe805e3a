#include "mlops/baselines.h"

#include <functional>

namespace marquee::mlops {
namespace {

constexpr double kItemPrior = 25;
constexpr double kUserPrior = 10;

double MeanOfAll(const SparseMatrix& matrix) {
  double sum = 0;
  for (int32_t row = 0; row < matrix.num_rows(); ++row) {
    for (const float value : matrix.Row(row).values) sum += value;
  }
  return matrix.nnz() > 0 ? sum / static_cast<double>(matrix.nnz()) : 0;
}

// By row, of what `minus` leaves of each value: the sum over (count + prior).
std::vector<double> Deviations(const SparseMatrix& matrix, double prior,
                               const std::function<double(int32_t column)>& minus) {
  std::vector<double> deviations;
  for (int32_t r = 0; r < matrix.num_rows(); ++r) {
    const SparseRow row = matrix.Row(r);
    double sum = 0;
    for (size_t i = 0; i < row.size(); ++i) sum += row.values[i] - minus(row.columns[i]);
    const double count = static_cast<double>(row.size()) + prior;
    deviations.push_back(count > 0 ? sum / count : 0);
  }
  return deviations;
}

}  // namespace

std::vector<std::pair<std::string, std::vector<float>>> BaselinePredictions(
    const RatingSplit& split) {
  const SparseMatrix& by_user = split.train.by_user();
  const SparseMatrix& by_item = split.train.by_item();
  const double mean = MeanOfAll(by_user);
  const auto from_mean = [&](int32_t) { return mean; };
  const auto plain_users = Deviations(by_user, 0, from_mean);
  const auto plain_items = Deviations(by_item, 0, from_mean);
  const auto items = Deviations(by_item, kItemPrior, from_mean);
  const auto users = Deviations(
      by_user, kUserPrior, [&](int32_t item) { return mean + items[static_cast<size_t>(item)]; });
  const auto predict = [&](const std::function<double(size_t user, size_t item)>& add) {
    std::vector<float> predicted;
    for (const HeldOutRating& rating : split.held_out)
      predicted.push_back(static_cast<float>(
          mean + add(static_cast<size_t>(rating.user), static_cast<size_t>(rating.item))));
    return predicted;
  };
  return {{"mean", predict([](size_t, size_t) { return 0.0; })},
          {"user_mean", predict([&](size_t user, size_t) { return plain_users[user]; })},
          {"item_mean", predict([&](size_t, size_t item) { return plain_items[item]; })},
          {"biases", predict([&](size_t user, size_t item) { return users[user] + items[item]; })}};
}

}  // namespace marquee::mlops
