#include "models/ranker.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "base/text.h"
#include "base/thread_pool.h"
#include "models/members.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "ranker";
constexpr int kWholeHistory = std::numeric_limits<int>::max();
constexpr size_t kMemberFeatures = 2;  // scaled score and rank
constexpr size_t kOtherFeatures = 8;

size_t FeatureCount(size_t members) { return kMemberFeatures * members + kOtherFeatures; }

float Log1p(int64_t count) { return std::log1p(static_cast<float>(count)); }

std::vector<std::unique_ptr<Model>> TrainMembers(const std::vector<TrainRequest>& members,
                                                 const Interactions& data, TrainObserver& observer,
                                                 const std::function<void()>& done) {
  std::vector<std::unique_ptr<Model>> models;
  for (const TrainRequest& member : members) {
    models.push_back(TrainMember(member, data, observer));
    done();
  }
  return models;
}

// Weights of the first stage: all alike.
std::vector<double> Even(size_t n) { return std::vector<double>(n, 1.0 / static_cast<double>(n)); }

EnsembleModel FirstStage(std::shared_ptr<const IdDictionary> items,
                         std::vector<std::unique_ptr<Model>> members) {
  std::vector<double> weights = Even(members.size());
  return {std::move(items), std::move(members), std::move(weights)};
}

// The candidates of one user with their features.
class CandidateRows {
 public:
  CandidateRows(const EnsembleUser& user, size_t members, const RankerItems& items,
                const SparseRow& history, int candidates)
      : user_(user), members_(members), items_(items), history_(history) {
    Choose(candidates);
    Summarize();
  }

  const std::vector<int32_t>& items() const { return chosen_; }

  // Of candidate `c`.
  void Append(size_t c, std::vector<float>& row) const {
    const auto item = static_cast<size_t>(chosen_[c]);
    for (size_t m = 0; m < members_; ++m) {
      row.push_back(user_.member_scores(m)[item]);
      row.push_back(ranks_[m][c]);
    }
    const float year = items_.years[item];
    const bool dated = year > 0 && mean_year_ > 0;
    row.insert(row.end(), {user_.scores()[item], items_.popularity[item], items_.trend[item], year,
                           dated ? std::abs(year - mean_year_) : 0.0f, GenreShare(item),
                           Log1p(static_cast<int64_t>(history_.size())), mean_popularity_});
  }

 private:
  // Ranks count from 0 among the items that are not in the history.
  void Choose(int candidates) {
    const auto n = items_.popularity.size();
    std::vector<std::vector<ScoredItem>> best;
    for (size_t m = 0; m < members_; ++m) {
      const std::span<const float> own = user_.member_scores(m);
      std::vector<float> unseen(own.begin(), own.end());
      for (const int32_t seen : history_.columns)
        unseen[static_cast<size_t>(seen)] = -std::numeric_limits<float>::infinity();
      best.push_back(BestItems(unseen, -1, candidates));
      for (const ScoredItem& one : best.back()) {
        if (!std::isinf(one.score)) chosen_.push_back(one.item);
      }
    }
    std::sort(chosen_.begin(), chosen_.end());
    chosen_.erase(std::unique(chosen_.begin(), chosen_.end()), chosen_.end());
    std::vector<float> rank(n);
    for (const std::vector<ScoredItem>& list : best) {
      std::fill(rank.begin(), rank.end(), static_cast<float>(candidates));
      for (size_t r = 0; r < list.size(); ++r)
        rank[static_cast<size_t>(list[r].item)] = static_cast<float>(r);
      std::vector<float>& own = ranks_.emplace_back();
      for (const int32_t item : chosen_) own.push_back(rank[static_cast<size_t>(item)]);
    }
  }

  void Summarize() {
    double years = 0, dated = 0, popularity = 0;
    for (const int32_t column : history_.columns) {
      const auto item = static_cast<size_t>(column);
      popularity += double{items_.popularity[item]};
      years += double{items_.years[item]};
      dated += items_.years[item] > 0;
      for (int64_t g = items_.genre_offsets[item]; g < items_.genre_offsets[item + 1]; ++g) {
        const auto genre = static_cast<size_t>(items_.genres[static_cast<size_t>(g)]);
        if (genre >= genre_share_.size()) genre_share_.resize(genre + 1);
        genre_share_[genre] += 1 / static_cast<float>(history_.size());
      }
    }
    if (dated > 0) mean_year_ = static_cast<float>(years / dated);
    mean_popularity_ =
        static_cast<float>(popularity / std::max<double>(1, static_cast<double>(history_.size())));
  }

