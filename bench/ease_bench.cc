// ease on invented data against the two LAPACK calls that it cannot do without, on the same matrix.
// Checks that the weights follow from LAPACK's inverse before it prints a time.
//
//   ease_bench [items=8000] [threads=2] [users=50000] [positives=3000000]
#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "kernels/blas.h"
#include "kernels/matrix.h"
#include "measure.h"
#include "models/ease.h"
#include "models/item_pairs.h"
#include "scale_data.h"

extern "C" {
void spotrf_(const char* uplo, const int* n, float* a, const int* lda, int* info);
void spotri_(const char* uplo, const int* n, float* a, const int* lda, int* info);
}

namespace marquee {
namespace {

constexpr double kL2 = 500;

struct Spent {
  double seconds, cpu;
};

// When each stage ended.
class Stages : public NoTrainObserver {
 public:
  void OnEpoch(const Epoch&) override {
    seconds.push_back(timer_.Seconds());
    cpu.push_back(timer_.Cpu());
  }
  std::vector<double> seconds, cpu;

 private:
  Timer timer_;
};

// X'X + l2 I becomes the inverse, in the lower triangle of the library's order of columns.
Spent BareInverse(const Interactions& data, int threads, kernels::Matrix* matrix) {
  NoTrainObserver observer;
  {
    ThreadPool pool(threads);
    CountPairs(data, "ease", pool, observer, matrix);
  }
  for (size_t i = 0; i < matrix->rows(); ++i) matrix->Row(i)[i] += static_cast<float>(kL2);
  openblas_set_num_threads(threads);
  const int n = static_cast<int>(matrix->rows());
  int info = 0;
  const Timer timer;
  spotrf_("L", &n, matrix->values().data(), &n, &info);
  if (info == 0) spotri_("L", &n, matrix->values().data(), &n, &info);
  if (info != 0) throw Error(Code::kInternal, "LAPACK found no inverse", "");
  return {timer.Seconds(), timer.Cpu()};
}

// The largest difference of a weight from -P_ij / P_jj, over the weights from some items.
double LargestDifference(const EaseModel& model, const kernels::Matrix& inverse) {
  const size_t n = inverse.rows();
  const float value = 1;
  const int64_t time = 0;
  std::vector<float> scores(n);
  double largest = 0;
  for (size_t item = 0; item < n; item += n / 50) {
    const auto column = static_cast<int32_t>(item);
    model.Score({std::span(&column, 1), std::span(&value, 1), std::span(&time, 1)}, scores);
    for (size_t j = 0; j < n; ++j) {
      if (j == item) continue;
      const float p = inverse.Row(std::min(item, j))[std::max(item, j)];
      largest = std::max(largest, std::abs(double{scores[j]} + double{p} / inverse.Row(j)[j]));
    }
  }
  return largest;
}

int Main(const ScaleShape& shape, int threads) {
  const ScaleData data = MakeScaleData(shape);
  const auto n = static_cast<size_t>(shape.items);
  kernels::Matrix inverse(n, n);
  const auto [bare, bare_cpu] = BareInverse(data.train, threads, &inverse);
  Stages stages;
  const auto model = TrainEase(data.train, {.l2 = kL2, .threads = threads}, stages);
  const double difference = LargestDifference(*model, inverse);
  std::printf(
      "ease of %zu items, %lld positives, %d threads; weights differ from LAPACK's by %.1e\n", n,
      static_cast<long long>(data.train.nnz()), threads, difference);
  if (!(difference < 1e-4)) {
    std::printf("the results differ: times would mean nothing\n");
    return 1;
  }
  const double all = stages.seconds.back(), all_cpu = stages.cpu.back();
  std::printf("spotrf + spotri %.2f s, cpu %.2f s, %.0f GFLOP/s\n", bare, bare_cpu,
              std::pow(static_cast<double>(n), 3) / bare / 1e9);
  std::printf(
      "training %.2f s (%.2fx), cpu %.2f s (%.2fx): counting pairs %.2f s, inverse %.2f s, "
      "weights %.2f s\n",
      all, all / bare, all_cpu, all_cpu / bare_cpu, stages.seconds[0],
      stages.seconds[1] - stages.seconds[0], stages.seconds[2] - stages.seconds[1]);
  return 0;
}

int Argument(int argc, char** argv, int index, int fallback) {
  return index < argc ? std::atoi(argv[index]) : fallback;
}

}  // namespace
}  // namespace marquee

int main(int argc, char** argv) {
  using marquee::Argument;
  marquee::kernels::ChooseBlasKernels();
  const marquee::ScaleShape shape{.users = Argument(argc, argv, 3, 50'000),
                                  .items = Argument(argc, argv, 1, 8000),
                                  .positives = Argument(argc, argv, 4, 3'000'000)};
  try {
    return marquee::Main(shape, Argument(argc, argv, 2, 2));
  } catch (const marquee::Error& error) {
    std::fprintf(stderr, "ease_bench: %s\n", error.what());
    return 1;
  }
}
