// The category of a thing from its description: multinomial logistic regression over TF-IDF
// vectors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "models/content_vectors.h"
#include "models/model.h"

namespace marquee {

struct LabelledContent {
  std::vector<std::string> marks;  // "genre:Dramas", "word:war", ...
  std::string label;
};

struct ContentClassifierOptions {
  int epochs = 20;               // 1..1000; time grows with it, accuracy flattens at 20..40
  double learning_rate = 0.1;    // > 0; lower it when the loss does not fall
  double regularization = 1e-3;  // of the weights, 0..1; raise it for few things with many marks
  int min_count = 2;             // marks that fewer things have are passed over
  uint64_t seed = 1;             // of the order in which things are looked at
};

// Immutable, thread-safe.
class ContentClassifier {
 public:
  // AdaGrad (Duchi, Hazan and Singer 2011) on the log-loss, one thing a step. The same data,
  // options and seed give the same model. O(epochs x marks x labels). Throws invalid_argument for
  // options out of range and for things of fewer than two labels; cancelled.
  static ContentClassifier Train(std::span<const LabelledContent> things,
                                 const ContentClassifierOptions& options, TrainObserver& observer);
  // Throws invalid_argument for what ToJson has not made.
  static ContentClassifier FromJson(const Json& json);
  Json ToJson() const;

  const std::vector<std::string>& labels() const { return labels_; }
  const ContentVocabulary& vocabulary() const { return vocabulary_; }
  // Of each label, 1 in all.
  std::vector<double> Probabilities(std::span<const std::string> marks) const;
  const std::string& Predict(std::span<const std::string> marks) const;

 private:
  explicit ContentClassifier(ContentVocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}
  std::vector<double> ProbabilitiesOf(const ContentVector& vector) const;
  void Step(const ContentVector& vector, size_t label, const ContentClassifierOptions& options,
            std::vector<double>* squares);

  ContentVocabulary vocabulary_;
  std::vector<std::string> labels_;  // ascending
  std::vector<double> weights_;      // (feature, label), and the labels' own at the end
};

}  // namespace marquee
