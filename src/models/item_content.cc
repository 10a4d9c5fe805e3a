#include "models/item_content.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "item-content";
// A word of one title makes it like no other.
constexpr int kMinTitlesOfWord = 2;
constexpr double kMaxWeight = 1000;

constexpr auto kStopWords = std::to_array<std::string_view>(
    {"a",    "all",  "an",   "and", "are", "as",  "at",    "au",  "aux",  "be",  "by",
     "das",  "de",   "del",  "der", "des", "die", "du",    "ein", "eine", "el",  "et",
     "for",  "from", "i",    "ii",  "iii", "il",  "in",    "is",  "it",   "iv",  "la",
     "las",  "le",   "les",  "los", "lo",  "me",  "movie", "my",  "no",   "not", "of",
     "on",   "or",   "part", "the", "to",  "un",  "und",   "une", "v",    "vi",  "vs",
     "with", "you",  "your", "y",   "1",   "2",   "3",     "4",   "5",    "aka"});

bool IsStopWord(std::string_view word) {
  return std::find(kStopWords.begin(), kStopWords.end(), word) != kStopWords.end();
}

// The title without "(1999)" at its end.
std::string_view WithoutYear(std::string_view title) {
  title = Trim(title);
  const size_t open = title.rfind('(');
  if (open == std::string_view::npos || title.size() - open != 6 || title.back() != ')')
    return title;
  return ParseInt(title.substr(open + 1, 4)) ? title.substr(0, open) : title;
}

bool IsWordByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte) != 0;
}

// The three fields of one item, each a list of terms; repeated ones count once.
struct Terms {
  std::array<std::vector<std::string>, 3> fields;  // genres, title words, decade
};

template <typename T>
T At(const std::vector<T>& values, size_t index) {
  return index < values.size() ? values[index] : T();
}

Terms TermsOf(const ItemContent& content, size_t item) {
  Terms terms;
  std::set<std::string> genres;
  for (const std::string& genre : At(content.genres, item)) genres.insert(AsciiLower(Trim(genre)));
  genres.erase("");
  terms.fields[0].assign(genres.begin(), genres.end());
  terms.fields[1] = TitleWords(At(content.titles, item));
  if (const int32_t year = At(content.years, item); year > 0)
    terms.fields[2].push_back(std::to_string(year / 10 * 10));
  return terms;
}

struct Feature {
  int32_t count = 0;   // items that have it
  int32_t index = -1;  // -1: left out
};

// The terms of all items, numbered.
class Vocabulary {
 public:
  explicit Vocabulary(const std::vector<Terms>& items) : num_items_(items.size()) {
    for (const Terms& terms : items) {
      for (size_t field = 0; field < 3; ++field) {
        for (const std::string& term : terms.fields[field]) ++features_[field][term].count;
      }
    }
    for (size_t field = 0; field < 3; ++field) {
      for (auto& [term, feature] : features_[field]) {
        if (field != 1 || feature.count >= kMinTitlesOfWord) feature.index = size_++;
      }
    }
  }

  int32_t size() const { return size_; }

  // Adds one field's vector of length sqrt(weight), so that a cosine is the weighted mean of the
  // fields'.
  void AppendField(const Terms& terms, size_t field, double weight,
                   std::vector<std::pair<int32_t, float>>* vector) const {
    const size_t begin = vector->size();
    double squares = 0;
    for (const std::string& term : terms.fields[field]) {
      const Feature& feature = features_[field].at(term);
      if (feature.index < 0) continue;
      const double idf =
          std::log((1.0 + static_cast<double>(num_items_)) / (1.0 + feature.count)) + 1;
      vector->emplace_back(feature.index, static_cast<float>(idf));
      squares += idf * idf;
    }
    const double scale = squares > 0 ? std::sqrt(weight / squares) : 0;
    for (size_t i = begin; i < vector->size(); ++i)
      (*vector)[i].second = static_cast<float>((*vector)[i].second * scale);
  }

 private:
  size_t num_items_;
  std::array<std::map<std::string, Feature>, 3> features_;
  int32_t size_ = 0;
};

// Weight of one interaction, 0..1.
float InteractionWeight(float value, float largest) {
  return largest > 0 ? std::max(value, 0.0f) / largest : 0.0f;
}

float LargestValue(const SparseRow& history) {
  return history.size() == 0 ? 0.0f
                             : *std::max_element(history.values.begin(), history.values.end());
}

double SquaredLength(std::span<const float> vector) {
  double squares = 0;
  for (const float value : vector) squares += double{value} * value;
  return squares;
}

}  // namespace

