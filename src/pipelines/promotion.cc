#include "pipelines/promotion.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "evaluation/ranking_metrics.h"
#include "pipelines/gold_reader.h"
#include "pipelines/stage_observer.h"

namespace marquee {
namespace {

// The parts of a judgement; each adds what it found to the report.
class Judge {
 public:
  Judge(const ModelWork& work, const PromotionOptions& options, Progress& progress,
        const CancelToken& cancel)
      : work_(work), options_(options), progress_(progress), cancel_(cancel) {}

  void Compare(const ModelManifest& candidate, const ModelManifest& champion,
               PromotionReport* report) const {
    const GoldData gold = ReadGold(work_.session, work_.lake, GoldVersions(work_.lake));
    const std::vector<double> ours = ByUser(candidate, gold.interactions);
    const std::vector<double> theirs = ByUser(champion, gold.interactions);
    std::vector<double> differences(ours.size());
    for (size_t user = 0; user < ours.size(); ++user) differences[user] = ours[user] - theirs[user];
    report->users = std::ssize(ours);
    report->candidate_mean = MeanOf(ours).mean;
    report->champion_mean = MeanOf(theirs).mean;
    report->difference = MeanOf(differences);
    // So written, it refuses where there is no error to compare with: a single user.
    const double errors = options_.rules.errors;
    const double wanted = errors * report->difference.stderr_;
    if (report->difference.mean > 0 && report->difference.mean >= wanted) return;
    report->refusals.push_back(
        StrCat("its ", report->metric, " is ", Fixed(report->candidate_mean, 4), " against ",
               Fixed(report->champion_mean, 4), " of ", report->champion, ": the difference of ",
               Fixed(report->difference.mean, 4), " is not above ", Fixed(errors, 1),
               " standard errors (", Fixed(wanted, 4), ")"));
  }

  void AskProbeSet(const ModelVersion& candidate, const std::optional<Published>& published,
                   PromotionReport* report) const {
    std::shared_ptr<const ModelBundle> before;
    if (published) before = Load(*published, nullptr);
    const ModelVersion fallback = published ? published->fallback : candidate;
    const auto bundle = Load({candidate, fallback, {}}, before.get());
    report->probe = Probe(*bundle, before.get(), options_.rules.probe);
    for (const std::string& problem : report->probe.problems) report->refusals.push_back(problem);
  }

 private:
  std::shared_ptr<const ModelBundle> Load(const Published& models, const ModelBundle* like) const {
    return LoadBundle(work_, models, options_.min_rating, options_.clock, like);
  }

  // What the metric is for each test user.
  std::vector<double> ByUser(const ModelManifest& manifest, const Interactions& data) const {
    EvaluateRequest request;
    request.protocol = options_.rules.protocol;
    request.train = RequestOf(manifest, options_.threads);
    request.min_rating = options_.min_rating;
    StageObserver observer("evaluate " + manifest.id.name(), progress_, cancel_);
    const EvaluateResult result = Evaluate(data, request, observer, progress_);
    const auto values = result.by_user.find(options_.rules.metric);
    if (values != result.by_user.end()) return values->second;
    std::vector<std::string> names;
    for (const auto& [name, column] : result.by_user) names.push_back(name);
    throw Error(
        Code::kInvalidArgument,
        StrCat(options_.rules.protocol, " gives no ", options_.rules.metric, " of each user"),
        names.empty() ? "choose a protocol of rankings, such as strong-generalization"
                      : "choose one of: " + Join(names, ", "));
  }

  const ModelWork& work_;
  const PromotionOptions& options_;
  Progress& progress_;
  const CancelToken& cancel_;
};

}  // namespace

TrainRequest RequestOf(const ModelManifest& manifest, int threads) {
  TrainRequest request{.type = manifest.id.type, .settings = {}, .seed = 1, .threads = threads};
  for (const auto& [key, value] : manifest.settings.AsObject()) {
    if (key == "seed") {
      request.seed = static_cast<uint64_t>(value.AsInt());
    } else {
      request.settings[key] = value.is_string() ? value.AsString() : value.Dump();
    }
  }
  return request;
}

bool IsRenewalOf(const ModelManifest& one, const ModelManifest& other) {
  const auto same = [](const lake::TableVersion& a, const lake::TableVersion& b) {
    return a.table == b.table && a.version == b.version;
  };
  return one.id.type == other.id.type && one.settings == other.settings &&
         !std::ranges::equal(one.data, other.data, same);
}

Json PromotionReport::ToJson() const {
  Json json = Json::MakeObject({{"candidate", candidate},
                                {"champion", champion.empty() ? Json() : Json(champion)},
                                {"passed", passed()},
                                {"is_renewal", is_renewal},
                                {"refusals", Json(Json::Array(refusals.begin(), refusals.end()))},
                                {"bytes", bytes},
                                {"probe", probe.ToJson()}});
  if (champion.empty() || is_renewal) return json;
  json["comparison"] = Json::MakeObject({{"protocol", protocol},
                                         {"metric", metric},
                                         {"users", users},
                                         {"candidate", candidate_mean},
                                         {"champion", champion_mean},
                                         {"difference", difference.mean},
                                         {"stderr", difference.stderr_}});
  return json;
}

std::string PromotionReport::ToText() const {
  std::string text;
  if (is_renewal) {
    StrAppend(&text, candidate, " is ", champion, ", the champion, trained on other data\n");
  } else if (!champion.empty()) {
    StrAppend(&text, metric, " of ", WithThousands(users), " users (", protocol, "): ", candidate,
              " ", Fixed(candidate_mean, 4), ", ", champion, " ", Fixed(champion_mean, 4),
              ", difference ", Fixed(difference.mean, 4), " ± ", Fixed(difference.stderr_, 4),
              "\n");
  }
  StrAppend(&text, "probe: ", probe.users, " users, median ", Fixed(probe.median_ms, 2),
            " ms, slowest twentieth ", Fixed(probe.p95_ms, 2), " ms; ", HumanBytes(bytes), "\n");
  for (const std::string& refusal : refusals) StrAppend(&text, "refused: ", refusal, "\n");
  return text;
}

PromotionReport JudgePromotion(const ModelWork& work, const ModelVersion& candidate,
                               const PromotionOptions& options, Progress& progress,
                               const CancelToken& cancel) {
  const ModelManifest manifest = work.store.Find(candidate.type, candidate.version);
  const std::optional<Published> published = work.store.ReadPublished();
  if (published && published->champion == candidate) {
    throw Error(Code::kFailedPrecondition, candidate.name() + " is the champion already",
                "see: marquee models list");
  }
  PromotionReport report{.candidate = candidate.name(),
                         .champion = published ? published->champion.name() : "",
                         .protocol = options.rules.protocol,
                         .metric = options.rules.metric,
                         .bytes = work.store.Bytes(candidate)};
  if (options.rules.max_bytes > 0 && report.bytes > options.rules.max_bytes) {
    report.refusals.push_back(StrCat("its file has ", HumanBytes(report.bytes), ", more than ",
                                     HumanBytes(options.rules.max_bytes)));
  }
  const Judge judge(work, options, progress, cancel);
  judge.AskProbeSet(candidate, published, &report);
  if (published) {
    const ModelManifest champion =
        work.store.Find(published->champion.type, published->champion.version);
    report.is_renewal = IsRenewalOf(manifest, champion);
    if (!report.is_renewal) judge.Compare(manifest, champion, &report);
  }
  return report;
}

}  // namespace marquee