  // How often the history has the item's genres, on average over them.
  float GenreShare(size_t item) const {
    const int64_t begin = items_.genre_offsets[item], end = items_.genre_offsets[item + 1];
    float sum = 0;
    for (int64_t g = begin; g < end; ++g) {
      const auto genre = static_cast<size_t>(items_.genres[static_cast<size_t>(g)]);
      if (genre < genre_share_.size()) sum += genre_share_[genre];
    }
    return end > begin ? sum / static_cast<float>(end - begin) : 0;
  }

  const EnsembleUser& user_;
  size_t members_;
  const RankerItems& items_;
  SparseRow history_;
  std::vector<int32_t> chosen_;            // ascending
  std::vector<std::vector<float>> ranks_;  // of each member, of each candidate
  std::vector<float> genre_share_;
  float mean_year_ = 0;
  float mean_popularity_ = 0;
};

// What one held-out user teaches.
struct UserExamples {
  std::vector<float> features;
  std::vector<float> labels;
};

UserExamples ExamplesOf(const HeldOutUsers::User& user, const EnsembleModel& first,
                        const RankerItems& items, int candidates) {
  const EnsembleUser folded(first, user.history(), user.features);
  const CandidateRows rows(folded, first.members().size(), items, user.history(), candidates);
  UserExamples examples;
  bool any = false;
  for (size_t c = 0; c < rows.items().size(); ++c) {
    const bool target =
        std::binary_search(user.targets.begin(), user.targets.end(), rows.items()[c]);
    any = any || target;
    rows.Append(c, examples.features);
    examples.labels.push_back(target ? 1 : 0);
  }
  return any ? examples : UserExamples{};  // a list without a target teaches nothing
}

void AppendExamples(const HeldOutUsers& held_out, const EnsembleModel& first,
                    const RankerOptions& options, RankingExamples& examples) {
  const RankerItems items(held_out.train);
  std::vector<UserExamples> users(held_out.users.size());
  ThreadPool pool(options.threads);
  pool.ParallelFor(static_cast<int64_t>(users.size()), 8, [&](int64_t begin, int64_t end, int) {
    for (auto u = static_cast<size_t>(begin); u < static_cast<size_t>(end); ++u)
      users[u] = ExamplesOf(held_out.users[u], first, items, options.candidates);
  });
  for (const UserExamples& user : users) {
    if (user.labels.empty()) continue;
    examples.features.insert(examples.features.end(), user.features.begin(), user.features.end());
    examples.labels.insert(examples.labels.end(), user.labels.begin(), user.labels.end());
    examples.list_lengths.push_back(static_cast<int32_t>(user.labels.size()));
  }
}

}  // namespace

RankerItems::RankerItems(const Interactions& data) {
  const auto n = static_cast<size_t>(data.num_items());
  int64_t oldest = data.newest_s();
  for (int32_t item = 0; item < data.num_items(); ++item) {
    for (const int64_t time : data.by_item().Row(item).times_s) oldest = std::min(oldest, time);
  }
  const int64_t recent = data.newest_s() - (data.newest_s() - oldest) / 10;
  for (int32_t item = 0; item < data.num_items(); ++item) {
    const SparseRow row = data.by_item().Row(item);
    popularity.push_back(Log1p(static_cast<int64_t>(row.size())));
    trend.push_back(Log1p(std::count_if(row.times_s.begin(), row.times_s.end(),
                                        [&](int64_t time) { return time >= recent; })));
  }
  const ItemContent& content = data.content();
  years.resize(n);
  for (size_t i = 0; i < content.years.size(); ++i) years[i] = static_cast<float>(content.years[i]);
  IdDictionary names;
  genre_offsets.push_back(0);
  for (size_t i = 0; i < n; ++i) {
    if (i < content.genres.size()) {
      for (const std::string& genre : content.genres[i]) genres.push_back(names.Add(genre));
    }
    genre_offsets.push_back(static_cast<int64_t>(genres.size()));
  }
}

// A user folded in and scored.
class RankerUser : public FoldedUser {
 public:
  RankerUser(const RankerModel& model, const SparseRow& history,
             std::span<const std::string> features = {})
      : first_(model.first_, history, features) {
    const SparseRow known = KnownItems(history, model.items().size());
    history_.assign(known.columns.begin(), known.columns.end());
    scores_.assign(first_.scores().begin(), first_.scores().end());
    if (!history_.empty()) Rank(model, known);
  }

  void Score(std::span<float> scores) const override {
    std::copy(scores_.begin(), scores_.end(), scores.begin());
  }