std::vector<std::string> TitleWords(std::string_view title) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty() && !IsStopWord(word) &&
        std::find(words.begin(), words.end(), word) == words.end())
      words.push_back(word);
    word.clear();
  };
  for (const char c : AsciiLower(WithoutYear(title))) {
    if (IsWordByte(c)) {
      word.push_back(c);
    } else if (c != '\'') {
      end_word();
    }
  }
  end_word();
  return words;
}

std::unique_ptr<ItemContentModel> TrainItemContent(const Interactions& data,
                                                   const ItemContentOptions& options,
                                                   TrainObserver& observer) {
  RequireRange("genre_weight", options.genre_weight, 0, kMaxWeight);
  RequireRange("title_weight", options.title_weight, 0, kMaxWeight);
  RequireRange("decade_weight", options.decade_weight, 0, kMaxWeight);
  if (options.genre_weight + options.title_weight + options.decade_weight <= 0) {
    throw Error(Code::kInvalidArgument,
                "genre_weight, title_weight and decade_weight are 0: one must be above 0");
  }
  RequireInteractions(data, kType);
  std::vector<Terms> items;
  for (int32_t item = 0; item < data.num_items(); ++item)
    items.push_back(TermsOf(data.content(), static_cast<size_t>(item)));
  ThrowIfStopped(observer, kType);
  const Vocabulary vocabulary(items);
  if (vocabulary.size() == 0) {
    throw Error(Code::kInvalidArgument,
                "cannot train item-content: the data has no titles, genres or years",
                "import a data set with a catalogue, or train another model");
  }

  std::unique_ptr<ItemContentModel> model(new ItemContentModel(data.shared_items()));
  model->options_ = options;
  model->num_features_ = vocabulary.size();
  for (const Terms& terms : items) {
    std::vector<std::pair<int32_t, float>> vector;
    vocabulary.AppendField(terms, 0, options.genre_weight, &vector);
    vocabulary.AppendField(terms, 1, options.title_weight, &vector);
    vocabulary.AppendField(terms, 2, options.decade_weight, &vector);
    std::sort(vector.begin(), vector.end());
    double squares = 0;
    for (const auto& [feature, weight] : vector) squares += double{weight} * weight;
    const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
    for (const auto& [feature, weight] : vector) {
      model->features_.push_back(feature);
      model->weights_.push_back(static_cast<float>(weight * scale));
    }
    model->offsets_.push_back(static_cast<int64_t>(model->features_.size()));
  }
  observer.OnEpoch({.epoch = 1, .epochs = 1});
  return model;
}

ItemContentModel::Vector ItemContentModel::VectorOf(int32_t item) const {
  const auto begin = static_cast<size_t>(offsets_[static_cast<size_t>(item)]);
  const size_t count = static_cast<size_t>(offsets_[static_cast<size_t>(item) + 1]) - begin;
  return {std::span(features_).subspan(begin, count), std::span(weights_).subspan(begin, count)};
}

std::vector<float> ItemContentModel::Profile(const SparseRow& known) const {
  std::vector<float> profile(static_cast<size_t>(num_features_));
  const float largest = LargestValue(known);
  for (size_t i = 0; i < known.size(); ++i) {
    const float weight = InteractionWeight(known.values[i], largest);
    const Vector vector = VectorOf(known.columns[i]);
    for (size_t f = 0; f < vector.features.size(); ++f)
      profile[static_cast<size_t>(vector.features[f])] += weight * vector.weights[f];
  }
  const double squares = SquaredLength(profile);
  if (squares > 0) {
    const auto scale = static_cast<float>(1 / std::sqrt(squares));
    for (float& value : profile) value *= scale;
  }
  return profile;
}

void ItemContentModel::ScoreProfile(std::span<const float> profile, std::span<float> scores) const {
  for (int32_t item = 0; item < items().size(); ++item) {
    const Vector vector = VectorOf(item);
    float score = 0;
    for (size_t f = 0; f < vector.features.size(); ++f)
      score += vector.weights[f] * profile[static_cast<size_t>(vector.features[f])];
    scores[static_cast<size_t>(item)] = score;
  }
}

void ItemContentModel::Score(const SparseRow& history, std::span<float> scores) const {
  ScoreProfile(Profile(KnownItems(history, items().size())), scores);
}

std::vector<ScoredItem> ItemContentModel::SimilarItems(int32_t item, int k) const {
  std::vector<float> profile(static_cast<size_t>(num_features_));
  const Vector vector = VectorOf(item);
  for (size_t f = 0; f < vector.features.size(); ++f)
    profile[static_cast<size_t>(vector.features[f])] = vector.weights[f];
  std::vector<float> scores(static_cast<size_t>(items().size()));
  ScoreProfile(profile, scores);
  return BestItems(scores, item, k);
}

