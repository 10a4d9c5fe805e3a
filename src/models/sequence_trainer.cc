#include "models/sequence_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/vector.h"
#include "models/training.h"

namespace marquee {
namespace {

using kernels::ConstMatrixSpan;
using kernels::GemmResult;
using kernels::MatrixSpan;

// Gradients are summed in so many parts whatever the number of threads.
constexpr size_t kParts = 8;
// Logits of so many rows at once: they stay in the cache.
constexpr size_t kLossRows = 128;
constexpr float kMasked = -1e9f;

// Where a window of `length` of `all` begins: evenly, but that one which would reach beyond the end
// is the newest, so that the newest items, which are nearest to what will be asked, are in most.
size_t DrawBegin(size_t all, size_t length, Rng& rng) {
  return all == length ? 0 : std::min<size_t>(rng.Below(all), all - length);
}

}  // namespace

std::vector<int32_t> InOrderOfTime(const SparseRow& row) {
  std::vector<size_t> order(row.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return row.times_s[i]; });
  std::vector<int32_t> items;
  items.reserve(order.size());
  for (const size_t i : order) items.push_back(row.columns[i]);
  return items;
}

double NextItemLoss::Add(const ConstMatrixSpan& embeddings, const Rows& rows, Rng rng,
                         const Gradients& to) {
  return negatives_ == 0 ? AddAll(embeddings, rows, to) : AddSampled(embeddings, rows, rng, to);
}

double NextItemLoss::AddAll(const ConstMatrixSpan& embeddings, const Rows& rows,
                            const Gradients& to) {
  double sum = 0;
  for (size_t first = 0; first < rows.hidden.rows; first += kLossRows) {
    const size_t count = std::min(kLossRows, rows.hidden.rows - first);
    const ConstMatrixSpan hidden = rows.hidden.Rows(first, count);
    const MatrixSpan logits = logits_.Make(count, embeddings.rows);
    kernels::Gemm(hidden, kernels::Transposed(embeddings), logits, GemmResult::kWrite, scratch_);
    for (size_t row = 0; row < count; ++row)
      sum += nn::SoftmaxCrossEntropy(logits.Row(row),
                                     static_cast<size_t>(rows.targets[first + row]), rows.weight);
    kernels::Gemm(logits, embeddings, to.hidden.Rows(first, count), GemmResult::kWrite, scratch_);
    kernels::Gemm(kernels::Transposed(logits), hidden, to.embeddings, GemmResult::kAdd, scratch_);
  }
  return sum;
}

double NextItemLoss::AddSampled(const ConstMatrixSpan& embeddings, const Rows& rows, Rng& rng,
                                const Gradients& to) {
  const size_t n = embeddings.rows, d = embeddings.columns;
  std::vector<size_t> drawn(negatives_);
  for (size_t& item : drawn) item = rng.Below(n);
  const MatrixSpan candidates = candidates_.Make(negatives_, d);
  const MatrixSpan d_candidates = d_candidates_.Make(negatives_, d);
  for (size_t k = 0; k < negatives_; ++k) {
    std::ranges::copy(embeddings.Row(drawn[k]), candidates.Row(k).begin());
    std::ranges::fill(d_candidates.Row(k), 0.0f);
  }
  const float stands_for = std::log(static_cast<float>(n) / static_cast<float>(negatives_));
  double sum = 0;
  for (size_t first = 0; first < rows.hidden.rows; first += kLossRows) {
    const size_t count = std::min(kLossRows, rows.hidden.rows - first);
    const ConstMatrixSpan hidden = rows.hidden.Rows(first, count);
    const MatrixSpan d_hidden = to.hidden.Rows(first, count);
    const MatrixSpan logits = logits_.Make(count, negatives_ + 1);
    const MatrixSpan others = logits.Columns(1, negatives_);
    kernels::Gemm(hidden, kernels::Transposed(candidates), others, GemmResult::kWrite, scratch_);
    for (size_t row = 0; row < count; ++row) {
      const auto target = static_cast<size_t>(rows.targets[first + row]);
      for (size_t k = 0; k < negatives_; ++k)
        others.Row(row)[k] = drawn[k] == target ? kMasked : others.Row(row)[k] + stands_for;
      logits.Row(row)[0] = kernels::Dot(hidden.Row(row), embeddings.Row(target));
      sum += nn::SoftmaxCrossEntropy(logits.Row(row), 0, rows.weight);
    }
    kernels::Gemm(others, candidates, d_hidden, GemmResult::kWrite, scratch_);
    kernels::Gemm(kernels::Transposed(others), hidden, d_candidates, GemmResult::kAdd, scratch_);
    for (size_t row = 0; row < count; ++row) {
      const auto target = static_cast<size_t>(rows.targets[first + row]);
      kernels::Axpy(logits.Row(row)[0], embeddings.Row(target), d_hidden.Row(row));
      kernels::Axpy(logits.Row(row)[0], hidden.Row(row), to.embeddings.Row(target));
    }
  }
  for (size_t k = 0; k < negatives_; ++k)
    kernels::Axpy(1, d_candidates.Row(k), to.embeddings.Row(drawn[k]));
  return sum;
}

