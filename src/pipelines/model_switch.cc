#include "pipelines/model_switch.h"

#include <chrono>
#include <exception>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/toml.h"
#include "pipelines/main_job.h"

namespace marquee {
namespace {

constexpr std::chrono::milliseconds kEvery{500};
constexpr std::chrono::milliseconds kAliasEvery{2000};

Json TextOrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json NameOrNull(const std::optional<ModelVersion>& id) { return id ? Json(id->name()) : Json(); }

}  // namespace

ModelSwitch::ModelSwitch(const Parts& parts, Options options)
    : tables_(parts.tables),
      lake_(parts.lake),
      store_(parts.store),
      engine_(parts.engine),
      recommender_(parts.recommender),
      clock_(parts.clock),
      options_(std::move(options)),
      published_file_(store_.published_file()),
      experiments_file_(options_.experiments),
      serving_(store_.ReadPublished().value_or(Published{})) {
  published_file_.Changed();
  if (options_.recording.log != nullptr) alias_.emplace(options_.recording, store_);
}

void ModelSwitch::StartFollowing() {
  Follow();
  following_.emplace(kEvery, [this] { Follow(); });
  if (alias_) following_alias_.emplace(kAliasEvery, [this] { FollowAlias(); });
}

void ModelSwitch::Follow() {
  const std::lock_guard change(change_mutex_);
  FollowPublished();
  if (!options_.experiments.empty()) FollowExperiments();
}

void ModelSwitch::FollowPublished() {
  std::string problem;
  try {
    if (!published_file_.Changed()) return;
    const std::optional<Published> published = store_.ReadPublished();
    Published serving;
    {
      const std::lock_guard lock(mutex_);
      serving = serving_;
    }
    if (!published ||
        (published->champion == serving.champion && published->fallback == serving.fallback))
      return;
    SwapTo(*published, false, false);
    LogInfo(published->champion.name() + " answers from now on");
  } catch (const std::exception& error) {
    problem = error.what();
    LogError("what was published does not answer: " + problem);
  }
  const std::lock_guard lock(mutex_);
  problem_ = problem;
}

void ModelSwitch::FollowAlias() {
  std::string problem;
  try {
    if (const std::optional<ModelVersion> wanted = alias_->Follow()) {
      Publish(*wanted, false);
      LogInfo(wanted->name() + " answers from now on, as the alias says");
    } else if (alias_->apart()) {
      return;  // told already
    }
  } catch (const std::exception& error) {
    problem = error.what();
  }
  const std::lock_guard lock(mutex_);
  if (!problem.empty() && problem != alias_problem_) LogError("the alias: " + problem);
  alias_problem_ = problem;
}

void ModelSwitch::FollowExperiments(bool again) {
  std::string problem;
  try {
    if (!experiments_file_.Changed() && !again) return;
    auto experiments = std::make_shared<const Experiments>();
    if (experiments_file_.exists()) {
      experiments = std::make_shared<const Experiments>(
          Experiments::FromJson(ReadTomlFile(options_.experiments)));
    }
    Recommender::Variants variants;
    const Published published = store_.ReadPublished().value_or(serving_);
    for (const Experiment& experiment : experiments->all()) {
      for (const Arm& arm : experiment.arms) {
        if (arm.model.empty() || variants.contains(arm.model)) continue;
        variants[arm.model] = Load(store_.Named(arm.model), published.fallback);
      }
    }
    recommender_.SetExperiments(experiments, variants);
    LogInfo(StrCat(options_.experiments.string(), ": ", experiments->all().size(),
                   " experiments from now on"));
  } catch (const std::exception& error) {
    problem = error.what();
    LogError(StrCat(options_.experiments.string(), " is not taken up: ", problem));
  }
  const std::lock_guard lock(mutex_);
  experiments_problem_ = problem;
}

ProbeReport ModelSwitch::Publish(const ModelVersion& champion, bool force) {
  const std::lock_guard change(change_mutex_);
  Published next;
  next.champion = store_.Find(champion.type, champion.version).id;
  {
    const std::lock_guard lock(mutex_);
    next.fallback = serving_.fallback;
  }
  return SwapTo(next, force, true);
}

ProbeReport ModelSwitch::RollBack() {
  const std::lock_guard change(change_mutex_);
  const std::optional<Published> published = store_.ReadPublished();
  if (!published || !published->previous) {
    throw Error(Code::kFailedPrecondition, "there is no champion before this one",
                "see: GET /models");
  }
  return SwapTo({*published->previous, published->fallback, {}}, true, true);
}

ProbeReport ModelSwitch::SwapTo(const Published& published, bool force, bool record) {
  const std::shared_ptr<const ModelBundle> before = engine_.base();
  const std::shared_ptr<const ModelBundle> candidate = Load(published.champion, published.fallback);
  const ProbeReport report = Probe(*candidate, before.get(), options_.probe);
  {
    const std::lock_guard lock(mutex_);
    probe_ = report;
  }
  if (!report.passed() && !force) {
    throw Error(Code::kFailedPrecondition,
                StrCat(candidate->name, " gave ", Join(report.problems, "; ")),
                StrCat(before->name, " answers as before; train again, or publish with force"));
  }
  if (record) {
    store_.Publish(published.champion, published.fallback);
    published_file_.Changed();
  }
  engine_.Swap(candidate);
  const std::lock_guard lock(mutex_);
  serving_ = store_.ReadPublished().value_or(published);
  problem_.clear();
  return report;
}

std::shared_ptr<const ModelBundle> ModelSwitch::Load(const ModelVersion& champion,
                                                     const ModelVersion& fallback) const {
  const auto session = tables_.NewSession();
  return LoadBundle({*session, lake_, store_}, {champion, fallback, {}}, options_.min_rating,
                    clock_, engine_.base().get());
}

void ModelSwitch::Reload() {
  const std::lock_guard change(change_mutex_);
  Published serving;
  {
    const std::lock_guard lock(mutex_);
    serving = serving_;
  }
  engine_.Swap(Load(serving.champion, serving.fallback));
  recommender_.SetShadow(nullptr);
  if (!options_.experiments.empty()) FollowExperiments(true);
}

void ModelSwitch::StartShadow(const ModelVersion& id, double share) {
  const std::lock_guard change(change_mutex_);
  ModelVersion fallback;
  {
    const std::lock_guard lock(mutex_);
    fallback = serving_.fallback;
  }
  recommender_.SetShadow(std::make_shared<Shadow>(
      Load(store_.Find(id.type, id.version).id, fallback), engine_, share));
}

void ModelSwitch::EndShadow() { recommender_.SetShadow(nullptr); }

Json ModelSwitch::ToJson() const {
  const std::shared_ptr<Shadow> shadow = recommender_.shadow();
  const std::lock_guard lock(mutex_);
  return Json::MakeObject({{"champion", serving_.champion.name()},
                           {"fallback", serving_.fallback.name()},
                           {"previous", NameOrNull(serving_.previous)},
                           {"probe", probe_ ? probe_->ToJson() : Json()},
                           {"problem", TextOrNull(problem_)},
                           {"shadow", shadow ? shadow->report().ToJson() : Json()},
                           {"alias_problem", TextOrNull(alias_problem_)},
                           {"experiments_problem", TextOrNull(experiments_problem_)}});
}

}  // namespace marquee
