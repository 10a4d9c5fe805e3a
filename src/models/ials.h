// ials: implicit-feedback matrix factorization by alternating least squares.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/matrix.h"
#include "models/definition.h"
#include "models/model.h"

namespace marquee {

class IalsSide;
class ModelReader;
struct IalsWorkspace;

// How an epoch solves its rows. All reach the same minimum; see ials_descent.h for the last two.
enum class IalsSolver {
  kAuto,      // by `factors`: kCholesky up to 128, kCg beyond
  kCholesky,  // exactly: the fewest epochs
  kCg,        // a few steps of conjugate gradient from where the row is
  kSubspace,  // blocks of coordinates one after the other (iALS++)
};

// Each option says when to change it and what it costs.
struct IalsOptions {
  int factors =
      128;          // embedding length d, 1..4096; time grows with d^2, quality flattens at 64..512
  int epochs = 12;  // passes over the data, 1..1000; validation NDCG flattens after 8..16
  double regularization = 7e-3;    // lambda, scaled by how often a row was seen; 1e-9..1e6
  double unobserved_weight = 0.3;  // weight of every pair, against 1 more for a seen one; 1e-9..1e3
  double nu = 1;                   // exponent of that scaling, 0 (none) .. 1 (full)
  double init_stddev = 0.1;        // of the first factors, times 1/sqrt(d); 1e-6..10
  IalsSolver solver = IalsSolver::kAuto;
  int cg_steps = 3;  // of kCg, 1..100; raise it when more epochs keep helping
  int block = 64;    // of kSubspace, 1..4096; larger: fewer epochs, each longer
  int patience = 0;  // epochs without a better NDCG@10 of held-out interactions before it stops, up
                     // to 1000; 0: all epochs, on all the data
  uint64_t seed = 1;
  int threads = 1;
  int64_t memory_bytes = 0;  // what training may take; 0: what the machine has free
};

// A user folded in, with all that answers about the user need: the history and 4 min(n, d)^2 bytes
// for n items in it. Lives no longer than its model. Immutable, so thread-safe.
class IalsUser {
 public:
  ~IalsUser();
  IalsUser(IalsUser&&) noexcept;

  std::span<const float> vector() const { return vector_; }

  // For each of `items`: how much each item of the history adds to its score, largest first, at
  // most k (Hu et al. 2008, section 5). With k >= the history's length they sum to the score.
  // O(items (min(history, d)^2 + history d)).
  std::vector<std::vector<ScoredItem>> Explain(std::span<const int32_t> items, int k) const;

 private:
  friend class IalsModel;
  explicit IalsUser(const IalsSide& side);

  const IalsSide& side_;
  std::vector<int32_t> history_;
  std::vector<float> vector_;
  std::unique_ptr<IalsWorkspace> workspace_;  // the factored equations
};

// Item factors, and the equations that turn any history into a user's: no user is kept.
class IalsModel : public Model {
 public:
  // `axes`: the diagonal of item_factors^T item_factors, the rest of which is zero.
  IalsModel(std::shared_ptr<const IdDictionary> items, const IalsOptions& options,
            kernels::Matrix item_factors, std::vector<float> axes);
  ~IalsModel() override;
  static std::unique_ptr<IalsModel> Load(const ModelReader& reader,
                                         std::shared_ptr<const IdDictionary> items);

  std::string_view type() const override { return "ials"; }
  // Zero for all when the history is empty. O(Fold + items d).
  void Score(const SparseRow& history, std::span<float> scores) const override;
  // By cosine of the factors. None for an item without interactions: nothing is known of it.
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  void Save(ModelWriter& writer) const override;

  // One epoch over `data` from the present items: its users solved exactly, then the items. The
  // cost of an epoch and a half at most.
  std::unique_ptr<Model> PartialFit(const Interactions& data, int threads,
                                    TrainObserver& observer) const override;

  // The same in parts, for those who want scores and reasons of one user: the equations are set up
  // and factored once, in FoldUser. O(min(n d^2 + d^3, n^2 d)) for n items in the history.
  IalsUser FoldUser(const SparseRow& history) const;
  std::unique_ptr<FoldedUser> Fold(const SparseRow& history) const override;
  // The user's factors alone.
  std::vector<float> FoldIn(const SparseRow& history) const;
  // REQUIRES: vector.size() == factors, scores.size() == items().size().
  void ScoreVector(std::span<const float> vector, std::span<float> scores) const;
  // Explain of several items at the cost of one set-up.
  std::vector<std::vector<ScoredItem>> ExplainMany(const SparseRow& history,
                                                   std::span<const int32_t> items, int k) const;

  const kernels::Matrix& item_factors() const { return item_factors_; }

 private:
  IalsOptions options_;
  kernels::Matrix item_factors_;
  std::vector<float> axes_;
  std::vector<float> inverse_norms_;  // of the item factors; NaN for zero factors
  std::unique_ptr<const IalsSide> side_;
};

struct IalsFactors {
  kernels::Matrix users;
  kernels::Matrix items;         // along the principal axes of all items
  std::vector<float> item_axes;  // the diagonal of items^T items, the rest of which is zero
};

// Minimizes  sum_seen (w_u.h_i - 1)^2 + a sum_all (w_u.h_i)^2 + lambda sum_u (n_u + a|I|)^nu
// |w_u|^2 + the same for items with |U|  (Hu, Koren, Volinsky 2008; scaling of Rendle et al. 2022,
// eq. 6). Presence is the signal: values are ignored.
//
// An epoch solves all items, then all users. With kCholesky each row is solved exactly, so a user's
// row is what folding its history into the item factors gives, bit for bit. Ignores `patience`.
//
// Cost: an epoch takes O(min(n d^2 + d^3, n^2 d)) for each row of n entries (kCg: O(cg_steps n d),
// kSubspace: O(n d block + d block^2)), O(d^2) more for each row, and O(d^3); memory
// O((users + items) d + threads d^2).
// Same data, options and SIMD level: same bytes, for any number of threads. Throws invalid_argument
// for empty data or an option out of range; resource_exhausted, before any work, when it would not
// fit in memory; failed_precondition when regularization is too weak for float32; cancelled, within
// some milliseconds.
IalsFactors FactorizeIals(const Interactions& data, const IalsOptions& options,
                          TrainObserver& observer);

// The same, keeping the items. With `patience`, without the newest interaction of up to 1,000
// users, on which each epoch is measured; the best epoch's items are kept. Folding in is exact with
// every solver.
std::unique_ptr<IalsModel> TrainIals(const Interactions& data, const IalsOptions& options,
                                     TrainObserver& observer);

const ModelDefinition& IalsDefinition();

}  // namespace marquee
