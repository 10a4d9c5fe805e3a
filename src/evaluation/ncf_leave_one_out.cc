#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "evaluation/protocols.h"
#include "evaluation/ranking.h"
#include "evaluation/ranking_metrics.h"
#include "evaluation/split_file.h"

namespace marquee {
namespace {

constexpr size_t kNegatives = 99;
constexpr int kJudged = 10;
constexpr std::string_view kTrainEnding = ".train.rating";

struct Files {
  std::vector<FileRating> train;
  std::vector<FileNegatives> asked;
};

// NAME of the one NAME.train.rating in the folder, with the folder before it.
std::string FindPrefix(const std::filesystem::path& folder) {
  std::vector<std::string> prefixes;
  if (std::filesystem::is_directory(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string path = entry.path().string();
      if (path.ends_with(kTrainEnding))
        prefixes.push_back(path.substr(0, path.size() - kTrainEnding.size()));
    }
  }
  if (prefixes.size() == 1) return prefixes[0];
  throw Error(Code::kInvalidArgument,
              StrCat("ncf-leave-one-out needs a folder with one file NAME", kTrainEnding, "; '",
                     folder.string(), "' has ", prefixes.size()),
              "give the folder of the published files: --split-files FOLDER");
}

void RequireSamePairs(const std::vector<FileRating>& test, const std::vector<FileNegatives>& asked,
                      const std::string& prefix) {
  std::set<std::pair<int64_t, int64_t>> pairs;
  for (const FileRating& rating : test) pairs.emplace(rating.user, rating.item);
  for (const FileNegatives& line : asked) {
    if (pairs.erase({line.user, line.item}) == 1) continue;
    throw Error(Code::kInvalidArgument,
                StrCat(prefix, ".test.negative asks for user ", line.user, " and item ", line.item,
                       ", which ", prefix, ".test.rating does not hold once"),
                "take the files as they were published");
  }
}

Files ReadFiles(const std::filesystem::path& folder) {
  const std::string prefix = FindPrefix(folder);
  Files files{ReadRatingFile(prefix + std::string(kTrainEnding)),
              ReadNegativesFile(prefix + ".test.negative")};
  RequireSamePairs(ReadRatingFile(prefix + ".test.rating"), files.asked, prefix);
  return files;
}

NumberedIds AllItems(const Files& files) {
  std::vector<int64_t> items;
  for (const FileRating& rating : files.train) items.push_back(rating.item);
  for (const FileNegatives& line : files.asked) {
    items.push_back(line.item);
    items.insert(items.end(), line.negatives.begin(), line.negatives.end());
  }
  return NumberedIds(std::move(items));
}

NumberedIds AllUsers(const Files& files) {
  std::vector<int64_t> users;
  for (const FileRating& rating : files.train) users.push_back(rating.user);
  for (const FileNegatives& line : files.asked) users.push_back(line.user);
  return NumberedIds(std::move(users));
}

// `count` of `items` that are not in `met`, each once; fewer when there are no more.
std::vector<int64_t> DrawOthers(const std::vector<int64_t>& items, const std::set<int64_t>& met,
                                size_t count, Rng& rng) {
  std::vector<int64_t> others;
  std::set_difference(items.begin(), items.end(), met.begin(), met.end(),
                      std::back_inserter(others));
  count = std::min(count, others.size());
  for (size_t i = 0; i < count; ++i) std::swap(others[i], others[i + rng.Below(others.size() - i)]);
  others.resize(count);
  return others;
}

// The same task within the training file: each user's last item (of equal times the last line) is
// moved from it to the asked ones.
void MoveToValidation(Files& files, const NumberedIds& items, uint64_t seed) {
  std::map<int64_t, size_t> last;  // user -> line
  std::map<int64_t, std::set<int64_t>> met;
  for (size_t i = 0; i < files.train.size(); ++i) {
    const FileRating& rating = files.train[i];
    met[rating.user].insert(rating.item);
    const auto at = last.try_emplace(rating.user, i).first;
    if (files.train[at->second].time_s <= rating.time_s) at->second = i;
  }
  const Rng rng(seed);
  std::vector<bool> moved(files.train.size());
  files.asked.clear();
  for (const auto& [user, line] : last) {
    Rng own = rng.Fork(static_cast<uint64_t>(user));
    const auto others = DrawOthers(items.ids(), met[user], kNegatives, own);
    if (met[user].size() < 2 || others.empty()) continue;
    moved[line] = true;
    files.asked.push_back({user, files.train[line].item, others});
  }
  std::vector<FileRating> kept;
  for (size_t i = 0; i < files.train.size(); ++i) {
    if (!moved[i]) kept.push_back(files.train[i]);
  }
  files.train = std::move(kept);
}

// Of equal scores the item asked for ranks last; one without a number as its score has no rank.
std::vector<int> RankAmong(std::span<const float> scores, int32_t item,
                           std::span<const int32_t> negatives) {
  const float score = scores[static_cast<size_t>(item)];
  if (std::isnan(score)) return {};
  const auto ahead = std::count_if(negatives.begin(), negatives.end(), [&](int32_t negative) {
    return negative != item && scores[static_cast<size_t>(negative)] >= score;
  });
  return {static_cast<int>(ahead) + 1};
}

}  // namespace

void NcfLeaveOneOut(const ProtocolRun& run, EvaluateResult& result) {
  Files files = ReadFiles(run.request.split_files);
  const NumberedIds users = AllUsers(files), items = AllItems(files);
  if (run.validation()) MoveToValidation(files, items, run.request.split_seed);
  const Interactions train = ToInteractions(files.train, users, items);
  const auto n = static_cast<int64_t>(files.asked.size());
  if (n == 0)
    throw Error(Code::kFailedPrecondition, "ncf-leave-one-out: the files ask for no user");
  const std::unique_ptr<Model> model = run.Train(train);
  const auto workers = static_cast<size_t>(std::max(run.request.train.threads, 1));
  std::vector<std::vector<float>> scores(workers, std::vector<float>(items.ids().size()));
  PerUser per_user{{"hit_rate@10", "ndcg@10", "mrr"},
                   std::vector<std::vector<double>>(static_cast<size_t>(n)),
                   std::vector<size_t>(static_cast<size_t>(n))};
  ForEach(run, "rank " + run.request.train.type, n, [&](int64_t index, size_t worker) {
    const auto at = static_cast<size_t>(index);
    const FileNegatives& asked = files.asked[at];
    const SparseRow history = train.by_user().Row(users.Row(asked.user));
    model->Score(history, scores[worker]);
    std::vector<int32_t> negatives;
    for (const int64_t negative : asked.negatives) negatives.push_back(items.Row(negative));
    const auto rank = RankAmong(scores[worker], items.Row(asked.item), negatives);
    per_user.values[at] = {HitRateAt(rank, kJudged), NdcgAt(rank, 1, kJudged),
                           rank.empty() ? 0 : 1.0 / rank[0]};
    per_user.histories[at] = history.size();
  });
  Summarize(per_user, result);
  result.items = train.num_items();
  result.interactions = train.nnz();
}

}  // namespace marquee
