#include "models/ncf_network.h"

#include <algorithm>
#include <cmath>

#include "kernels/vector.h"

namespace marquee {
namespace {

using kernels::ConstMatrixSpan;
using kernels::MatrixSpan;
using nn::Parameters;

constexpr double kEmbeddingStddev = 0.05;
constexpr size_t kScoreRows = 128;  // items scored at a time: their layers stay in the cache

// What a history of so many items is multiplied with.
float HistoryScale(size_t count) {
  return count == 0 ? 0.0f : 1 / std::sqrt(static_cast<float>(count));
}

float ScaleOf(const NcfBatch& batch, const NcfBatch::Group& group) {
  return HistoryScale(batch.users[group.user].size() - (group.left_out >= 0 ? 1 : 0));
}

void Multiply(std::span<const float> x, std::span<const float> y, std::span<float> product) {
  for (size_t k = 0; k < product.size(); ++k) product[k] = x[k] * y[k];
}

// Row 0 and row 1 become max(x, 0). Returns the change from the one to the other over that of the
// input; the slope where nothing changes.
std::vector<float> ReluInPlace(kernels::Matrix& x) {
  std::vector<float> rates(x.columns());
  for (size_t k = 0; k < rates.size(); ++k) {
    float& base = x.Row(0)[k];
    float& actual = x.Row(1)[k];
    const float change = actual - base;
    const float after = std::max(actual, 0.0f) - std::max(base, 0.0f);
    rates[k] = std::abs(change) > 1e-6f ? after / change : (base > 0 ? 1.0f : 0.0f);
    base = std::max(base, 0.0f);
    actual = std::max(actual, 0.0f);
  }
  return rates;
}

void FillZero(const MatrixSpan& matrix) {
  for (size_t row = 0; row < matrix.rows; ++row) std::ranges::fill(matrix.Row(row), 0.0f);
}

}  // namespace

NcfNetwork::NcfNetwork(size_t items, size_t factors) : items_(items), f_(factors) {
  numbers_.history = layout_.Add(items, 3 * f_);
  numbers_.item = layout_.Add(items, 3 * f_);
  numbers_.bias = layout_.Add(1, items);
  numbers_.layer1 = layout_.Add(2 * f_, 2 * f_);
  numbers_.bias1 = layout_.Add(1, 2 * f_);
  numbers_.layer2 = layout_.Add(2 * f_, f_);
  numbers_.bias2 = layout_.Add(1, f_);
  numbers_.product_weights = layout_.Add(1, f_);
  numbers_.layer_weights = layout_.Add(1, f_);
}

Parameters NcfNetwork::Initial(uint64_t seed) const {
  Parameters parameters(layout_);
  const Rng rng(seed);
  for (size_t item = 0; item < items_; ++item) {
    Rng own = rng.Fork(item + 1);
    nn::FillNormal(own, kEmbeddingStddev, parameters[numbers_.history].Rows(item, 1));
    nn::FillNormal(own, kEmbeddingStddev, parameters[numbers_.item].Rows(item, 1));
  }
  Rng rest = rng.Fork(0);
  nn::FillGlorot(rest, parameters[numbers_.layer1]);
  nn::FillGlorot(rest, parameters[numbers_.layer2]);
  nn::FillGlorot(rest, parameters[numbers_.layer_weights]);
  std::ranges::fill(parameters.Vector(numbers_.product_weights), 1.0f);
  return parameters;
}

std::vector<float> NcfNetwork::User(const Parameters& parameters,
                                    std::span<const int32_t> history) const {
  std::vector<float> sum(3 * f_);
  for (const int32_t item : history)
    kernels::Axpy(1, parameters[numbers_.history].Row(static_cast<size_t>(item)), sum);
  for (float& value : sum) value *= HistoryScale(history.size());
  return sum;
}

void NcfNetwork::Score(const Parameters& parameters, std::span<const float> user,
                       std::span<float> scores) const {
  kernels::Scratch scratch;
  const ConstMatrixSpan item = parameters[numbers_.item];
  std::vector<float> weighted(f_);
  for (size_t k = 0; k < f_; ++k)
    weighted[k] = user[k] * parameters.Vector(numbers_.product_weights)[k];
  kernels::Matrix x(kScoreRows, 2 * f_), hidden1(kScoreRows, 2 * f_), hidden2(kScoreRows, f_);
  for (size_t first = 0; first < items_; first += kScoreRows) {
    const size_t count = std::min(kScoreRows, items_ - first);
    const auto rows = [&](kernels::Matrix& all) { return MatrixSpan(all).Rows(0, count); };
    for (size_t row = 0; row < count; ++row)
      Multiply(user.subspan(f_), item.Row(first + row).subspan(f_), x.Row(row));
    nn::LinearForward({parameters[numbers_.layer1], parameters.Vector(numbers_.bias1)}, rows(x),
                      rows(hidden1), scratch);
    nn::Relu(rows(hidden1));
    nn::LinearForward({parameters[numbers_.layer2], parameters.Vector(numbers_.bias2)},
                      rows(hidden1), rows(hidden2), scratch);
    nn::Relu(rows(hidden2));
    for (size_t row = 0; row < count; ++row)
      scores[first + row] =
          parameters.Vector(numbers_.bias)[first + row] +
          kernels::Dot(parameters.Vector(numbers_.layer_weights), hidden2.Row(row)) +
          kernels::Dot(item.Row(first + row).first(f_), weighted);
  }
}

std::vector<float> NcfNetwork::Multipliers(const Parameters& parameters,
                                           std::span<const float> user, int32_t item) const {
  kernels::Scratch scratch;
  const std::span<const float> row = parameters[numbers_.item].Row(static_cast<size_t>(item));
  // Row 0: somebody unknown; row 1: the user.
  kernels::Matrix x(2, 2 * f_), hidden1(2, 2 * f_), hidden2(2, f_);
  Multiply(user.subspan(f_), row.subspan(f_), x.Row(1));
  nn::LinearForward({parameters[numbers_.layer1], parameters.Vector(numbers_.bias1)}, x, hidden1,
                    scratch);
  const std::vector<float> rates1 = ReluInPlace(hidden1);
  nn::LinearForward({parameters[numbers_.layer2], parameters.Vector(numbers_.bias2)}, hidden1,
                    hidden2, scratch);
  const std::vector<float> rates2 = ReluInPlace(hidden2);

  kernels::Matrix of_layer2(1, f_), of_layer1(1, 2 * f_), of_x(1, 2 * f_);
  Multiply(parameters.Vector(numbers_.layer_weights), rates2, of_layer2.Row(0));
  kernels::Gemm(of_layer2, kernels::Transposed(parameters[numbers_.layer2]), of_layer1,
                kernels::GemmResult::kWrite, scratch);
  Multiply(of_layer1.Row(0), rates1, of_layer1.Row(0));
  kernels::Gemm(of_layer1, kernels::Transposed(parameters[numbers_.layer1]), of_x,
                kernels::GemmResult::kWrite, scratch);
  std::vector<float> multipliers(3 * f_);
  const std::span<float> all(multipliers);
  Multiply(parameters.Vector(numbers_.product_weights), row.first(f_), all.first(f_));
  Multiply(of_x.Row(0), row.subspan(f_), all.subspan(f_));
  return multipliers;
}

// Rows of the workspace: a group's user and its gradient, an example's layers.
struct NcfNetwork::Pass {
  Workspace& workspace;
  MatrixSpan users = {}, d_users = {}, x = {}, hidden1 = {}, hidden2 = {};
};

void NcfNetwork::Forward(const Parameters& parameters, const NcfBatch& batch, Pass* pass) const {
  const size_t n = batch.items.size();
  const ConstMatrixSpan history = parameters[numbers_.history], item = parameters[numbers_.item];
  const MatrixSpan sums = pass->workspace.sums.Make(batch.users.size(), 3 * f_);
  FillZero(sums);
  for (size_t user = 0; user < batch.users.size(); ++user) {
    for (const int32_t past : batch.users[user])
      kernels::Axpy(1, history.Row(static_cast<size_t>(past)), sums.Row(user));
  }
  pass->users = pass->workspace.users.Make(batch.groups.size(), 3 * f_);
  pass->d_users = pass->workspace.d_users.Make(batch.groups.size(), 3 * f_);
  FillZero(pass->d_users);
  pass->x = pass->workspace.x.Make(n, 2 * f_);
  for (size_t g = 0; g < batch.groups.size(); ++g) {
    const NcfBatch::Group& group = batch.groups[g];
    const std::span<float> user = pass->users.Row(g);
    std::ranges::copy(sums.Row(group.user), user.begin());
    if (group.left_out >= 0)
      kernels::Axpy(-1, history.Row(static_cast<size_t>(group.left_out)), user);
    for (float& value : user) value *= ScaleOf(batch, group);
    for (size_t e = group.first; e < group.first + group.count; ++e) {
      const auto row = item.Row(static_cast<size_t>(batch.items[e]));
      Multiply(user.subspan(f_), row.subspan(f_), pass->x.Row(e));
    }
  }
  pass->hidden1 = pass->workspace.hidden1.Make(n, 2 * f_);
  pass->hidden2 = pass->workspace.hidden2.Make(n, f_);
  nn::LinearForward({parameters[numbers_.layer1], parameters.Vector(numbers_.bias1)}, pass->x,
                    pass->hidden1, pass->workspace.scratch);
  nn::Relu(pass->hidden1);
  nn::LinearForward({parameters[numbers_.layer2], parameters.Vector(numbers_.bias2)}, pass->hidden1,
                    pass->hidden2, pass->workspace.scratch);
  nn::Relu(pass->hidden2);
}

// Slopes of the logits, kept in the workspace, and the gradients of what makes a logit of the last
// layer and the products; d_users holds the products' share afterwards.
double NcfNetwork::OutputSlopes(const Parameters& parameters, const NcfBatch& batch, float weight,
                                const Pass& pass, Parameters* gradients) const {
  const std::span<const float> bias = parameters.Vector(numbers_.bias);
  const std::span<const float> products = parameters.Vector(numbers_.product_weights);
  const std::span<const float> layers = parameters.Vector(numbers_.layer_weights);
  const std::span<float> d_products = gradients->Vector(numbers_.product_weights);
  pass.workspace.slopes.resize(batch.items.size());
  std::vector<float> weighted(f_), rows(f_);
  double loss = 0;
  for (size_t g = 0; g < batch.groups.size(); ++g) {
    const std::span<const float> user = pass.users.Row(g).first(f_);
    Multiply(products, user, weighted);
    std::ranges::fill(rows, 0.0f);  // the sum of the items' rows times their slopes
    for (size_t e = batch.groups[g].first; e < batch.groups[g].first + batch.groups[g].count; ++e) {
      const auto item = static_cast<size_t>(batch.items[e]);
      const std::span<const float> row = parameters[numbers_.item].Row(item).first(f_);
      const float logit =
          bias[item] + kernels::Dot(layers, pass.hidden2.Row(e)) + kernels::Dot(weighted, row);
      const nn::LogisticLoss at = nn::Logistic(logit, batch.positive[e] != 0);
      loss += static_cast<double>(weight) * at.loss;
      const float slope = weight * at.slope;
      pass.workspace.slopes[e] = slope;
      gradients->Vector(numbers_.bias)[item] += slope;
      kernels::Axpy(slope, pass.hidden2.Row(e), gradients->Vector(numbers_.layer_weights));
      kernels::Axpy(slope, weighted, (*gradients)[numbers_.item].Row(item).first(f_));
      kernels::Axpy(slope, row, rows);
    }
    const std::span<float> d_user = pass.d_users.Row(g).first(f_);
    for (size_t k = 0; k < f_; ++k) {
      d_products[k] += user[k] * rows[k];
      d_user[k] += products[k] * rows[k];
    }
  }
  return loss;
}

void NcfNetwork::Backward(const Parameters& parameters, const NcfBatch& batch, const Pass& pass,
                          Parameters* gradients) const {
  const size_t n = batch.items.size();
  const std::span<const float> layers = parameters.Vector(numbers_.layer_weights);
  const MatrixSpan d_hidden2 = pass.workspace.d_hidden2.Make(n, f_);
  for (size_t e = 0; e < n; ++e) {
    for (size_t k = 0; k < f_; ++k) d_hidden2.Row(e)[k] = pass.workspace.slopes[e] * layers[k];
  }
  nn::ReluBackward(pass.hidden2, d_hidden2);
  const MatrixSpan d_hidden1 = pass.workspace.d_hidden1.Make(n, 2 * f_);
  nn::LinearBackward({parameters[numbers_.layer2], parameters.Vector(numbers_.bias2)}, pass.hidden1,
                     d_hidden2,
                     {d_hidden1, (*gradients)[numbers_.layer2], gradients->Vector(numbers_.bias2)},
                     pass.workspace.scratch);
  nn::ReluBackward(pass.hidden1, d_hidden1);
  const MatrixSpan d_x = pass.workspace.d_x.Make(n, 2 * f_);
  nn::LinearBackward({parameters[numbers_.layer1], parameters.Vector(numbers_.bias1)}, pass.x,
                     d_hidden1,
                     {d_x, (*gradients)[numbers_.layer1], gradients->Vector(numbers_.bias1)},
                     pass.workspace.scratch);
  for (size_t g = 0; g < batch.groups.size(); ++g) {
    const std::span<const float> user = pass.users.Row(g).subspan(f_);
    const std::span<float> d_user = pass.d_users.Row(g).subspan(f_);
    for (size_t e = batch.groups[g].first; e < batch.groups[g].first + batch.groups[g].count; ++e) {
      const auto item = static_cast<size_t>(batch.items[e]);
      const std::span<const float> row = parameters[numbers_.item].Row(item).subspan(f_);
      const std::span<float> d_row = (*gradients)[numbers_.item].Row(item).subspan(f_);
      const std::span<const float> slopes = d_x.Row(e);
      for (size_t k = 0; k < 2 * f_; ++k) {
        d_user[k] += slopes[k] * row[k];
        d_row[k] += slopes[k] * user[k];
      }
    }
  }
  HistoryGradients(batch, pass, gradients);
}

// A group's user is a sum over the history: all its items have one gradient, but for the one left
// out.
void NcfNetwork::HistoryGradients(const NcfBatch& batch, const Pass& pass,
                                  Parameters* gradients) const {
  const MatrixSpan history = (*gradients)[numbers_.history];
  const MatrixSpan d_sums = pass.workspace.d_sums.Make(batch.users.size(), 3 * f_);
  FillZero(d_sums);
  for (size_t g = 0; g < batch.groups.size(); ++g) {
    const NcfBatch::Group& group = batch.groups[g];
    const float scale = ScaleOf(batch, group);
    kernels::Axpy(scale, pass.d_users.Row(g), d_sums.Row(group.user));
    if (group.left_out >= 0)
      kernels::Axpy(-scale, pass.d_users.Row(g), history.Row(static_cast<size_t>(group.left_out)));
  }
  for (size_t user = 0; user < batch.users.size(); ++user) {
    for (const int32_t past : batch.users[user])
      kernels::Axpy(1, d_sums.Row(user), history.Row(static_cast<size_t>(past)));
  }
}

double NcfNetwork::AddGradients(const Parameters& parameters, const NcfBatch& batch, float weight,
                                Workspace* workspace, Parameters* gradients) const {
  Pass pass = {.workspace = *workspace};
  Forward(parameters, batch, &pass);
  const double loss = OutputSlopes(parameters, batch, weight, pass, gradients);
  Backward(parameters, batch, pass, gradients);
  return loss;
}

}  // namespace marquee
