#include "mlops/holdout.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/hash.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "evaluation/ranking_metrics.h"

namespace marquee::mlops {
namespace {

constexpr int64_t kUsersAtOnce = 64;

// Rows of one dictionary as those of another; -1: not there.
std::vector<int32_t> RowsIn(const IdDictionary& to, const IdDictionary& from) {
  std::vector<int32_t> rows;
  for (int32_t row = 0; row < from.size(); ++row)
    rows.push_back(to.Find(from.Name(row)).value_or(-1));
  return rows;
}

// A history in the rows of another dictionary.
class MappedHistory {
 public:
  MappedHistory(const SparseRow& row, std::span<const int32_t> to) {
    std::vector<std::pair<int32_t, size_t>> order;
    for (size_t i = 0; i < row.size(); ++i) {
      const int32_t column = to[static_cast<size_t>(row.columns[i])];
      if (column >= 0) order.emplace_back(column, i);
    }
    std::sort(order.begin(), order.end());
    for (const auto& [column, i] : order) {
      columns_.push_back(column);
      values_.push_back(row.values[i]);
      times_s_.push_back(row.times_s[i]);
    }
  }
  SparseRow row() const { return {columns_, values_, times_s_}; }

 private:
  std::vector<int32_t> columns_;
  std::vector<float> values_;
  std::vector<int64_t> times_s_;
};

// Where each user's ratings begin, and the end of all.
std::vector<size_t> Begins(std::span<const HeldOutRating> ratings) {
  std::vector<size_t> begins;
  for (size_t i = 0; i < ratings.size(); ++i) {
    if (i == 0 || ratings[i].user != ratings[i - 1].user) begins.push_back(i);
  }
  begins.push_back(ratings.size());
  return begins;
}

// Ratings of one user.
void PredictUser(const Model& model, const RatingSplit& split, std::span<const int32_t> rows,
                 std::span<const HeldOutRating> ratings, float* predicted) {
  std::vector<RatingQuery> queries;
  std::vector<size_t> asked;
  for (size_t i = 0; i < ratings.size(); ++i) {
    const int32_t item = rows[static_cast<size_t>(ratings[i].item)];
    if (item < 0) continue;
    queries.push_back({item, ratings[i].time_s});
    asked.push_back(i);
  }
  if (queries.empty()) return;
  const int32_t user = ratings[0].user;
  const MappedHistory history(split.train.by_user().Row(user), rows);
  const auto predictions =
      model.PredictRatingsWith(history.row(), split.train.UserFeatures(user), queries);
  for (size_t i = 0; i < asked.size(); ++i) predicted[asked[i]] = predictions[i].mean;
}

}  // namespace

bool IsHeldOut(std::string_view user_id, std::string_view item_id) {
  return Fnv1a(StrCat(user_id, "\n", item_id)) % 10 == 0;
}

RatingSplit SplitRatings(const Interactions& data) {
  RatingSplit split;
  InteractionsBuilder train(data.shared_users(), data.shared_items());
  train.Reserve(data.nnz());
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const SparseRow row = data.by_user().Row(user);
    for (size_t i = 0; i < row.size(); ++i) {
      if (IsHeldOut(data.users().Name(user), data.items().Name(row.columns[i]))) {
        split.held_out.push_back({user, row.columns[i], row.values[i], row.times_s[i]});
      } else {
        train.Add(user, row.columns[i], row.values[i], row.times_s[i]);
      }
    }
  }
  train.SetContentOf(data);
  split.train = train.Build();
  return split;
}

bool HasDifferentRatings(const Interactions& data) {
  std::optional<float> first;
  for (int32_t user = 0; user < data.num_users(); ++user) {
    for (const float value : data.by_user().Row(user).values) {
      if (first && value != *first) return true;
      first = value;
    }
  }
  return false;
}

std::vector<float> PredictRatings(const Model& model, const RatingSplit& split,
                                  const RatingsRun& run) {
  const std::vector<int32_t> rows = RowsIn(model.items(), split.train.items());
  const std::vector<size_t> begins = Begins(split.held_out);
  std::vector<float> predicted(split.held_out.size(), kNoPrediction);
  run.progress.Update("predict ratings", -1, "");
  ThreadPool pool(run.settings.threads);
  pool.ParallelFor(std::ssize(begins) - 1, kUsersAtOnce, [&](int64_t begin, int64_t end, int) {
    run.cancel.ThrowIfRequested("predict ratings");
    for (auto user = static_cast<size_t>(begin); user < static_cast<size_t>(end); ++user) {
      const std::span<const HeldOutRating> ratings =
          std::span(split.held_out).subspan(begins[user], begins[user + 1] - begins[user]);
      PredictUser(model, split, rows, ratings, &predicted[begins[user]]);
    }
  });
  return predicted;
}

std::vector<double> SquaredErrors(std::span<const float> predicted,
                                  std::span<const HeldOutRating> held_out) {
  std::vector<double> squares;
  for (size_t i = 0; i < held_out.size(); ++i) {
    const double error = double{predicted[i]} - held_out[i].value;
    if (!std::isnan(error)) squares.push_back(error * error);
  }
  return squares;
}

Json RatingMetrics(std::span<const float> predicted, std::span<const HeldOutRating> held_out) {
  const std::vector<double> squares = SquaredErrors(predicted, held_out);
  if (squares.empty()) return {};
  std::vector<double> sizes;
  std::vector<double> asked;
  for (size_t i = 0; i < held_out.size(); ++i) {
    if (std::isnan(predicted[i])) continue;
    sizes.push_back(std::abs(double{predicted[i]} - held_out[i].value));
    asked.push_back(held_out[i].value);
  }
  const MetricValue mean_square = MeanOf(squares);
  const MetricValue mae = MeanOf(sizes);
  const double mean = MeanOf(asked).mean;
  double variance = 0;
  for (const double value : asked)
    variance += (value - mean) * (value - mean) / static_cast<double>(asked.size());
  const double rmse = std::sqrt(mean_square.mean);
  // The error of sqrt(x) is that of x over 2 sqrt(x) (delta method).
  const double rmse_error = rmse > 0 ? mean_square.stderr_ / (2 * rmse) : 0;
  return Json::MakeObject(
      {{"rmse", Json::MakeObject({{"mean", rmse}, {"stderr", rmse_error}})},
       {"mae", Json::MakeObject({{"mean", mae.mean}, {"stderr", mae.stderr_}})},
       {"r2", Json::MakeObject({{"mean", variance > 0 ? 1 - mean_square.mean / variance : 0},
                                {"stderr", Json()}})}});
}

}  // namespace marquee::mlops
