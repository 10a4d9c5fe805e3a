// What every command works with, built bottom-up from a home folder and its settings.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "lake/engine.h"
#include "lake/lake.h"
#include "recommend/probe_set.h"

namespace marquee {

// The folders of a home.
struct Home {
  std::filesystem::path root;
  std::filesystem::path settings() const { return root / "marquee.toml"; }
  std::filesystem::path lake() const { return root / "lake"; }
  std::filesystem::path auth() const { return root / "auth.db"; }
  std::filesystem::path auth_key() const { return root / "auth.key"; }
  std::filesystem::path events() const { return root / "events.db"; }
  std::filesystem::path records() const { return root / "records.db"; }
  std::filesystem::path notify() const { return root / "notify.toml"; }
  std::filesystem::path experiments() const { return root / "experiments.toml"; }
  std::filesystem::path events_view() const { return root / "events-kafka.db"; }
  std::filesystem::path tracking() const { return root / "tracking.db"; }
  std::filesystem::path flow_database() const { return root / "flow.db"; }
  std::filesystem::path models() const { return root / "artifacts" / "models"; }
  std::filesystem::path data() const { return root / "data"; }
  std::filesystem::path reports() const { return root / "reports"; }
  std::filesystem::path temporary() const { return root / "tmp"; }
};

// Not thread-safe; what it hands out is as thread-safe as its own header says.
class Environment {
 public:
  // `flags`: section.key=value. Throws what Config::Load throws. Creates nothing on disk.
  Environment(std::filesystem::path home, const std::vector<std::string>& flags);

  const Home& home() const { return home_; }
  const Config& config() const { return config_; }
  const Clock& clock() const { return clock_; }
  int threads() const;
  // Ratings above it count as liked.
  float min_rating() const;
  // What a model has to pass before it answers.
  ProbeLimits probe_limits() const;
  // The file of rules, there or not.
  std::filesystem::path rules() const;
  // Opened when first asked for; the home folder is created then.
  lake::Engine& engine();
  lake::Lake& lake();

 private:
  Home home_;
  Config config_;
  SystemClock clock_;
  std::unique_ptr<lake::Engine> engine_;
  std::unique_ptr<lake::Lake> lake_;
};

}  // namespace marquee
