// ials on invented data of the shape of MovieLens 20M: seconds of an epoch, its share of the rate
// at which this machine multiplies matrices, two threads against one; and the Python library
// `implicit` on the same data, which must come to the same objective before times are compared.
//
//   ials_scale_bench [factors=128] [epochs=6] [threads=2] [users=136677] [items=20720]
//   [positives=10000000]
//
// MARQUEE_IMPLICIT: a command that runs a Python script where `implicit` is installed; without it
// that part is left out. MARQUEE_BENCH_SOLVERS: which of ours, by default
// "cholesky,cg,cg:1,subspace".
#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "kernels/blas.h"
#include "kernels/simd.h"
#include "measure.h"
#include "models/ials_descent.h"
#include "models/ials_solver.h"
#include "scale_data.h"
#include "scale_judge.h"

namespace marquee {
namespace {

constexpr double kUnobservedWeight = 0.1, kRegularization = 10;

// FLOP/s by the clock, and by the processor time of all threads, which says more where others use
// the machine.
struct Rate {
  double wall, cpu;
};

// Of OpenBLAS on 2048 x 2048 matrices, the best of eight.
Rate SgemmRate(int threads) {
  constexpr int kSize = 2048;
  std::vector<float> a(kSize * kSize, 1.0f), b(kSize * kSize, 1.0f), c(kSize * kSize);
  openblas_set_num_threads(threads);
  double seconds = 1e300, cpu = 1e300;
  for (int round = 0; round < 8; ++round) {
    const Timer timer;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, kSize, kSize, kSize, 1, a.data(), kSize,
                b.data(), kSize, 0, c.data(), kSize);
    seconds = std::min(seconds, timer.Seconds());
    cpu = std::min(cpu, timer.Cpu());
  }
  openblas_set_num_threads(1);
  const double flop = 2.0 * kSize * kSize * kSize;
  return {flop / seconds, threads * flop / cpu};
}

// One training as the judge sees it.
struct Course {
  struct Epoch {
    double seconds, cpu, ndcg;
  };
  std::vector<Epoch> epochs;
  std::vector<double> ndcg;  // of each judged user, after the last
  double objective = 0;

