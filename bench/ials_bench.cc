// One epoch of ials against the same algorithm in Eigen, on the positives of MovieLens 1M. Checks
// that all reach the same objective and NDCG before it prints a time.
//
//   ials_bench [factors=128] [epochs=3] [threads=2]
#include "ials_bench.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "kernels/gram.h"
#include "kernels/simd.h"
#include "kernels/top_k.h"
#include "kernels/vector.h"
#include "measure.h"
#include "models/ials_solver.h"

namespace marquee {
namespace {

struct SplitData {
  Interactions train;
  std::vector<std::vector<int32_t>> targets;  // by user row, ascending
};

// Every fifth positive of a user, by a seeded draw, is a target.
class SplitBuilder {
 public:
  void Add(std::string_view user, std::string_view item) {
    const int32_t u = train_.AddUser(user), i = train_.AddItem(item);
    split_.targets.resize(
        static_cast<size_t>(std::max<int32_t>(u + 1, static_cast<int32_t>(split_.targets.size()))));
    if (rng_.Below(5) == 0) {
      split_.targets[static_cast<size_t>(u)].push_back(i);
    } else {
      train_.Add(u, i, 1, 0);
    }
  }
  SplitData Build() {
    split_.train = train_.Build();
    return std::move(split_);
  }

 private:
  InteractionsBuilder train_;
  SplitData split_;
  Rng rng_{98765};
};

SplitData ReadMovieLens(std::ifstream& ratings) {
  SplitBuilder builder;
  for (std::string line; std::getline(ratings, line);) {
    const std::vector<std::string_view> fields = marquee::Split(line, "::");
    if (fields.size() == 4 && fields[2] > "3") builder.Add(fields[0], fields[1]);
  }
  return builder.Build();
}

// As many users, items and interactions, with the same kind of skew.
SplitData SameShape() {
  SplitBuilder builder;
  Rng rng(1);
  std::vector<std::vector<bool>> seen(6040, std::vector<bool>(3706));
  for (int n = 0; n < 575'000;) {
    const auto user = static_cast<size_t>(6040 * std::pow(rng.Uniform(), 2));
    const auto item = static_cast<size_t>(3706 * std::pow(rng.Uniform(), 2.5));
    if (seen[user][item]) continue;
    seen[user][item] = true;
    builder.Add(StrCat(user), StrCat(item));
    ++n;
  }
  return builder.Build();
}

SplitData Load() {
  const char* shared = std::getenv("MARQUEE_SHARED");
  const auto path = std::filesystem::path(shared ? shared : "../shared") / "data/ml-1m/ratings.dat";
  if (std::ifstream ratings(path); ratings) return ReadMovieLens(ratings);
  std::printf("no %s: random data of the same shape, whose NDCG says little\n", path.c_str());
  return SameShape();
}

void OurHalfStep(const SparseMatrix& rows, kernels::Matrix& fixed, const IalsOptions& options,
                 ThreadPool& pool, kernels::Matrix* solutions) {
  const NoTrainObserver observer;
  const std::vector<float> axes = TurnToPrincipalAxes(&fixed, pool);
  SolveRows(rows, IalsSide(fixed, axes, options), pool, observer, solutions);
}

struct Result {
  double seconds = 1e300;      // the fastest epoch
  double cpu_seconds = 1e300;  // of all threads; says more where others use the machine
  double objective = 0;
  double ndcg = 0, ndcg_error = 0;
};

// sum (s-1)^2 over the seen + a sum s^2 over all + the regularization, all scores one user at a
// time.
double Objective(const Interactions& data, const IalsOptions& options, const IalsFactors& f) {
  std::vector<float> scores(f.items.rows());
  double sum = 0;
  const auto regularization = [&](size_t count, size_t others, std::span<const float> row) {
    const double n =
        static_cast<double>(count) + options.unobserved_weight * static_cast<double>(others);
    return options.regularization * std::pow(n, options.nu) * kernels::Dot(row, row);
  };
  for (int32_t u = 0; u < data.num_users(); ++u) {
    const auto user = f.users.Row(static_cast<size_t>(u));
    kernels::Scores(f.items, user, scores);
    sum += options.unobserved_weight * kernels::Dot(scores, scores);
    const auto seen = data.by_user().Row(u).columns;
    for (const int32_t item : seen) sum += std::pow(scores[static_cast<size_t>(item)] - 1, 2);
    sum += regularization(seen.size(), f.items.rows(), user);
  }
  for (int32_t i = 0; i < data.num_items(); ++i)
    sum += regularization(data.by_item().Row(i).size(), f.users.rows(),
                          f.items.Row(static_cast<size_t>(i)));
  return sum;
}

void MeasureNdcg(const SplitData& split, const IalsFactors& factors, Result* result) {
  std::vector<float> scores(factors.items.rows());
  double sum = 0, squares = 0, users = 0;
  for (size_t u = 0; u < split.targets.size(); ++u) {
    if (split.targets[u].empty()) continue;
    kernels::Scores(factors.items, factors.users.Row(u), scores);
    const auto seen = split.train.by_user().Row(static_cast<int32_t>(u)).columns;
    std::vector<int32_t> targets = split.targets[u];
    std::sort(targets.begin(), targets.end());
    const double ndcg = Ndcg100(kernels::TopK(scores, 100, seen), targets);
    sum += ndcg;
    squares += ndcg * ndcg;
    ++users;
  }
  result->ndcg = sum / users;
  result->ndcg_error = std::sqrt((squares / users - result->ndcg * result->ndcg) / users);
}

Result Run(const SplitData& split, const IalsOptions& options, ThreadPool& pool,
           HalfStep half_step) {
  IalsFactors factors{RandomFactors(split.train.num_users(), options, pool),
                      kernels::Matrix(static_cast<size_t>(split.train.num_items()),
                                      static_cast<size_t>(options.factors)),
                      {}};
  Result result;
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    const double start = SteadySeconds(), cpu_start = CpuSeconds();
    half_step(split.train.by_item(), factors.users, options, pool, &factors.items);
    half_step(split.train.by_user(), factors.items, options, pool, &factors.users);
    result.seconds = std::min(result.seconds, SteadySeconds() - start);
    result.cpu_seconds = std::min(result.cpu_seconds, CpuSeconds() - cpu_start);
  }
  result.objective = Objective(split.train, options, factors);
  MeasureNdcg(split, factors, &result);
  return result;
}

struct Contender {
  const char* name;
  HalfStep half_step;
};

constexpr Contender kBaselines[] = {
    {"Eigen, rank-1 updates + LLT, flags as the program's", eigen_portable::RankOneHalfStep},
    {"Eigen, rank-1 updates + LLT, -march=native", eigen_native::RankOneHalfStep},
    {"Eigen, gathered rank-k + LLT, flags as the program's", eigen_portable::GatheredHalfStep},
    {"Eigen, gathered rank-k + LLT, -march=native", eigen_native::GatheredHalfStep},
};

bool SameResult(const Result& a, const Result& b) {
  return std::abs(a.objective - b.objective) < 1e-3 * a.objective &&
         std::abs(a.ndcg - b.ndcg) < a.ndcg_error;
}

int Main(const IalsOptions& options) {
  const SplitData split = Load();
  ThreadPool pool(options.threads);
  std::printf("ials epoch: d=%d, %d users x %d items, %lld interactions, %d threads, %s\n",
              options.factors, split.train.num_users(), split.train.num_items(),
              static_cast<long long>(split.train.nnz()), options.threads,
              std::string(kernels::SimdLevel()).c_str());
  const Result ours = Run(split, options, pool, OurHalfStep);
  std::vector<Result> others;
  bool agree = true;
  for (const Contender& baseline : kBaselines) {
    others.push_back(Run(split, options, pool, baseline.half_step));
    agree = agree && SameResult(ours, others.back());
  }
  const auto print = [&](const char* name, const Result& result) {
    std::printf("%-54s objective %.1f  NDCG@100 %.4f +- %.4f", name, result.objective, result.ndcg,
                result.ndcg_error);
    if (agree) {
      std::printf("  %7.3f s (x %.1f), cpu %7.3f s (x %.1f)", result.seconds,
                  result.seconds / ours.seconds, result.cpu_seconds,
                  result.cpu_seconds / ours.cpu_seconds);
    }
    std::printf("\n");
  };
  print("ours", ours);
  for (size_t i = 0; i < others.size(); ++i) print(kBaselines[i].name, others[i]);
  if (!agree) std::printf("the results differ: times would mean nothing\n");
  return agree ? 0 : 1;
}

int Argument(int argc, char** argv, int index, int fallback) {
  return index < argc ? std::atoi(argv[index]) : fallback;
}

}  // namespace
}  // namespace marquee

int main(int argc, char** argv) {
  marquee::IalsOptions options{.factors = marquee::Argument(argc, argv, 1, 128),
                               .epochs = marquee::Argument(argc, argv, 2, 3),
                               .threads = marquee::Argument(argc, argv, 3, 2)};
  try {
    return marquee::Main(options);
  } catch (const marquee::Error& error) {
    std::fprintf(stderr, "ials_bench: %s\n", error.what());
    return 1;
  }
}
