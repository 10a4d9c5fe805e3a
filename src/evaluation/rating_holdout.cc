#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "evaluation/numpy_random.h"
#include "evaluation/protocols.h"
#include "evaluation/ranking.h"
#include "evaluation/ranking_metrics.h"
#include "evaluation/split_file.h"

namespace marquee {
namespace {

struct Rating {
  int32_t user;
  int32_t item;
  float value;
  int64_t time_s;
};

// Train and the ratings to predict, by rows of the same dictionaries; by user.
struct RatingSplit {
  Interactions train;
  std::vector<Rating> asked;
};

void RequirePredictsRatings(const std::string& type) {
  if (FindModelType(type).predicts_ratings) return;
  std::vector<std::string> others;
  for (const ModelType& candidate : ModelTypes()) {
    if (candidate.predicts_ratings) others.push_back(candidate.name);
  }
  throw Error(Code::kFailedPrecondition,
              StrCat("rating-holdout: model ", type, " ranks, it does not predict ratings"),
              StrCat("models that predict ratings: ", Join(others, ", ")));
}

// The entries of all users in id order, of each in item id order: by these places a permutation
// chooses.
std::vector<Rating> InIdOrder(const Interactions& data) {
  const std::vector<int32_t> item_rows = RowsInIdOrder(data.items());
  std::vector<int32_t> place(item_rows.size());
  for (size_t i = 0; i < item_rows.size(); ++i)
    place[static_cast<size_t>(item_rows[i])] = static_cast<int32_t>(i);
  std::vector<Rating> ratings;
  for (const int32_t user : RowsInIdOrder(data.users())) {
    const SparseRow row = data.by_user().Row(user);
    const auto begin = static_cast<std::ptrdiff_t>(ratings.size());
    for (size_t i = 0; i < row.size(); ++i)
      ratings.push_back({user, row.columns[i], row.values[i], row.times_s[i]});
    std::sort(ratings.begin() + begin, ratings.end(), [&](const Rating& a, const Rating& b) {
      return place[static_cast<size_t>(a.item)] < place[static_cast<size_t>(b.item)];
    });
  }
  return ratings;
}

enum class Part : char { kTrain, kAsked, kUnused };

// A permutation's first ratings are the test, as many after them the validation.
RatingSplit SplitAtRandom(const Interactions& data, const EvaluateRequest& request,
                          bool validation_only) {
  if (!(request.holdout_share > 0 && request.holdout_share < 0.5)) {
    throw Error(Code::kInvalidArgument,
                StrCat("holdout_share is ", request.holdout_share, ": must lie between 0 and 0.5"));
  }
  const std::vector<Rating> ratings = InIdOrder(data);
  const auto n = static_cast<int64_t>(ratings.size());
  const auto count =
      static_cast<int64_t>(std::llround(request.holdout_share * static_cast<double>(n)));
  const std::vector<int64_t> order = NumpyRandom(request.split_seed).Permutation(n);
  const bool validation = request.segment == "validation";
  std::vector<Part> parts(ratings.size(), Part::kTrain);
  const auto mark = [&](int64_t begin, Part part) {
    for (int64_t i = begin; i < begin + count; ++i)
      parts[static_cast<size_t>(order[static_cast<size_t>(i)])] = part;
  };
  if (validation && !validation_only) mark(0, Part::kUnused);
  mark(validation && !validation_only ? count : 0, Part::kAsked);
  RatingSplit split;
  InteractionsBuilder builder(data.shared_users(), data.shared_items());
  for (size_t i = 0; i < ratings.size(); ++i) {
    const auto& [user, item, value, time_s] = ratings[i];
    if (parts[i] == Part::kTrain) builder.Add(user, item, value, time_s);
    if (parts[i] == Part::kAsked) split.asked.push_back(ratings[i]);
  }
  builder.SetContent(data.content());
  split.train = builder.Build();
  return split;
}

std::filesystem::path WithEnding(const std::filesystem::path& given, const char* ending) {
  const auto prefix = std::filesystem::is_directory(given) ? given / "u1" : given;
  return prefix.string() + ending;
}

RatingSplit SplitByFiles(const EvaluateRequest& request) {
  const auto base = ReadRatingFile(WithEnding(request.split_files, ".base"));
  const auto test = ReadRatingFile(WithEnding(request.split_files, ".test"));
  std::vector<int64_t> users, items;
  for (const auto* part : {&base, &test}) {
    for (const FileRating& rating : *part) {
      users.push_back(rating.user);
      items.push_back(rating.item);
    }
  }
  const NumberedIds user_ids(std::move(users)), item_ids(std::move(items));
  const Interactions train = ToInteractions(base, user_ids, item_ids);
  if (request.segment == "validation") return SplitAtRandom(train, request, true);
  return {train, InIdOrder(ToInteractions(test, user_ids, item_ids))};
}

// Where each user's ratings begin in `asked`, which has them one after another, and its end.
std::vector<size_t> UserBegins(const std::vector<Rating>& asked) {
  std::vector<size_t> begins;
  for (size_t i = 0; i < asked.size(); ++i) {
    if (i == 0 || asked[i].user != asked[i - 1].user) begins.push_back(i);
  }
  begins.push_back(asked.size());
  return begins;
}

// The errors of the predictions, rating by rating.
std::vector<double> Errors(const ProtocolRun& run, const Model& model, const RatingSplit& split) {
  std::vector<double> errors(split.asked.size());
  const std::vector<size_t> begins = UserBegins(split.asked);
  ForEach(run, "predict " + run.request.train.type, static_cast<int64_t>(begins.size()) - 1,
          [&](int64_t user, size_t) {
            const size_t begin = begins[static_cast<size_t>(user)];
            const size_t end = begins[static_cast<size_t>(user) + 1];
            std::vector<RatingQuery> queries;
            for (size_t i = begin; i < end; ++i)
              queries.push_back({split.asked[i].item, split.asked[i].time_s});
            const auto history = split.train.by_user().Row(split.asked[begin].user);
            const auto predictions = model.PredictRatings(history, queries);
            for (size_t i = begin; i < end; ++i)
              errors[i] = predictions[i - begin].mean - split.asked[i].value;
          });
  return errors;
}

// 1 - the squared errors over those of the mean of the ratings asked for; 0 where they are equal.
double RSquared(double mean_square, const std::vector<Rating>& asked) {
  const auto n = static_cast<double>(asked.size());
  double mean = 0, variance = 0;
  for (const Rating& rating : asked) mean += rating.value / n;
  for (const Rating& rating : asked) variance += (rating.value - mean) * (rating.value - mean) / n;
  return variance == 0 ? 0 : 1 - mean_square / variance;
}

// By the delta method: the error of sqrt(x) is that of x over 2 sqrt(x).
MetricValue RootOf(MetricValue mean_square) {
  const double root = std::sqrt(mean_square.mean);
  return {root, root == 0 ? 0 : mean_square.stderr_ / (2 * root)};
}

}  // namespace

void RatingHoldout(const ProtocolRun& run, EvaluateResult& result) {
  RequirePredictsRatings(run.request.train.type);
  const RatingSplit split = run.request.split_files.empty()
                                ? SplitAtRandom(run.data, run.request, false)
                                : SplitByFiles(run.request);
  if (split.asked.empty()) {
    throw Error(Code::kFailedPrecondition,
                StrCat("rating-holdout leaves no ratings to predict out of ", run.data.nnz()),
                "take more data or a larger holdout_share");
  }
  const std::unique_ptr<Model> model = run.Train(split.train);
  std::vector<double> squares, sizes;
  for (const double error : Errors(run, *model, split)) {
    squares.push_back(error * error);
    sizes.push_back(std::abs(error));
  }
  const MetricValue mean_square = MeanOf(squares);
  result.metrics["rmse"] = RootOf(mean_square);
  result.metrics["mae"] = MeanOf(sizes);
  result.metrics["r2"] = {RSquared(mean_square.mean, split.asked),
                          std::numeric_limits<double>::quiet_NaN()};
  std::map<int32_t, int64_t> users;
  for (const Rating& rating : split.asked) ++users[rating.user];
  result.users = static_cast<int64_t>(users.size());
  result.items = split.train.num_items();
  result.interactions = split.train.nnz();
}

}  // namespace marquee
