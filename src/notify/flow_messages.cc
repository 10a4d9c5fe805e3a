#include "notify/flow_messages.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "flow/times.h"
#include "http/url.h"

namespace marquee::notify {
namespace {

using Kind = flow::JournalEntry::Kind;

// "failed", "succeeded", ...
std::string_view WhatHappened(Kind kind) {
  switch (kind) {
    case Kind::kTaskRetried:
      return "failed, and is tried again";
    case Kind::kSlaMissed:
      return "is late";
    case Kind::kRunSucceeded:
    case Kind::kTaskSucceeded:
      return "succeeded";
    default:
      return "failed";
  }
}

std::string StateNow(const flow::JournalEntry& entry) {
  switch (entry.kind) {
    case Kind::kTaskRetried:
      return "up_for_retry";
    case Kind::kSlaMissed:
      return "";
    case Kind::kRunSucceeded:
    case Kind::kTaskSucceeded:
      return "success";
    default:
      return "failed";
  }
}

Json TimeOrNull(const std::optional<int64_t>& us) {
  return us ? Json(flow::FormatTime(*us)) : Json();
}

std::string LogCommand(const flow::JournalEntry& entry) {
  if (entry.task_id.empty()) {
    return StrCat("marquee flow tasks ", entry.run.dag_id, " --run ", entry.run.run_id);
  }
  return StrCat("marquee flow log ", entry.run.dag_id, " ", entry.task_id, " --run ",
                entry.run.run_id, entry.try_number > 0 ? StrCat(" --try ", entry.try_number) : "");
}

Json LogUrl(const flow::JournalEntry& entry, const std::string& url) {
  if (url.empty()) return {};
  const std::string run = StrCat(url, "/api/v1/dags/", http::PercentEncode(entry.run.dag_id),
                                 "/dagRuns/", http::PercentEncode(entry.run.run_id));
  if (entry.task_id.empty()) return run;
  return StrCat(run, "/taskInstances/", http::PercentEncode(entry.task_id), "/logs/",
                std::max(entry.try_number, 1));
}

std::string TextOf(const Message& message) {
  std::string text = message.title + "\n\n";
  const auto line = [&](std::string_view label, std::string_view name) {
    const Json value = message.Value(name);
    if (value.is_null() || (value.is_string() && value.AsString().empty())) return;
    std::string padded(label);
    padded.resize(10, ' ');
    StrAppend(&text, padded, value.is_string() ? value.AsString() : value.Dump(), "\n");
  };
  line("run", "run_id");
  line("date", "logical_date");
  line("try", "try_number");
  line("started", "start_date");
  line("ended", "end_date");
  line("seconds", "duration");
  line("owner", "owner");
  line("see", "log_command");
  line("or", "log_url");
  return text;
}

const std::optional<std::vector<std::string>>& ListOf(const flow::Notices& notices,
                                                      std::string_view event) {
  if (event == "failure") return notices.on_failure;
  if (event == "retry") return notices.on_retry;
  return event == "success" ? notices.on_success : notices.on_sla_miss;
}

}  // namespace

const std::vector<std::string>& FlowFieldNames() {
  static const std::vector<std::string> names = {
      "event",        "title",       "text",       "time",     "count",  "dag_id",
      "run_id",       "task_id",     "try_number", "state",    "reason", "operator",
      "logical_date", "start_date",  "end_date",   "duration", "owner",  "tags",
      "conf",         "log_command", "log_url",    "group"};
  return names;
}

std::string_view EventOf(Kind kind) {
  switch (kind) {
    case Kind::kTaskFailed:
    case Kind::kRunFailed:
      return "failure";
    case Kind::kTaskRetried:
      return "retry";
    case Kind::kTaskSucceeded:
    case Kind::kRunSucceeded:
      return "success";
    case Kind::kSlaMissed:
      return "sla_miss";
    default:
      return "";
  }
}

Message MessageOf(const flow::JournalEntry& entry, const flow::Dag* dag, const std::string& url) {
  const flow::Task* const task = dag == nullptr ? nullptr : dag->Find(entry.task_id);
  const std::string what =
      entry.task_id.empty() ? entry.run.dag_id : StrCat(entry.run.dag_id, ".", entry.task_id);
  Message message{.event = std::string(EventOf(entry.kind))};
  message.group = StrCat(what, " ", message.event);
  message.title =
      StrCat(what, " ", WhatHappened(entry.kind), entry.reason.empty() ? "" : ": ", entry.reason);
  message.time_ms = entry.time_us / 1000;
  const bool ended = entry.kind != Kind::kSlaMissed;
  const std::string owner = dag == nullptr ? "" : dag->owner;
  Json tags = Json::MakeArray();
  if (dag != nullptr) {
    for (const std::string& tag : dag->tags) tags.Append(tag);
  }
  message.fields = Json::MakeObject(
      {{"dag_id", entry.run.dag_id},
       {"run_id", entry.run.run_id},
       {"task_id", entry.task_id.empty() ? Json() : Json(entry.task_id)},
       {"try_number", entry.task_id.empty() ? Json() : Json(entry.try_number)},
       {"state", StateNow(entry)},
       {"reason", entry.reason},
       {"operator", entry.operator_name},
       {"logical_date", TimeOrNull(entry.run.logical_us)},
       {"start_date", TimeOrNull(entry.start_us)},
       {"end_date", ended ? Json(flow::FormatTime(entry.time_us)) : Json()},
       {"duration", ended && entry.start_us
                        ? Json(static_cast<double>(entry.time_us - *entry.start_us) / 1e6)
                        : Json()},
       {"owner", task != nullptr && !task->owner.empty() ? task->owner : owner},
       {"tags", std::move(tags)},
       {"conf", entry.run.conf},
       {"log_command", LogCommand(entry)},
       {"log_url", LogUrl(entry, url)},
       {"group", message.group}});
  message.text = TextOf(message);
  return message;
}

FlowRules::FlowRules(Settings settings, flow::FlowStore& store, const flow::DagCatalogue& dags)
    : settings_(std::move(settings)), store_(store), dags_(dags) {}

std::vector<std::string> FlowRules::ChannelsOf(const flow::JournalEntry& entry,
                                               const flow::Dag* dag) const {
  const std::string_view event = EventOf(entry.kind);
  if (event.empty()) return {};
  const flow::Task* const task = dag == nullptr ? nullptr : dag->Find(entry.task_id);
  if (task != nullptr && ListOf(task->notices, event)) return *ListOf(task->notices, event);
  // Of tasks that succeed only those are told that say so; a DAG speaks of its runs.
  if (entry.kind == Kind::kTaskSucceeded) return {};
  if (dag != nullptr && ListOf(dag->notices, event)) return *ListOf(dag->notices, event);
  return ListOf(settings_.notices, event).value_or(std::vector<std::string>());
}

std::optional<Message> FlowRules::For(const std::string& channel,
                                      const flow::JournalEntry& entry) const {
  const flow::DagPtr dag = dags_.Current()->Find(entry.run.dag_id);
  const std::vector<std::string> channels = ChannelsOf(entry, dag.get());
  const bool told = std::ranges::any_of(channels, [&](const std::string& each) {
    return each == channel || (channel == "log" && !settings_.channels.contains(each));
  });
  if (!told) return std::nullopt;
  if (entry.kind == Kind::kRunFailed) {
    const auto tasks = store_.Tasks(entry.run.run);
    const bool is_told = std::ranges::any_of(tasks, [](const flow::TaskInstance& task) {
      return task.state == flow::TaskState::kFailed;
    });
    if (is_told) return std::nullopt;
  }
  return MessageOf(entry, dag.get(), settings_.url);
}

std::vector<std::string> FlowRules::Problems() const {
  std::vector<std::string> problems;
  const std::vector<std::string> known(settings_.channels.begin(), settings_.channels.end());
  const auto check = [&](const std::string& where, const flow::Notices& notices) {
    for (const std::string_view event : {"failure", "retry", "success", "sla_miss"}) {
      for (const std::string& each : ListOf(notices, event).value_or(std::vector<std::string>())) {
        if (settings_.channels.contains(each)) continue;
        problems.push_back(StrCat(where, ": on_", event, " names the channel '", each,
                                  "', which is not there", DidYouMean(each, known)));
      }
    }
  };
  for (const auto& [id, dag] : dags_.Current()->dags) {
    check(StrCat("DAG ", id), dag->notices);
    for (const flow::Task& task : dag->tasks) {
      check(StrCat("DAG ", id, ", task ", task.id), task.notices);
    }
  }
  return problems;
}

FlowOutbox::FlowOutbox(std::string channel, const FlowRules& rules, flow::FlowStore& store)
    : channel_(std::move(channel)),
      rules_(rules),
      reader_(store.database(), store.clock(), StrCat("notify ", channel_)) {}

std::vector<Outbox::Entry> FlowOutbox::Next(int64_t limit) {
  std::vector<Entry> entries;
  for (const flow::JournalEntry& entry : reader_.Next(limit)) {
    entries.push_back({entry.number, rules_.For(channel_, entry)});
  }
  return entries;
}

}  // namespace marquee::notify