  // The quickest epoch: the others met more of what else the machine does.
  double Seconds() const { return std::ranges::min_element(epochs, {}, &Epoch::seconds)->seconds; }
  double Cpu() const {
    double least = NAN;  // none is known
    for (const Epoch& epoch : epochs) least = std::fmin(least, epoch.cpu);
    return least;
  }
  // Until an epoch reaches `target`, in quickest epochs; infinite when none does.
  double TimeTo(double target, double an_epoch) const {
    for (size_t e = 0; e < epochs.size(); ++e)
      if (epochs[e].ndcg >= target) return static_cast<double>(e + 1) * an_epoch;
    return HUGE_VAL;
  }
};

struct Bench {
  const ScaleData& data;
  IalsOptions options;
  ThreadPool& pool;
  NoTrainObserver observer = {};
};

// A half step as FactorizeIals takes it.
void HalfStep(Bench& bench, const SparseMatrix& data, kernels::Matrix* fixed,
              kernels::Matrix* rows) {
  if (bench.options.solver == IalsSolver::kCholesky) {
    const std::vector<float> axes = TurnToPrincipalAxes(fixed, bench.pool);
    SolveRows(data, IalsSide(*fixed, axes, bench.options), bench.pool, bench.observer, rows);
  } else {
    const std::vector<float> axes = TurnToPrincipalAxes(fixed, bench.pool, rows);
    ImproveRows(data, IalsDescent(*fixed, axes, bench.options, bench.pool), bench.pool,
                bench.observer, rows);
  }
}

// Random items, from which the first users follow.
IalsFactors Start(Bench& bench) {
  const Interactions& data = bench.data.train;
  return {kernels::Matrix(static_cast<size_t>(data.num_users()),
                          static_cast<size_t>(bench.options.factors)),
          RandomFactors(data.num_items(), bench.options, bench.pool),
          {}};
}

void RunEpoch(Bench& bench, IalsFactors* factors) {
  const Interactions& data = bench.data.train;
  HalfStep(bench, data.by_user(), &factors->items, &factors->users);
  HalfStep(bench, data.by_item(), &factors->users, &factors->items);
}

Course TrainOurs(Bench& bench, IalsFactors* factors) {
  *factors = Start(bench);
  Course course;
  for (int epoch = 0; epoch < bench.options.epochs; ++epoch) {
    const Timer timer;
    RunEpoch(bench, factors);
    course.epochs.push_back({timer.Seconds(), timer.Cpu(), 0});
    course.ndcg = JudgedNdcg(bench.data, bench.options, factors->items, bench.pool);
    course.epochs.back().ndcg = MeanOf(course.ndcg);
  }
  course.objective =
      IalsObjective(bench.data.train, bench.options, factors->users, factors->items, bench.pool);
  return course;
}

// The arithmetic that an exact epoch needs, each symmetric matrix counted once.
struct Work {
  double gram = 0, all = 0;
};

Work WorkOf(const SparseMatrix& rows, double d) {
  Work work;
  for (int32_t row = 0; row < rows.num_rows(); ++row) {
    const auto n = static_cast<double>(rows.Row(row).size());
    const double gram = std::min(n * d * (d + 1), n * (n + 1) * d), m = std::min(n, d);
    work.gram += gram;
    work.all += gram + m * m * m / 3 + 2 * m * m + 2 * n * d;
  }
  work.all += 3 * static_cast<double>(rows.num_columns()) * d * d;  // the turn to principal axes
  return work;
}

// All Gram matrices of `rows`, as IalsSide asks for them, and nothing else.
void GramStage(Bench& bench, const SparseMatrix& rows, const kernels::Matrix& fixed) {
  const std::vector<float> ones(fixed.columns(), 1.0f);
  const auto d = static_cast<double>(fixed.columns());
  const auto cost = [d](double n) { return n * d * std::min(n, d) + n * d; };
  ForEachRow(rows, cost, bench.pool, bench.observer, [&](int32_t row, IalsWorkspace& workspace) {
    const std::span<const int32_t> columns = rows.Row(row).columns;
    if (columns.size() * 8 < fixed.columns() * 7) {
      kernels::OuterGramOfRows(fixed, columns, ones, &workspace.factor, workspace.scratch);
    } else {
      kernels::GramOfRows(fixed, columns, {}, &workspace.factor, workspace.scratch);
    }
  });
}

void PrintRates(Bench& bench, const IalsFactors& factors, const Course& exact, const Rate& sgemm) {
  const Interactions& data = bench.data.train;
  const double d = bench.options.factors, threads = bench.pool.threads();
  const Work items = WorkOf(data.by_item(), d), users = WorkOf(data.by_user(), d);
  const double gram = items.gram + users.gram, all = items.all + users.all;
  double seconds = 1e300, cpu = 1e300;
  for (int round = 0; round < 3; ++round) {
    const Timer timer;
    GramStage(bench, data.by_item(), factors.users);
    GramStage(bench, data.by_user(), factors.items);
    seconds = std::min(seconds, timer.Seconds());
    cpu = std::min(cpu, timer.Cpu());
  }
  const auto print = [&](const char* stage, double flop, const Rate& rate) {
    std::printf(
        "  %s of %.0f GFLOP: %.0f GFLOP/s, %.0f %% of SGEMM's %.0f; by processor time %.0f, "
        "%.0f %% of %.0f\n",
        stage, flop / 1e9, rate.wall / 1e9, 100 * rate.wall / sgemm.wall, sgemm.wall / 1e9,
        rate.cpu / 1e9, 100 * rate.cpu / sgemm.cpu, sgemm.cpu / 1e9);
  };
  print("Gram stage", gram, {gram / seconds, threads * gram / cpu});
  print("exact epoch", all, {all / exact.Seconds(), threads * all / exact.Cpu()});
}

// The quicker of two epochs on one thread; one of them where it takes long.
void PrintScaling(const Bench& bench, const std::string& name, const Course& with_all) {
  ThreadPool one(1);
  Bench alone{bench.data, bench.options, one};
  double seconds = 1e300, cpu = 1e300;
  for (int round = 0; round < 2 && (round == 0 || seconds < 15); ++round) {
    IalsFactors factors = Start(alone);
    const Timer timer;
    RunEpoch(alone, &factors);
    seconds = std::min(seconds, timer.Seconds());
    cpu = std::min(cpu, timer.Cpu());
  }
  const int threads = bench.pool.threads();
  std::printf("  %s, %d threads against one: %.2fx; processor time %.2f s against %.2f s\n",
              name.c_str(), threads, seconds / with_all.Seconds(), with_all.Cpu(), cpu);
}

template <typename T>
void WriteRaw(const std::filesystem::path& path, std::span<const T> values) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size_bytes()));
}

