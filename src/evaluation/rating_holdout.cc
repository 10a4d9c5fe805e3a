#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <span>

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
  builder.SetContentOf(data);
  split.train = builder.Build();
  return split;
}

// Titles, genres and years of `data` for the items of `train`, if its ratings are among those of
// `data`: only then is an id sure to mean the same item.
std::optional<ItemContent> ContentFor(const Interactions& train, const Interactions& data) {
  std::vector<std::optional<int32_t>> rows;
  for (int32_t item = 0; item < train.num_items(); ++item)
    rows.push_back(data.items().Find(train.items().Name(item)));
  for (int32_t user = 0; user < train.num_users(); ++user) {
    const SparseRow own = train.by_user().Row(user);
    const std::optional<int32_t> row = data.users().Find(train.users().Name(user));
    if (!row && own.size() > 0) return std::nullopt;
    for (size_t i = 0; i < own.size(); ++i) {
      const SparseRow there = data.by_user().Row(*row);
      const std::optional<int32_t> item = rows[static_cast<size_t>(own.columns[i])];
      if (!item) return std::nullopt;
      const auto at = std::lower_bound(there.columns.begin(), there.columns.end(), *item);
      if (at == there.columns.end() || *at != *item) return std::nullopt;
      if (there.values[static_cast<size_t>(at - there.columns.begin())] != own.values[i])
        return std::nullopt;
    }
  }
  const ItemContent& known = data.content();
  ItemContent content;
  for (const std::optional<int32_t>& row : rows) {
    const size_t r = row ? static_cast<size_t>(*row) : SIZE_MAX;
    if (!known.titles.empty()) content.titles.push_back(row ? known.titles[r] : "");
    if (!known.genres.empty())
      content.genres.push_back(row ? known.genres[r] : std::vector<std::string>());
    if (!known.years.empty()) content.years.push_back(row ? known.years[r] : 0);
  }
  return content;
}

Interactions WithContentOf(const Interactions& data, const Interactions& train) {
  const std::optional<ItemContent> content = ContentFor(train, data);
  if (!content) return train;
  InteractionsBuilder builder(train.shared_users(), train.shared_items());
  for (int32_t user = 0; user < train.num_users(); ++user) {
    const SparseRow row = train.by_user().Row(user);
    for (size_t i = 0; i < row.size(); ++i)
      builder.Add(user, row.columns[i], row.values[i], row.times_s[i]);
  }
  builder.SetContent(*content);
  std::vector<int32_t> users;
  for (int32_t user = 0; user < train.num_users(); ++user)
    users.push_back(data.users().Find(train.users().Name(user)).value_or(-1));
  builder.SetUserContent(UserContentOf(data, users));
  return builder.Build();
}

// PREFIX.base and PREFIX.test.
RatingSplit SplitByFiles(const ProtocolRun& run, const std::string& prefix) {
  const EvaluateRequest& request = run.request;
  const auto base = ReadRatingFile(prefix + ".base");
  const auto test = ReadRatingFile(prefix + ".test");
  std::vector<int64_t> users, items;
  for (const auto* part : {&base, &test}) {
    for (const FileRating& rating : *part) {
      users.push_back(rating.user);
      items.push_back(rating.item);
    }
  }
  const NumberedIds user_ids(std::move(users)), item_ids(std::move(items));
  const Interactions train = WithContentOf(run.data, ToInteractions(base, user_ids, item_ids));
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
            const int32_t row = split.asked[begin].user;
            const auto predictions = model.PredictRatingsWith(
                split.train.by_user().Row(row), split.train.UserFeatures(row), queries);
            for (size_t i = begin; i < end; ++i)
              errors[i] = predictions[i - begin].mean - split.asked[i].value;
          });
  return errors;
}

// 1 - the squared errors over those of the mean of the ratings asked for; 0 where they are equal.
double RSquared(double mean_square, std::span<const float> asked) {
  const auto n = static_cast<double>(asked.size());
  double mean = 0, variance = 0;
  for (const float value : asked) mean += value / n;
  for (const float value : asked) variance += (value - mean) * (value - mean) / n;
  return variance == 0 ? 0 : 1 - mean_square / variance;
}

// By the delta method: the error of sqrt(x) is that of x over 2 sqrt(x).
MetricValue RootOf(MetricValue mean_square) {
  const double root = std::sqrt(mean_square.mean);
  return {root, root == 0 ? 0 : mean_square.stderr_ / (2 * root)};
}

// What the folds to run are called: prefixes of files, or one empty name for the random split.
std::vector<std::string> Folds(const EvaluateRequest& request) {
  const std::string& folds = request.folds;
  const std::filesystem::path& files = request.split_files;
  if (folds != "" && folds != "given" && folds != "random90") {
    throw Error(Code::kInvalidArgument,
                StrCat("folds is '", folds, "': must be given or random90"));
  }
  if (folds == "random90" && !files.empty()) {
    throw Error(Code::kInvalidArgument, "folds random90 takes no split files",
                "leave --split-files out, or set --folds given");
  }
  if (folds == "given" && files.empty()) {
    throw Error(Code::kInvalidArgument, "folds given needs the files of the split",
                "--split-files FOLDER with u1.base and u1.test to u5.base and u5.test");
  }
  if (files.empty()) return {""};
  if (!std::filesystem::is_directory(files)) return {files.string()};
  std::vector<std::string> prefixes = {(files / "u1").string()};
  if (folds == "given") {
    for (const char* name : {"u2", "u3", "u4", "u5"}) prefixes.push_back((files / name).string());
  }
  return prefixes;
}

RatingSplit SplitOf(const ProtocolRun& run, const std::string& fold) {
  RatingSplit split =
      fold.empty() ? SplitAtRandom(run.data, run.request, false) : SplitByFiles(run, fold);
  if (!split.asked.empty()) return split;
  throw Error(Code::kFailedPrecondition,
              StrCat("rating-holdout leaves no ratings to predict out of ", run.data.nnz()),
              "take more data or a larger holdout_share");
}

}  // namespace

void RatingHoldout(const ProtocolRun& run, EvaluateResult& result) {
  RequirePredictsRatings(run.request.train.type);
  std::vector<double> squares, sizes;
  std::vector<float> values;
  std::set<std::string> users;
  const std::vector<std::string> folds = Folds(run.request);
  for (const std::string& fold : folds) {
    const RatingSplit split = SplitOf(run, fold);
    const std::unique_ptr<Model> model = run.Train(split.train);
    for (const double error : Errors(run, *model, split)) {
      squares.push_back(error * error);
      sizes.push_back(std::abs(error));
    }
    for (const Rating& rating : split.asked) {
      values.push_back(rating.value);
      users.insert(split.train.users().Name(rating.user));
    }
    result.items = std::max<int64_t>(result.items, split.train.num_items());
    result.interactions += split.train.nnz();
  }
  const MetricValue mean_square = MeanOf(squares);
  result.metrics["rmse"] = RootOf(mean_square);
  result.metrics["mae"] = MeanOf(sizes);
  result.metrics["r2"] = {RSquared(mean_square.mean, values),
                          std::numeric_limits<double>::quiet_NaN()};
  result.users = static_cast<int64_t>(users.size());
  result.interactions /= static_cast<int64_t>(folds.size());
}

}  // namespace marquee
