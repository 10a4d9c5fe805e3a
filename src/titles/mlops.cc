// The tasks of netflix_mlops_pipeline on titles alone.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/dataset_log.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "models/content_classifier.h"
#include "pipelines/stability_index.h"
#include "pipelines/stage_observer.h"
#include "titles/described.h"
#include "titles/folders.h"
#include "titles/tasks.h"

namespace marquee::titles {
namespace {

namespace fs = std::filesystem;

constexpr int kSimilarTitles = 10;
// Their nearest are found in time that grows with the square.
constexpr size_t kMostCompared = 50'000;

fs::path MlopsFile(const TaskContext& context, const char* name) {
  return context.settings.analysis / "mlops" / name;
}

void WriteJson(TaskContext& context, const char* name, const Json& json) {
  const fs::path file = MlopsFile(context, name);
  MakeFolder(file.parent_path());
  WriteDocument(file, json.Pretty());
  context.say(file.string());
}

Json ReadJson(const TaskContext& context, const char* name, const char* task) {
  const fs::path file = MlopsFile(context, name);
  RequireFile(file, StrCat("marquee task run netflix_mlops_pipeline ", task));
  return Json::Parse(ReadDocument(file));
}

// Those with a label that are held out, or those that are not.
std::vector<LabelledContent> Labelled(const std::vector<DescribedTitle>& titles, bool held_out) {
  std::vector<LabelledContent> labelled;
  for (const DescribedTitle& title : titles) {
    if (title.is_labelled() && title.is_held_out() == held_out)
      labelled.push_back({title.marks, title.audience});
  }
  return labelled;
}

std::map<std::string, int64_t> CountLabels(const std::vector<LabelledContent>& titles) {
  std::map<std::string, int64_t> counts;
  for (const LabelledContent& title : titles) ++counts[title.label];
  return counts;
}

Json CountsJson(const std::map<std::string, int64_t>& counts) {
  Json json = Json::MakeObject();
  for (const auto& [label, count] : counts) json[label] = count;
  return json;
}

std::string MostFrequent(const std::map<std::string, int64_t>& counts) {
  return std::max_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

std::string CsvField(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  return StrCat("\"", ReplaceAll(text, "\"", "\"\""), "\"");
}

void WriteSimilar(TaskContext& context, std::vector<DescribedTitle> titles,
                  const ContentVocabulary& vocabulary) {
  titles.resize(std::min(titles.size(), kMostCompared));
  std::vector<ContentVector> vectors;
  for (const DescribedTitle& title : titles) vectors.push_back(vocabulary.VectorOf(title.marks));
  context.progress.Update("similar titles", -1, "");
  const auto nearest = NearestByContent(vectors, kSimilarTitles);
  AtomicFile file(MlopsFile(context, "similar_titles.csv"));
  file.Append("show_id,title,rank,similar_show_id,similar_title,cosine\n");
  for (size_t i = 0; i < nearest.size(); ++i) {
    context.cancel.ThrowIfRequested("similar titles");
    for (size_t rank = 0; rank < nearest[i].size(); ++rank) {
      const DescribedTitle& other = titles[static_cast<size_t>(nearest[i][rank].thing)];
      file.Append(StrCat(CsvField(titles[i].show_id), ",", CsvField(titles[i].title), ",", rank + 1,
                         ",", CsvField(other.show_id), ",", CsvField(other.title), ",",
                         Fixed(double{nearest[i][rank].cosine}, 4), "\n"));
    }
  }
  file.Commit();
  NoteOutput(DatasetAt(MlopsFile(context, "similar_titles.csv")));
  context.say(MlopsFile(context, "similar_titles.csv").string());
}

// label -> predicted -> titles
using Confusion = std::map<std::string, std::map<std::string, int64_t>>;

Json PerAudience(const Confusion& confusion, const std::vector<std::string>& labels,
                 double* macro_f1) {
  Json rows = Json::MakeArray();
  const auto at = [&](const std::string& label, const std::string& predicted) {
    const auto row = confusion.find(label);
    if (row == confusion.end()) return 0.0;
    const auto cell = row->second.find(predicted);
    return cell == row->second.end() ? 0.0 : static_cast<double>(cell->second);
  };
  *macro_f1 = 0;
  for (const std::string& label : labels) {
    double said = 0;
    double real = 0;
    for (const std::string& other : labels) {
      said += at(other, label);
      real += at(label, other);
    }
    const double precision = said > 0 ? at(label, label) / said : 0;
    const double recall = real > 0 ? at(label, label) / real : 0;
    const double f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
    *macro_f1 += f1 / static_cast<double>(labels.size());
    rows.Append(Json::MakeObject({{"audience", label},
                                  {"titles", static_cast<int64_t>(real)},
                                  {"precision", precision},
                                  {"recall", recall},
                                  {"f1", f1}}));
  }
  return rows;
}

// Population stability index of two counts by label, over the labels of `reference`.
double IndexOf(const std::map<std::string, int64_t>& reference,
               const std::map<std::string, int64_t>& current) {
  std::vector<double> before;
  std::vector<double> now;
  for (const auto& [label, count] : reference) {
    const auto found = current.find(label);
    before.push_back(static_cast<double>(count));
    now.push_back(found == current.end() ? 0 : static_cast<double>(found->second));
  }
  return StabilityIndex(before, now);
}

}  // namespace

void RefreshBronze(TaskContext& context) {
  DownloadTitles(context);
  ValidateTitles(context);
}

void CountMarks(TaskContext& context) {
  const std::vector<DescribedTitle> titles = ReadDescribedTitles(context);
  const std::vector<LabelledContent> train = Labelled(titles, false);
  const std::vector<LabelledContent> held_out = Labelled(titles, true);
  std::vector<std::vector<std::string>> marks;
  for (const LabelledContent& title : train) marks.push_back(title.marks);
  WriteJson(
      context, "features.json",
      Json::MakeObject({{"titles", static_cast<int64_t>(titles.size())},
                        {"train", CountsJson(CountLabels(train))},
                        {"held_out", CountsJson(CountLabels(held_out))},
                        {"marks", static_cast<int64_t>(ContentVocabulary(marks, 2).size())}}));
}

void TrainAudience(TaskContext& context) {
  std::vector<DescribedTitle> titles = ReadDescribedTitles(context);
  StageObserver observer("train audience", context.progress, context.cancel);
  const ContentClassifier model = ContentClassifier::Train(Labelled(titles, false), {}, observer);
  WriteJson(context, "model.json", model.ToJson());
  WriteSimilar(context, std::move(titles), model.vocabulary());
}

void EvaluateAudience(TaskContext& context) {
  const ContentClassifier model =
      ContentClassifier::FromJson(ReadJson(context, "model.json", "train"));
  const std::vector<DescribedTitle> titles = ReadDescribedTitles(context);
  const std::vector<LabelledContent> held_out = Labelled(titles, true);
  if (held_out.empty())
    throw Error(Code::kFailedPrecondition, "no title with a known audience is held out",
                "more titles are needed");
  const std::string usual = MostFrequent(CountLabels(Labelled(titles, false)));
  Confusion confusion;
  double right = 0;
  double usual_right = 0;
  for (const LabelledContent& title : held_out) {
    const std::string& predicted = model.Predict(title.marks);
    ++confusion[title.label][predicted];
    right += predicted == title.label;
    usual_right += usual == title.label;
  }
  const auto n = static_cast<double>(held_out.size());
  const double accuracy = right / n;
  double macro_f1 = 0;
  Json per_audience = PerAudience(confusion, model.labels(), &macro_f1);
  WriteJson(context, "evaluation.json",
            Json::MakeObject({{"titles", static_cast<int64_t>(held_out.size())},
                              {"accuracy", accuracy},
                              {"standard_error", std::sqrt(accuracy * (1 - accuracy) / n)},
                              {"macro_f1", macro_f1},
                              {"baseline", usual},
                              {"baseline_accuracy", usual_right / n},
                              {"audiences", std::move(per_audience)}}));
  context.say(StrCat("accuracy ", Fixed(accuracy, 3), " on ", held_out.size(),
                     " titles held out; always saying ", usual, ": ", Fixed(usual_right / n, 3)));
}

void RegisterAudience(TaskContext& context) {
  const Json evaluation = ReadJson(context, "evaluation.json", "evaluate");
  const double accuracy = evaluation.GetDouble("accuracy");
  const double needed =
      evaluation.GetDouble("baseline_accuracy") + 2 * evaluation.GetDouble("standard_error");
  if (accuracy <= needed) {
    throw Error(
        Code::kFailedPrecondition,
        StrCat("the model's accuracy is ", Fixed(accuracy, 3), ": not above ", Fixed(needed, 3),
               ", what the most frequent audience gives and two standard errors"),
        "more titles are needed; no version was made");
  }
  const fs::path models = MlopsFile(context, "models");
  MakeFolder(models);
  int version = 1;
  while (fs::exists(models / StrCat("v", version))) ++version;
  CopyWhole({MlopsFile(context, "model.json"), MlopsFile(context, "evaluation.json"),
             MlopsFile(context, "features.json")},
            models / StrCat("v", version));
  context.say((models / StrCat("v", version)).string());
}

void MonitorAudience(TaskContext& context) {
  const ContentClassifier model =
      ContentClassifier::FromJson(ReadJson(context, "model.json", "train"));
  const std::vector<DescribedTitle> titles = ReadDescribedTitles(context);
  int last = 0;
  for (const DescribedTitle& title : titles) last = std::max(last, title.year_added);
  std::vector<LabelledContent> newest;
  double right = 0;
  for (const DescribedTitle& title : titles) {
    if (title.year_added != last || !title.is_labelled() || !title.is_held_out()) continue;
    newest.push_back({title.marks, title.audience});
    right += model.Predict(title.marks) == title.audience;
  }
  const double index = IndexOf(CountLabels(Labelled(titles, false)), CountLabels(newest));
  WriteJson(
      context, "monitor.json",
      Json::MakeObject(
          {{"year_added", last},
           {"titles", static_cast<int64_t>(newest.size())},
           {"accuracy", newest.empty() ? Json() : Json(right / static_cast<double>(newest.size()))},
           {"population_stability_index", newest.empty() ? Json() : Json(index)},
           {"has_drifted", !newest.empty() && index > kDriftIndex}}));
}

}  // namespace marquee::titles