SequenceTrainer::SequenceTrainer(const SequenceEncoder& encoder, const Interactions& data,
                                 const SequenceOptions& options, ThreadPool& pool)
    : encoder_(encoder),
      options_(options),
      pool_(pool),
      user_begins_({0}),
      adam_({.learning_rate = options.learning_rate}, encoder.layout(), kParts),
      average_(encoder.layout()) {
  items_.reserve(static_cast<size_t>(data.nnz()));
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const std::vector<int32_t> ordered = InOrderOfTime(data.by_user().Row(user));
    items_.insert(items_.end(), ordered.begin(), ordered.end());
    user_begins_.push_back(items_.size());
  }
  for (size_t part = 0; part < kParts; ++part)
    workers_.push_back({{}, NextItemLoss(static_cast<size_t>(options.negatives)), {}, {}, {}});
}

std::vector<SequenceTrainer::Window> SequenceTrainer::CutWindows(Rng& rng) const {
  const auto longest = static_cast<size_t>(options_.max_length);
  std::vector<Window> windows;
  for (size_t user = 0; user + 1 < user_begins_.size(); ++user) {
    const size_t first = user_begins_[user], end = user_begins_[user + 1];
    if (end - first < 2) continue;
    const size_t targets = end - first - 1;
    const size_t length = std::min(targets, longest);
    windows.push_back({first + DrawBegin(targets, length, rng), length});
  }
  rng.Shuffle(std::span(windows));
  return windows;
}

double SequenceTrainer::Part(std::span<const Window> windows, float weight, const Rng& rng,
                             const nn::Parameters& parameters, size_t part) {
  Worker& worker = workers_[part];
  worker.sequences = {};
  worker.targets.clear();
  for (const auto& [first, length] : windows) {
    const std::span<const int32_t> items = std::span(items_).subspan(first, length + 1);
    worker.sequences.Append(items.first(length));
    worker.targets.insert(worker.targets.end(), items.begin() + 1, items.end());
  }
  if (windows.empty()) return 0;
  const MatrixSpan hidden =
      encoder_.Forward(parameters, worker.sequences,
                       {.dropout = options_.dropout, .rng = rng.Fork(2 * part)}, &worker.workspace);
  const MatrixSpan d_hidden = worker.d_hidden.Make(hidden.rows, hidden.columns);
  nn::Parameters& gradients = adam_.Gradient(part);
  const double loss = worker.loss.Add(
      parameters[encoder_.embeddings()], {hidden, worker.targets, weight}, rng.Fork(2 * part + 1),
      {.hidden = d_hidden, .embeddings = gradients[encoder_.embeddings()]});
  encoder_.Backward(parameters, worker.sequences, d_hidden, &worker.workspace, &gradients);
  return loss;
}

double SequenceTrainer::Batch(std::span<const Window> windows, const Rng& rng,
                              nn::Parameters* parameters) {
  size_t rows = 0;
  for (const Window& window : windows) rows += window.length;
  const float weight = 1 / static_cast<float>(rows);
  std::vector<double> losses(kParts);
  pool_.ParallelFor(kParts, 1, [&](int64_t begin, int64_t end, int) {
    for (auto part = static_cast<size_t>(begin); part < static_cast<size_t>(end); ++part) {
      const size_t first = windows.size() * part / kParts;
      const size_t last = windows.size() * (part + 1) / kParts;
      losses[part] = Part(windows.subspan(first, last - first), weight, rng, *parameters, part);
    }
  });
  adam_.Step(pool_, parameters);
  average_.Add(pool_, *parameters);
  return std::accumulate(losses.begin(), losses.end(), 0.0) * static_cast<double>(rows);
}

double SequenceTrainer::Epoch(int epoch, const TrainObserver& observer,
                              nn::Parameters* parameters) {
  Rng rng = Rng(options_.seed).Fork(static_cast<uint64_t>(epoch));
  const std::vector<Window> windows = CutWindows(rng);
  const auto batch = static_cast<size_t>(options_.batch);
  average_.SpanSteps((windows.size() + batch - 1) / batch);
  double loss = 0;
  size_t rows = 0;
  for (const Window& window : windows) rows += window.length;
  for (size_t first = 0; first < windows.size(); first += batch) {
    ThrowIfStopped(observer, "sequence");
    loss += Batch(std::span(windows).subspan(first, std::min(batch, windows.size() - first)),
                  rng.Fork(first), parameters);
  }
  if (windows.empty()) average_.Add(pool_, *parameters);
  return rows == 0 ? 0 : loss / static_cast<double>(rows);
}

}  // namespace marquee