void WriteMatrix(const std::filesystem::path& folder, const SparseMatrix& rows) {
  std::vector<int64_t> offsets = {0};
  std::vector<int32_t> columns;
  for (int32_t row = 0; row < rows.num_rows(); ++row) {
    const std::span<const int32_t> own = rows.Row(row).columns;
    columns.insert(columns.end(), own.begin(), own.end());
    offsets.push_back(static_cast<int64_t>(columns.size()));
  }
  WriteRaw<int64_t>(folder / "offsets.i64", offsets);
  WriteRaw<int32_t>(folder / "columns.i32", columns);
}

kernels::Matrix ReadFactors(const std::filesystem::path& path, size_t rows, int factors,
                            double scale) {
  const std::string bytes = ReadFile(path);
  kernels::Matrix matrix(rows, static_cast<size_t>(factors));
  if (bytes.size() != matrix.values().size_bytes())
    throw Error(Code::kDataLoss, StrCat(path.string(), " has ", bytes.size(), " bytes"), "");
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(matrix.values().data()));
  for (float& value : matrix.values()) value = static_cast<float>(value * scale);
  return matrix;
}

// implicit minimizes sum_seen c (s-1)^2 + sum_others s^2 + r (|W|^2 + |H|^2). With c = 1 + 1/a and
// s = t s', t = 1 + a, that is a constant and t / a times our objective of weight a and
// regularization r / c: the same problem, its factors sqrt(t) times ours.
Course TrainImplicit(Bench& bench, const std::string& command, const std::filesystem::path& folder,
                     const std::string& solver) {
  const IalsOptions& options = bench.options;
  const double confidence = 1 + 1 / options.unobserved_weight;
  const double scale = 1 / std::sqrt(1 + options.unobserved_weight);
  const std::string line = StrCat(command, " bench/implicit_als.py ", folder.string(), " ", solver,
                                  " ", options.factors, " ", options.epochs, " ", options.threads,
                                  " ", confidence, " ", options.regularization * confidence);
  if (std::system(line.c_str()) != 0)
    throw Error(Code::kFailedPrecondition, StrCat("'", line, "' failed"), "");
  Course course;
  std::ifstream times(folder / "times.txt");
  const auto num_items = static_cast<size_t>(bench.data.train.num_items());
  kernels::Matrix items;
  std::string seconds, cpu;
  for (int epoch = 1; times >> seconds >> cpu; ++epoch) {
    const auto path = folder / StrCat("items.", epoch, ".f32");
    items = ReadFactors(path, num_items, options.factors, scale);
    course.ndcg = JudgedNdcg(bench.data, options, items, bench.pool);
    course.epochs.push_back({std::stod(seconds), std::stod(cpu), MeanOf(course.ndcg)});
    std::filesystem::remove(path);
  }
  const kernels::Matrix users =
      ReadFactors(folder / "users.f32", static_cast<size_t>(bench.data.train.num_users()),
                  options.factors, scale);
  course.objective = IalsObjective(bench.data.train, options, users, items, bench.pool);
  return course;
}

void Print(const std::string& name, const Course& course) {
  std::printf("%-20s %7.2f s an epoch, cpu %7.2f s; objective %.0f; NDCG@100", name.c_str(),
              course.Seconds(), course.Cpu(), course.objective);
  for (const Course::Epoch& epoch : course.epochs) std::printf(" %.4f", epoch.ndcg);
  std::printf("\n");
  std::fflush(stdout);
}

// Conjugate gradients stop on the way to the minimum, each somewhere else: of them the ranking must
// agree.
bool SameAnswer(const Course& a, const Course& b, bool exact) {
  const double difference = std::abs(MeanOf(a.ndcg) - MeanOf(b.ndcg));
  return (!exact || std::abs(a.objective - b.objective) < 1e-3 * a.objective) &&
         difference < std::max(3 * PairedError(a.ndcg, b.ndcg), 0.01 * MeanOf(a.ndcg));
}

void PrintTimeTo(const std::map<std::string, Course>& ours, const std::string& name,
                 const Course& theirs, double target) {
  const double time = theirs.TimeTo(target, theirs.Seconds());
  const double cpu = theirs.TimeTo(target, theirs.Cpu());
  std::printf("to NDCG@100 %.4f: implicit %s %.2f s, cpu %.2f s\n", target, name.c_str(), time,
              cpu);
  for (const auto& [solver, course] : ours) {
    const double our_time = course.TimeTo(target, course.Seconds());
    const double our_cpu = course.TimeTo(target, course.Cpu());
    std::printf(
        "  ours, %-10s %.2f s: %.2fx; cpu %.2f s: %.2fx; an epoch against one: %.2fx, cpu %.2fx\n",
        solver.c_str(), our_time, time / our_time, our_cpu, cpu / our_cpu,
        theirs.Seconds() / course.Seconds(), theirs.Cpu() / course.Cpu());
  }
}

