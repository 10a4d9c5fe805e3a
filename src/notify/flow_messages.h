// What happened to runs and tasks, as messages.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flow/dag_catalogue.h"
#include "flow/flow_store.h"
#include "flow/journal.h"
#include "flow/notices.h"
#include "notify/courier.h"
#include "notify/message.h"

namespace marquee::notify {

// The names of their fields, those of every message among them: docs/flow.md.
const std::vector<std::string>& FlowFieldNames();

// "failure", "retry", "success" or "sla_miss"; "" for what nobody is told of.
std::string_view EventOf(flow::JournalEntry::Kind kind);

// `dag` may be null, when it is declared no more. `url`: where the API is reached, for log_url; "":
// that is null. REQUIRES: EventOf(entry.kind) is not "".
Message MessageOf(const flow::JournalEntry& entry, const flow::Dag* dag, const std::string& url);

// Who is told of what. Thread-safe.
class FlowRules {
 public:
  struct Settings {
    flow::Notices notices = {};           // of DAGs that say nothing else
    std::set<std::string> channels = {};  // that there are
    std::string url = {};
  };
  // What is passed in must outlive it.
  FlowRules(Settings settings, flow::FlowStore& store, const flow::DagCatalogue& dags);

  // Of what a channel is told; nothing when it is not. The log is told what others would be that
  // are not there.
  std::optional<Message> For(const std::string& channel, const flow::JournalEntry& entry) const;
  // "DAG nightly: on_failure names the channel 'opps'; did you mean 'ops'?", ...
  std::vector<std::string> Problems() const;

 private:
  std::vector<std::string> ChannelsOf(const flow::JournalEntry& entry, const flow::Dag* dag) const;

  const Settings settings_;
  flow::FlowStore& store_;
  const flow::DagCatalogue& dags_;
};

// The journal as one channel reads it, each with a place of its own in it.
class FlowOutbox : public Outbox {
 public:
  // What is passed in must outlive it. A new channel begins with what happens from now on.
  FlowOutbox(std::string channel, const FlowRules& rules, flow::FlowStore& store);
  std::vector<Entry> Next(int64_t limit) override;
  bool Done(int64_t number) override { return reader_.Done(number); }
  void Release() override { reader_.Release(); }

 private:
  const std::string channel_;
  const FlowRules& rules_;
  flow::JournalReader reader_;
};

}  // namespace marquee::notify
