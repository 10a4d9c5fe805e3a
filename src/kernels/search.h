// The rows of a matrix that score best against a vector, without a list of all scores.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "kernels/matrix.h"
#include "kernels/top_k.h"

namespace marquee::kernels {

// TopK of the scores rows.Row(r) . x. Reads each row once: O(rows d), bound by the memory that the
// rows lie in. One thread. REQUIRES: x.size() == rows.columns().
std::vector<Ranked> BestRows(const Matrix& rows, std::span<const float> x, size_t k,
                             std::span<const int32_t> excluded = {});

// The rows of a matrix in 8 bits a value, with what that leaves out: a quarter of the memory to go
// through. Immutable, so thread-safe. Memory: `columns` rounded up to 64, and 16, bytes a row.
class CoarseRows {
 public:
  // REQUIRES: finite values. O(rows columns).
  explicit CoarseRows(const Matrix& rows);

  size_t rows() const { return scales_.size(); }
  size_t columns() const { return columns_; }

 private:
  friend std::vector<Ranked> BestRows(const Matrix&, const CoarseRows&, std::span<const float>,
                                      size_t, std::span<const int32_t>);
  friend class CoarseSearch;

  size_t columns_;
  size_t stride_;              // bytes from one row to the next
  std::vector<int8_t> bytes_;  // row r is about scales_[r] times its bytes
  std::vector<float> scales_;
  std::vector<int32_t> sums_;  // of a row's bytes
  std::vector<float> norms_;   // of scales_[r] times the bytes
  std::vector<float> errors_;  // the norm of what is left out, and room for rounding
};

// The same rows as BestRows gives, always: the bytes bound every score from both sides
// (Cauchy-Schwarz), and whatever may be among the best by its bounds is scored anew in float32.
// Scores may differ in the last bits, as sums in another order do. Where rows are much alike the
// bounds tell little apart and more is scored anew. REQUIRES: `coarse` was made of `rows`; x
// finite.
std::vector<Ranked> BestRows(const Matrix& rows, const CoarseRows& coarse, std::span<const float> x,
                             size_t k, std::span<const int32_t> excluded = {});

// BestRows of every row of `users`; excluded(u) is called once for each, from any thread. In blocks
// of users, several times as fast as one by one. O(users rows d).
std::vector<std::vector<Ranked>> BestRowsOfAll(
    const Matrix& users, const Matrix& rows, size_t k,
    const std::function<std::span<const int32_t>(size_t user)>& excluded, ThreadPool& pool);

}  // namespace marquee::kernels