  std::vector<std::vector<ScoredItem>> Explain(std::span<const int32_t> items,
                                               int k) const override {
    std::vector<std::vector<ScoredItem>> explanations = first_.Explain(items, kWholeHistory);
    for (size_t i = 0; i < items.size(); ++i) {
      std::vector<float> parts(history_.size());
      float sum = 0;
      for (const ScoredItem& part : explanations[i]) {
        const auto at = std::lower_bound(history_.begin(), history_.end(), part.item);
        parts[static_cast<size_t>(at - history_.begin())] = part.score;
        sum += part.score;
      }
      const float rest = (scores_[static_cast<size_t>(items[i])] - sum) /
                         static_cast<float>(std::max<size_t>(history_.size(), 1));
      std::vector<ScoredItem> all;
      for (size_t h = 0; h < history_.size(); ++h) all.push_back({history_[h], parts[h] + rest});
      explanations[i] = Largest(std::move(all), k);
    }
    return explanations;
  }

 private:
  void Rank(const RankerModel& model, const SparseRow& history) {
    const CandidateRows rows(first_, model.first_.members().size(), model.features_, history,
                             model.candidates_);
    std::vector<bool> candidate(scores_.size());
    for (const int32_t item : rows.items()) candidate[static_cast<size_t>(item)] = true;
    float highest = std::numeric_limits<float>::lowest();  // of the others
    for (size_t i = 0; i < scores_.size(); ++i) {
      if (!candidate[i]) highest = std::max(highest, scores_[i]);
    }
    if (rows.items().size() == scores_.size()) highest = 0;
    std::vector<float> row;
    for (size_t c = 0; c < rows.items().size(); ++c) {
      row.clear();
      rows.Append(c, row);
      // Above 0 and rising with the trees' sum.
      const float lift = std::log1p(std::exp(std::clamp(model.trees_.Score(row), -15.0f, 60.0f)));
      scores_[static_cast<size_t>(rows.items()[c])] = highest + lift;
    }
  }

  EnsembleUser first_;
  std::vector<int32_t> history_;
  std::vector<float> scores_;
};

RankerModel::RankerModel(std::shared_ptr<const IdDictionary> items,
                         std::vector<std::unique_ptr<Model>> members, RankerItems features,
                         TreeRanker trees, int candidates)
    : Model(items),
      first_(FirstStage(std::move(items), std::move(members))),
      features_(std::move(features)),
      trees_(std::move(trees)),
      candidates_(candidates) {}

void RankerModel::Score(const SparseRow& history, std::span<float> scores) const {
  RankerUser(*this, history).Score(scores);
}

std::vector<ScoredItem> RankerModel::SimilarItems(int32_t item, int k) const {
  return first_.SimilarItems(item, k);
}

std::vector<ScoredItem> RankerModel::Explain(const SparseRow& history, int32_t item, int k) const {
  return RankerUser(*this, history).Explain({&item, 1}, k)[0];
}

std::unique_ptr<FoldedUser> RankerModel::Fold(const SparseRow& history) const {
  return std::make_unique<RankerUser>(*this, history);
}

std::unique_ptr<FoldedUser> RankerModel::FoldWith(const SparseRow& history,
                                                  std::span<const std::string> features) const {
  return std::make_unique<RankerUser>(*this, history, features);
}

void RankerModel::Save(ModelWriter& writer) const {
  Json names = Json::MakeArray();
  for (const std::unique_ptr<Model>& member : first_.members()) names.Append(member->type());
  writer.SetSettings(
      Json::MakeObject({{"members", std::move(names)}, {"candidates", candidates_}}));
  const int64_t n = items().size();
  writer.Add("popularity", features_.popularity, {n});
  writer.Add("trend", features_.trend, {n});
  writer.Add("years", features_.years, {n});
  writer.Add("genre_offsets", features_.genre_offsets, {n + 1});
  writer.Add("genres", features_.genres, {static_cast<int64_t>(features_.genres.size())});
  trees_.Save(writer);
  SaveMembers(writer, first_.members());
}

std::unique_ptr<RankerModel> RankerModel::Load(const ModelReader& reader,
                                               std::shared_ptr<const IdDictionary> items) {
  std::vector<std::unique_ptr<Model>> members = LoadMembers(reader, items);
  const int64_t n = items->size(), candidates = reader.SettingInt("candidates");
  if (candidates < 1 || candidates > 1000) reader.Refuse("candidates is not 1 to 1000");
  const auto copy = [](const auto& span) { return std::vector(span.begin(), span.end()); };
  RankerItems features;
  features.popularity = copy(reader.Floats("popularity", {n}));
  features.trend = copy(reader.Floats("trend", {n}));
  features.years = copy(reader.Floats("years", {n}));
  features.genre_offsets = copy(reader.Longs("genre_offsets", {n + 1}));
  features.genres = copy(reader.Ints("genres", {-1}));
  const std::vector<int64_t>& offsets = features.genre_offsets;
  const auto genres = static_cast<int64_t>(features.genres.size());
  if (offsets.front() != 0 || offsets.back() != genres ||
      !std::is_sorted(offsets.begin(), offsets.end()) ||
      !std::all_of(features.genres.begin(), features.genres.end(),
                   [](int32_t genre) { return genre >= 0 && genre < 100000; }))
    reader.Refuse("the genres do not fit the items");
  TreeRanker trees = TreeRanker::Load(reader, static_cast<int>(FeatureCount(members.size())));
  return std::make_unique<RankerModel>(std::move(items), std::move(members), std::move(features),
                                       std::move(trees), static_cast<int>(candidates));
}

