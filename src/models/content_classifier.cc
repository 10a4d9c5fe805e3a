#include "models/content_classifier.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"

namespace marquee {
namespace {

void CheckOptions(const ContentClassifierOptions& options) {
  const auto check = [](const char* name, double value, bool good, const char* wanted) {
    if (good) return;
    throw Error(Code::kInvalidArgument,
                StrCat("content classifier: ", name, " is ", value, ": must be ", wanted));
  };
  check("epochs", options.epochs, options.epochs >= 1 && options.epochs <= 1000, "1 to 1000");
  check("learning_rate", options.learning_rate, options.learning_rate > 0, "above 0");
  check("regularization", options.regularization,
        options.regularization >= 0 && options.regularization <= 1, "0 to 1");
}

std::vector<std::string> LabelsOf(std::span<const LabelledContent> things) {
  std::set<std::string> labels;
  for (const LabelledContent& thing : things) labels.insert(thing.label);
  if (labels.size() < 2) {
    throw Error(Code::kInvalidArgument,
                StrCat("content classifier: ", things.size(), " things have ", labels.size(),
                       " labels: two at least are needed"));
  }
  return {labels.begin(), labels.end()};
}

void SoftMax(std::vector<double>* scores) {
  const double most = *std::max_element(scores->begin(), scores->end());
  double sum = 0;
  for (double& score : *scores) sum += score = std::exp(score - most);
  for (double& score : *scores) score /= sum;
}

}  // namespace

ContentClassifier ContentClassifier::Train(std::span<const LabelledContent> things,
                                           const ContentClassifierOptions& options,
                                           TrainObserver& observer) {
  CheckOptions(options);
  std::vector<std::vector<std::string>> marks;
  for (const LabelledContent& thing : things) marks.push_back(thing.marks);
  ContentClassifier model(ContentVocabulary(marks, options.min_count));
  model.labels_ = LabelsOf(things);
  model.weights_.assign((model.vocabulary_.size() + 1) * model.labels_.size(), 0.0);
  std::vector<ContentVector> vectors;
  std::vector<size_t> labels;
  for (const LabelledContent& thing : things) {
    vectors.push_back(model.vocabulary_.VectorOf(thing.marks));
    labels.push_back(static_cast<size_t>(
        std::lower_bound(model.labels_.begin(), model.labels_.end(), thing.label) -
        model.labels_.begin()));
  }
  std::vector<double> squares(model.weights_.size(), 1e-8);
  std::vector<size_t> order(things.size());
  std::iota(order.begin(), order.end(), size_t{0});
  Rng random(options.seed);
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    random.Shuffle(std::span<size_t>(order));
    for (const size_t at : order) model.Step(vectors[at], labels[at], options, &squares);
    observer.OnEpoch({.epoch = epoch, .epochs = options.epochs});
    if (observer.ShouldStop()) throw Error(Code::kCancelled, "training was cancelled");
  }
  return model;
}

void ContentClassifier::Step(const ContentVector& vector, size_t label,
                             const ContentClassifierOptions& options,
                             std::vector<double>* squares) {
  std::vector<double> errors = ProbabilitiesOf(vector);
  errors[label] -= 1;
  const auto update = [&](size_t feature, double value, double regularization) {
    for (size_t l = 0; l < errors.size(); ++l) {
      const size_t at = feature * errors.size() + l;
      const double gradient = errors[l] * value + regularization * weights_[at];
      (*squares)[at] += gradient * gradient;
      weights_[at] -= options.learning_rate * gradient / std::sqrt((*squares)[at]);
    }
  };
  for (const auto& [feature, value] : vector)
    update(static_cast<size_t>(feature), double{value}, options.regularization);
  update(vocabulary_.size(), 1, 0);
}

std::vector<double> ContentClassifier::ProbabilitiesOf(const ContentVector& vector) const {
  const size_t count = labels_.size();
  std::vector<double> scores(weights_.end() - static_cast<ptrdiff_t>(count), weights_.end());
  for (const auto& [feature, value] : vector) {
    const double* row = &weights_[static_cast<size_t>(feature) * count];
    for (size_t l = 0; l < count; ++l) scores[l] += double{value} * row[l];
  }
  SoftMax(&scores);
  return scores;
}

std::vector<double> ContentClassifier::Probabilities(std::span<const std::string> marks) const {
  return ProbabilitiesOf(vocabulary_.VectorOf(marks));
}

const std::string& ContentClassifier::Predict(std::span<const std::string> marks) const {
  const std::vector<double> probabilities = Probabilities(marks);
  return labels_[static_cast<size_t>(std::max_element(probabilities.begin(), probabilities.end()) -
                                     probabilities.begin())];
}

Json ContentClassifier::ToJson() const {
  Json labels = Json::MakeArray();
  for (const std::string& label : labels_) labels.Append(label);
  Json weights = Json::MakeArray();
  for (const double weight : weights_) weights.Append(weight);
  return Json::MakeObject({{"model", "content-classifier"},
                           {"labels", std::move(labels)},
                           {"vocabulary", vocabulary_.ToJson()},
                           {"weights", std::move(weights)}});
}

ContentClassifier ContentClassifier::FromJson(const Json& json) {
  ContentClassifier model(ContentVocabulary::FromJson(json.At("vocabulary")));
  for (const Json& label : json.At("labels").AsArray()) model.labels_.push_back(label.AsString());
  for (const Json& weight : json.At("weights").AsArray())
    model.weights_.push_back(weight.AsDouble());
  if (model.weights_.size() != (model.vocabulary_.size() + 1) * model.labels_.size() ||
      model.labels_.size() < 2) {
    throw Error(Code::kInvalidArgument,
                StrCat("content classifier: ", model.weights_.size(), " weights for ",
                       model.vocabulary_.size(), " features and ", model.labels_.size(), " labels"),
                "train it again");
  }
  return model;
}

}  // namespace marquee