int CompareWithImplicit(Bench& bench, const std::map<std::string, Course>& ours) {
  const char* command = std::getenv("MARQUEE_IMPLICIT");
  if (command == nullptr || *command == '\0') {
    std::printf("no MARQUEE_IMPLICIT, a command that runs Python with `implicit`: left out\n");
    return 0;
  }
  const TempDir folder;
  WriteMatrix(folder.path(), bench.data.train.by_user());
  WriteRaw<float>(folder.path() / "start.f32", Start(bench).items.values());
  const Course& exact = ours.contains("cholesky") ? ours.at("cholesky") : ours.begin()->second;
  const double target =
      0.99 * std::ranges::max_element(exact.epochs, {}, &Course::Epoch::ndcg)->ndcg;
  bool agree = true;
  const char* chosen = std::getenv("MARQUEE_BENCH_PEERS");
  for (const std::string_view word : Split(chosen == nullptr ? "cholesky,cg" : chosen, ",")) {
    const std::string name(word);
    const Course theirs = TrainImplicit(bench, command, folder.path(), name);
    Print("implicit " + name, theirs);
    if (SameAnswer(exact, theirs, name == "cholesky")) {
      PrintTimeTo(ours, name, theirs, target);
    } else {
      std::printf("implicit %s gives another answer: times would mean nothing\n", name.c_str());
      agree = false;
    }
  }
  return agree ? 0 : 1;
}

constexpr std::string_view kSolvers = "cholesky,cg,cg:1,subspace";

// "cg:1" is cg with one step.
void SetSolver(const std::string& name, IalsOptions* options) {
  options->solver = name == "cholesky"   ? IalsSolver::kCholesky
                    : name == "subspace" ? IalsSolver::kSubspace
                                         : IalsSolver::kCg;
  const size_t colon = name.find(':');
  options->cg_steps =
      colon == std::string::npos ? IalsOptions{}.cg_steps : std::stoi(name.substr(colon + 1));
}

int Main(const ScaleShape& shape, const IalsOptions& options) {
  const Rate sgemm = SgemmRate(options.threads);
  const ScaleData data = MakeScaleData(shape);
  std::printf("ials, d=%d: %d users x %d items, %lld positives, %d threads, %s\n", options.factors,
              data.train.num_users(), data.train.num_items(),
              static_cast<long long>(data.train.nnz()), options.threads,
              std::string(kernels::SimdLevel()).c_str());
  ThreadPool pool(options.threads);
  Bench bench{data, options, pool};
  const char* chosen = std::getenv("MARQUEE_BENCH_SOLVERS");
  std::map<std::string, Course> ours;
  for (const std::string_view word : Split(chosen == nullptr ? kSolvers : chosen, ",")) {
    const std::string name(word);
    SetSolver(name, &bench.options);
    IalsFactors factors;
    ours[name] = TrainOurs(bench, &factors);
    Print("ours, " + name, ours[name]);
    if (name == "cholesky") PrintRates(bench, factors, ours[name], sgemm);
    if (name == "cholesky" || name == "cg") PrintScaling(bench, name, ours[name]);
  }
  return CompareWithImplicit(bench, ours);
}

int Argument(int argc, char** argv, int index, int fallback) {
  return index < argc ? std::atoi(argv[index]) : fallback;
}

}  // namespace
}  // namespace marquee

int main(int argc, char** argv) {
  using marquee::Argument;
  marquee::kernels::ChooseBlasKernels();
  marquee::ScaleShape shape;
  shape.users = Argument(argc, argv, 4, shape.users);
  shape.items = Argument(argc, argv, 5, shape.items);
  shape.positives = Argument(argc, argv, 6, static_cast<int>(shape.positives));
  const marquee::IalsOptions options{.factors = Argument(argc, argv, 1, 128),
                                     .epochs = Argument(argc, argv, 2, 6),
                                     .regularization = marquee::kRegularization,
                                     .unobserved_weight = marquee::kUnobservedWeight,
                                     .nu = 0,
                                     .threads = Argument(argc, argv, 3, 2)};
  try {
    return marquee::Main(shape, options);
  } catch (const marquee::Error& error) {
    std::fprintf(stderr, "ials_scale_bench: %s\n", error.what());
    return 1;
  }
}
