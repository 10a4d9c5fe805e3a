// Which models serve, while they serve: a version is loaded beside the one that answers, asked on a
// probe set, and swapped in; no request fails.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/ticker.h"
#include "base/watched_file.h"
#include "lake/lake.h"
#include "pipelines/champion_alias.h"
#include "pipelines/model_store.h"
#include "pipelines/run_record.h"
#include "recommend/engine.h"
#include "recommend/probe_set.h"
#include "recommend/recommender.h"

namespace marquee {

// Thread-safe. Loading takes memory for another bundle, of which the interactions are shared with
// the present one when both were trained on the same versions of the tables, and about 0.3 s for a
// million interactions when they were not.
class ModelSwitch {
 public:
  struct Options {
    float min_rating = 3.5;
    ProbeLimits probe = {};
    std::filesystem::path experiments = {};  // a TOML file: see Experiments; empty: none
    Recording recording = {};                // whose alias "champion" is followed; no log: none
  };
  // What it works with; must outlive it. `engine` answers from what is published.
  struct Parts {
    lake::Engine& tables;
    const lake::Lake& lake;
    ModelStore& store;
    RecommendEngine& engine;
    Recommender& recommender;
    const Clock& clock;
  };
  ModelSwitch(const Parts& parts, Options options);

  // From now on takes up what other processes publish and what is written to the file of
  // experiments, within a second, and publishes what the alias "champion" is moved to, within about
  // two. What fails is logged and told by ToJson; what serves goes on.
  void StartFollowing();
  // One look at both files.
  void Follow();
  // One look at the alias. Called by one thread at a time.
  void FollowAlias();

  // Loads, asks, records as published and swaps. Throws failed_precondition with the probe's
  // problems, unless `force`, and not_found: nothing has changed then.
  ProbeReport Publish(const ModelVersion& champion, bool force);
  // To the champion before this one, which is not probed: it has answered before. Throws
  // failed_precondition when there is none.
  ProbeReport RollBack();

  // Loads what serves and the arms' models again, and ends a shadow: what was erased from the
  // tables since is in none of them.
  void Reload();

  // Compares lists of `id` with a `share` of those that are shown. Throws not_found.
  void StartShadow(const ModelVersion& id, double share);
  void EndShadow();

  // {"champion", "fallback", "previous", "probe": ProbeReport, "problem", "shadow": ShadowReport,
  // "alias_problem", "experiments_problem"}; null where there is none.
  Json ToJson() const;

 private:
  ProbeReport SwapTo(const Published& published, bool force, bool record);
  std::shared_ptr<const ModelBundle> Load(const ModelVersion& champion,
                                          const ModelVersion& fallback) const;
  void FollowPublished();
  void FollowExperiments(bool again = false);

  lake::Engine& tables_;
  const lake::Lake& lake_;
  ModelStore& store_;
  RecommendEngine& engine_;
  Recommender& recommender_;
  const Clock& clock_;
  const Options options_;

  std::mutex change_mutex_;  // held by one change at a time
  WatchedFile published_file_;
  WatchedFile experiments_file_;

  mutable std::mutex mutex_;
  Published serving_;  // guarded by mutex_, as the next four
  std::optional<ProbeReport> probe_;
  std::string problem_;
  std::string experiments_problem_;
  std::string alias_problem_;
  std::optional<ChampionAlias> alias_;  // of the thread that follows it
  std::optional<Ticker> following_;     // last: they use the rest; of the thread that starts them
  std::optional<Ticker> following_alias_;
};

}  // namespace marquee