std::unique_ptr<RankerModel> TrainRanker(const Interactions& data, const RankerOptions& options,
                                         TrainObserver& observer) {
  RequireRange("candidates", options.candidates, 5, 1000);
  RequireRange("folds", options.folds, 2, 20);
  RequireRange("fit_users", options.fit_users, 10, 1000000);
  RequireInteractions(data, kType);
  ThrowIfStopped(observer, kType);
  const size_t n = options.members.size();
  const int stages = static_cast<int>(n) * (options.folds + 1) + options.trees.rounds;
  int stage = 0;
  const auto done = [&] {
    observer.OnEpoch({.epoch = ++stage, .epochs = stages});
    ThrowIfStopped(observer, kType);
  };
  RankingExamples examples;
  examples.columns = static_cast<int>(FeatureCount(n));
  const uint64_t seed = options.trees.seed;
  for (const std::vector<int32_t>& fold : UserFolds(data, options.folds, options.fit_users, seed)) {
    const HeldOutUsers held_out = HoldOutThese(data, fold, seed);
    if (fold.empty() || held_out.train.nnz() == 0) {
      for (size_t m = 0; m < n; ++m) done();
      continue;
    }
    const EnsembleModel first(data.shared_items(),
                              TrainMembers(options.members, held_out.train, observer, done),
                              Even(n));
    AppendExamples(held_out, first, options, examples);
  }
  TreeRanker trees = TrainTrees(examples, options.trees, [&](int) { done(); });
  return std::make_unique<RankerModel>(data.shared_items(),
                                       TrainMembers(options.members, data, observer, done),
                                       RankerItems(data), std::move(trees), options.candidates);
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  const RankerOptions defaults;
  const TreeOptions& trees = defaults.trees;
  return {{"members", Type::kText, "ials,ease",
           "the models whose candidates are put in order; settings of theirs as ials.factors=64"},
          {"candidates",
           Type::kInt,
           StrCat(defaults.candidates),
           "of each member; more cost time and change little at the head",
           5,
           1000,
           {},
           SearchRange{50, 300, true}},
          {"folds", Type::kInt, StrCat(defaults.folds),
           "members are trained once more for each; more: nearer to the final members", 2, 20},
          {"fit_users", Type::kInt, StrCat(defaults.fit_users),
           "users the order is learned from, at most", 10, 1000000},
          {"rounds",
           Type::kInt,
           StrCat(trees.rounds),
           "trees; fewer when training fits and test "
           "does not",
           1,
           5000,
           {},
           SearchRange{50, 500, true}},
          {"depth", Type::kInt, StrCat(trees.depth), "of each tree", 1, 12, {}, SearchRange{3, 8}},
          {"learning_rate",
           Type::kNumber,
           StrCat(trees.learning_rate),
           "of each tree; lower needs more rounds",
           1e-4,
           1,
           {},
           SearchRange{0.02, 0.3, true}},
          {"min_weight",
           Type::kNumber,
           StrCat(trees.min_weight),
           "least weight of a leaf; raise it against noise",
           0,
           1e6,
           {},
           SearchRange{0.1, 100, true}}};
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainRanker(in.data,
                     {.members = ParseMembers("members", in),
                      .candidates = in.Int("candidates"),
                      .folds = in.Int("folds"),
                      .fit_users = in.Int("fit_users"),
                      .trees = {.rounds = in.Int("rounds"),
                                .depth = in.Int("depth"),
                                .learning_rate = in.Double("learning_rate"),
                                .min_weight = in.Double("min_weight"),
                                .seed = in.seed()},
                      .threads = in.threads},
                     in.observer);
}

}  // namespace

const ModelDefinition& RankerDefinition() {
  static const ModelDefinition definition = {
      .name = "ranker",
      .doc = "the best of several models, put in order by boosted trees (LambdaMART)",
      .settings = Settings(),
      .train = TrainFrom,
      .load = LoadAs<RankerModel>,
      .has_members = true};
  return definition;
}

}  // namespace marquee