std::vector<ScoredItem> ItemContentModel::Explain(const SparseRow& history, int32_t item,
                                                  int k) const {
  const SparseRow known = KnownItems(history, items().size());
  const float largest = LargestValue(known);
  std::vector<float> target(static_cast<size_t>(num_features_));
  const Vector wanted = VectorOf(item);
  for (size_t f = 0; f < wanted.features.size(); ++f)
    target[static_cast<size_t>(wanted.features[f])] = wanted.weights[f];

  std::vector<float> sum(target.size());
  std::vector<ScoredItem> parts;
  for (size_t i = 0; i < known.size(); ++i) {
    const float weight = InteractionWeight(known.values[i], largest);
    const Vector vector = VectorOf(known.columns[i]);
    float part = 0;
    for (size_t f = 0; f < vector.features.size(); ++f) {
      const auto feature = static_cast<size_t>(vector.features[f]);
      part += weight * vector.weights[f] * target[feature];
      sum[feature] += weight * vector.weights[f];
    }
    parts.push_back({known.columns[i], part});
  }
  const double squares = SquaredLength(sum);
  for (ScoredItem& part : parts)
    part.score = squares > 0 ? static_cast<float>(part.score / std::sqrt(squares)) : 0.0f;
  return Largest(std::move(parts), k);
}

void ItemContentModel::Save(ModelWriter& writer) const {
  writer.SetSettings(Json::MakeObject({{"genre_weight", options_.genre_weight},
                                       {"title_weight", options_.title_weight},
                                       {"decade_weight", options_.decade_weight},
                                       {"num_features", num_features_}}));
  const auto nnz = static_cast<int64_t>(features_.size());
  writer.Add("offsets", offsets_, {int64_t{items().size()} + 1});
  writer.Add("features", features_, {nnz});
  writer.Add("weights", weights_, {nnz});
}

std::unique_ptr<ItemContentModel> ItemContentModel::Load(
    const ModelReader& reader, std::shared_ptr<const IdDictionary> items) {
  std::unique_ptr<ItemContentModel> model(new ItemContentModel(std::move(items)));
  const std::span<const int64_t> offsets =
      reader.Longs("offsets", {int64_t{model->items().size()} + 1});
  const std::span<const int32_t> features = reader.Ints("features", {-1});
  const auto nnz = static_cast<int64_t>(features.size());
  const std::span<const float> weights = reader.Floats("weights", {nnz});
  // Every feature stands for some entry, which bounds what a damaged number can ask for.
  const int64_t num_features = reader.SettingInt("num_features");
  if (num_features < 0 || num_features > nnz) reader.Refuse("setting 'num_features' is too large");
  if (offsets.front() != 0 || offsets.back() != nnz ||
      !std::is_sorted(offsets.begin(), offsets.end()))
    reader.Refuse("section 'offsets' does not divide the features");
  for (const int32_t feature : features) {
    if (feature < 0 || feature >= num_features)
      reader.Refuse(StrCat("section 'features' holds ", feature));
  }
  model->options_ = {.genre_weight = reader.SettingDouble("genre_weight"),
                     .title_weight = reader.SettingDouble("title_weight"),
                     .decade_weight = reader.SettingDouble("decade_weight")};
  model->num_features_ = static_cast<int32_t>(num_features);
  model->offsets_.assign(offsets.begin(), offsets.end());
  model->features_.assign(features.begin(), features.end());
  model->weights_.assign(weights.begin(), weights.end());
  return model;
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  return {{"genre_weight",
           Type::kNumber,
           StrCat(ItemContentOptions{}.genre_weight),
           "how much genres say; raise it where they are fine",
           0,
           1000,
           {},
           SearchRange{0.1, 10, true}},
          {"title_weight",
           Type::kNumber,
           StrCat(ItemContentOptions{}.title_weight),
           "how much title words say; finds sequels and series",
           0,
           1000,
           {},
           SearchRange{0.01, 2, true}},
          {"decade_weight",
           Type::kNumber,
           StrCat(ItemContentOptions{}.decade_weight),
           "how much the decade says",
           0,
           1000,
           {},
           SearchRange{0.01, 2, true}}};
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainItemContent(in.data,
                          {.genre_weight = in.Double("genre_weight"),
                           .title_weight = in.Double("title_weight"),
                           .decade_weight = in.Double("decade_weight")},
                          in.observer);
}

}  // namespace

const ModelDefinition& ItemContentDefinition() {
  static const ModelDefinition definition = {
      "item-content", "titles like those somebody liked, by genres, words and decade", Settings(),
      TrainFrom, LoadAs<ItemContentModel>};
  return definition;
}

}  // namespace marquee
