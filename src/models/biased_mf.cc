#include "models/biased_mf.h"

#include "base/text.h"
#include "models/rating_descent.h"
#include "models/training.h"

namespace marquee {

std::unique_ptr<RatingModel> TrainBiasedMf(const Interactions& data, const BiasedMfOptions& options,
                                           TrainObserver& observer) {
  RequireRange("factors", options.factors, 1, 256);
  RequireRange("regularization", options.regularization, 1e-3, 1e6);
  RequireRange("bias_regularization", options.bias_regularization, 1e-3, 1e6);
  RequireRange("epochs", options.epochs, 1, 10000);
  RequireRange("patience", options.patience, 0, 1000);
  return TrainByDescent(data,
                        {.model_type = "biased-mf",
                         .factors = options.factors,
                         .regularization = options.regularization,
                         .bias_regularization = options.bias_regularization,
                         .epochs = options.epochs,
                         .patience = options.patience,
                         .threads = options.threads,
                         .seed = options.seed},
                        observer);
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  const BiasedMfOptions defaults;
  return {{.key = "factors",
           .type = Type::kInt,
           .fallback = StrCat(defaults.factors),
           .doc = "length of the vectors; more need more data and regularization",
           .min = 1,
           .max = 256,
           .search = SearchRange{8, 128, true}},
          {.key = "regularization",
           .type = Type::kNumber,
           .fallback = StrCat(defaults.regularization),
           .doc = "how much factors are held back; raise it for sparse data",
           .min = 1e-3,
           .max = 1e6,
           .search = SearchRange{1, 100, true}},
          {.key = "bias_regularization",
           .type = Type::kNumber,
           .fallback = StrCat(defaults.bias_regularization),
           .doc = "how much biases are held back",
           .min = 1e-3,
           .max = 1e6,
           .search = SearchRange{0.3, 30, true}},
          {.key = "epochs",
           .type = Type::kInt,
           .fallback = StrCat(defaults.epochs),
           .doc = "passes of least squares, at most",
           .min = 1,
           .max = 10000},
          {.key = "patience",
           .type = Type::kInt,
           .fallback = StrCat(defaults.patience),
           .doc = "epochs without a better error of held-out ratings until it stops; 0 for never",
           .min = 0,
           .max = 1000}};
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainBiasedMf(in.data,
                       {.factors = in.Int("factors"),
                        .regularization = in.Double("regularization"),
                        .bias_regularization = in.Double("bias_regularization"),
                        .epochs = in.Int("epochs"),
                        .patience = in.Int("patience"),
                        .threads = in.threads,
                        .seed = in.seed()},
                       in.observer);
}

}  // namespace

const ModelDefinition& BiasedMfDefinition() {
  static const ModelDefinition definition = {
      "biased-mf",         "matrix factorization of ratings with biases; quick rating predictions",
      Settings(),          TrainFrom,
      LoadAs<RatingModel>, true};
  return definition;
}

}  // namespace marquee
