#include "models/content_vectors.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/text.h"

namespace marquee {
namespace {

constexpr double kTooFrequent = 0.3;

void ScaleToLengthOne(ContentVector* vector) {
  double squares = 0;
  for (const auto& [feature, weight] : *vector) squares += double{weight} * weight;
  if (squares <= 0) return vector->clear();
  const auto scale = static_cast<float>(1 / std::sqrt(squares));
  for (auto& [feature, weight] : *vector) weight *= scale;
}

// For each feature the things that have it, with their weights.
std::vector<ContentVector> PostingsOf(std::span<const ContentVector> things) {
  std::vector<ContentVector> postings;
  for (size_t thing = 0; thing < things.size(); ++thing) {
    for (const auto& [feature, weight] : things[thing]) {
      const auto at = static_cast<size_t>(feature);
      if (at >= postings.size()) postings.resize(at + 1);
      postings[at].emplace_back(static_cast<int32_t>(thing), weight);
    }
  }
  const double most = kTooFrequent * static_cast<double>(things.size());
  for (ContentVector& posting : postings) {
    if (static_cast<double>(posting.size()) > most) posting.clear();
  }
  return postings;
}

bool IsNearer(const ContentNeighbour& a, const ContentNeighbour& b) {
  return a.cosine != b.cosine ? a.cosine > b.cosine : a.thing < b.thing;
}

}  // namespace

ContentVocabulary::ContentVocabulary(std::span<const std::vector<std::string>> things,
                                     int min_count) {
  std::map<std::string, int64_t, std::less<>> counts;
  for (const std::vector<std::string>& marks : things) {
    for (const std::string& mark : std::set<std::string>(marks.begin(), marks.end()))
      ++counts[mark];
  }
  for (const auto& [mark, count] : counts) {
    if (count < min_count) continue;
    features_[mark] = static_cast<int32_t>(weights_.size());
    weights_.push_back(static_cast<float>(
        std::log((1.0 + static_cast<double>(things.size())) / static_cast<double>(count))));
  }
}

ContentVocabulary ContentVocabulary::FromJson(const Json& json) {
  const Json::Array& marks = json.At("marks").AsArray();
  const Json::Array& weights = json.At("weights").AsArray();
  if (marks.size() != weights.size()) {
    throw Error(Code::kInvalidArgument,
                StrCat("vocabulary: ", weights.size(), " weights for ", marks.size(), " marks"));
  }
  ContentVocabulary vocabulary;
  for (size_t i = 0; i < marks.size(); ++i) {
    vocabulary.features_[marks[i].AsString()] = static_cast<int32_t>(i);
    vocabulary.weights_.push_back(static_cast<float>(weights[i].AsDouble()));
  }
  return vocabulary;
}

Json ContentVocabulary::ToJson() const {
  // The map is in order of the marks, which is that of the features.
  Json::Array marks;
  for (const auto& [mark, feature] : features_) marks.emplace_back(mark);
  Json::Array weights(weights_.begin(), weights_.end());
  return Json::MakeObject({{"marks", std::move(marks)}, {"weights", std::move(weights)}});
}

ContentVector ContentVocabulary::VectorOf(std::span<const std::string> marks) const {
  std::set<int32_t> known;
  for (const std::string& mark : marks) {
    const auto found = features_.find(mark);
    if (found != features_.end()) known.insert(found->second);
  }
  ContentVector vector;
  for (const int32_t feature : known)
    vector.emplace_back(feature, weights_[static_cast<size_t>(feature)]);
  ScaleToLengthOne(&vector);
  return vector;
}

std::vector<std::vector<ContentNeighbour>> NearestByContent(std::span<const ContentVector> things,
                                                            int k) {
  const std::vector<ContentVector> postings = PostingsOf(things);
  std::vector<std::vector<ContentNeighbour>> nearest(things.size());
  std::vector<float> cosines(things.size(), 0.0f);
  std::vector<int32_t> met;
  for (size_t thing = 0; thing < things.size(); ++thing) {
    met.clear();
    for (const auto& [feature, weight] : things[thing]) {
      for (const auto& [other, other_weight] : postings[static_cast<size_t>(feature)]) {
        float& cosine = cosines[static_cast<size_t>(other)];
        if (cosine == 0) met.push_back(other);
        cosine += weight * other_weight;
      }
    }
    std::vector<ContentNeighbour>& found = nearest[thing];
    for (const int32_t other : met) {
      float& cosine = cosines[static_cast<size_t>(other)];
      if (other != static_cast<int32_t>(thing)) found.push_back({other, cosine});
      cosine = 0;
    }
    const size_t kept = std::min(found.size(), static_cast<size_t>(k));
    std::partial_sort(found.begin(), found.begin() + static_cast<ptrdiff_t>(kept), found.end(),
                      IsNearer);
    found.resize(kept);
  }
  return nearest;
}

}  // namespace marquee
