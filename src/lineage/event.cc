#include "lineage/event.h"

#include <utility>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"
#include "base/version.h"
#include "flow/context.h"
#include "flow/times.h"
#include "lineage/dataset_json.h"

namespace marquee::lineage {
namespace {

using flow::JournalEntry;
using Kind = JournalEntry::Kind;

constexpr std::string_view kSchemaUrl =
    "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

std::optional<std::string> EventTypeOf(const JournalEntry& entry) {
  switch (entry.kind) {
    case Kind::kRunStarted:
    case Kind::kTaskStarted:
      return "START";
    case Kind::kRunSucceeded:
    case Kind::kTaskSucceeded:
      return "COMPLETE";
    case Kind::kTaskSkipped:
      if (entry.try_number == 0) return std::nullopt;
      return "COMPLETE";
    case Kind::kRunFailed:
    case Kind::kTaskFailed:
    case Kind::kTaskRetried:
      return flow::WasEndedByHand(entry) ? "ABORT" : "FAIL";
    default:
      return std::nullopt;
  }
}

class EventBuilder {
 public:
  EventBuilder(const JournalEntry& entry, const EventContext& context)
      : entry_(entry),
        context_(context),
        dag_(context.dags.Find(entry.run.dag_id)),
        task_(dag_ == nullptr || entry.task_id.empty() ? nullptr : dag_->Find(entry.task_id)) {}

  Json Build(const std::string& type) const {
    return Json::MakeObject(
        {{"eventType", type},
         {"eventTime", flow::FormatTimeZ(entry_.time_us)},
         {"run",
          Json::MakeObject({{"runId", LineageRunId(entry_.run, entry_.task_id, entry_.try_number)},
                            {"facets", RunFacets(type)}})},
         {"job", Json::MakeObject({{"namespace", context_.job_namespace},
                                   {"name", JobName()},
                                   {"facets", JobFacets()}})},
         {"inputs", Datasets(Direction::kInput)},
         {"outputs", Datasets(Direction::kOutput)},
         {"producer", Producer()},
         {"schemaURL", kSchemaUrl}});
  }

 private:
  bool is_task() const { return !entry_.task_id.empty(); }

  std::string JobName() const {
    return is_task() ? StrCat(entry_.run.dag_id, ".", entry_.task_id) : entry_.run.dag_id;
  }

  Json RunFacets(const std::string& type) const {
    const flow::DagRun& run = entry_.run;
    Json nominal = Json::MakeObject({{"nominalStartTime", flow::FormatTimeZ(run.date_us())}});
    if (run.interval) {
      nominal["nominalStartTime"] = flow::FormatTimeZ(run.interval->start_us);
      nominal["nominalEndTime"] = flow::FormatTimeZ(run.interval->end_us);
    }
    Json facets = Json::MakeObject(
        {{"nominalTime", FacetOf("1-0-1/NominalTimeRunFacet", std::move(nominal))},
         {"processing_engine",
          FacetOf("1-1-1/ProcessingEngineRunFacet",
                  Json::MakeObject({{"version", std::string(Version())}, {"name", "Marquee"}}))}});
    AddParent(&facets);
    if ((type == "FAIL" || type == "ABORT") && !entry_.reason.empty()) {
      facets["errorMessage"] =
          FacetOf("1-0-1/ErrorMessageRunFacet",
                  Json::MakeObject({{"message", entry_.reason}, {"programmingLanguage", "C++"}}));
    }
    return facets;
  }

  // Of a task its run; of a run that another triggered that one. The root is the run that nobody
  // triggered.
  void AddParent(Json* facets) const {
    const flow::DagRun& run = entry_.run;
    std::optional<flow::DagRun> parent = run;
    if (!is_task()) parent = run.parent_run ? Find(*run.parent_run) : std::nullopt;
    if (!parent) return;
    const flow::DagRun root =
        run.root_run == parent->run ? *parent : Find(run.root_run).value_or(*parent);
    Json fields = RunAndJob(*parent);
    fields["root"] = RunAndJob(root);
    (*facets)["parent"] = FacetOf("1-2-0/ParentRunFacet", std::move(fields));
  }

  std::optional<flow::DagRun> Find(int64_t run) const {
    return context_.find_run ? context_.find_run(run) : std::nullopt;
  }

  Json RunAndJob(const flow::DagRun& run) const {
    return Json::MakeObject(
        {{"run", Json::MakeObject({{"runId", LineageRunId(run)}})},
         {"job", Json::MakeObject({{"namespace", context_.job_namespace}, {"name", run.dag_id}})}});
  }

  Json JobFacets() const {
    Json facets = Json::MakeObject(
        {{"jobType", FacetOf("2-0-4/JobTypeJobFacet",
                             Json::MakeObject({{"processingType", "BATCH"},
                                               {"integration", "MARQUEE"},
                                               {"jobType", is_task() ? "TASK" : "DAG"}}))}});
    if (const std::string text = Documentation(); !text.empty()) {
      facets["documentation"] =
          FacetOf("1-1-0/DocumentationJobFacet", Json::MakeObject({{"description", text}}));
    }
    const std::string owner = task_ != nullptr ? task_->owner : dag_ != nullptr ? dag_->owner : "";
    if (!owner.empty()) {
      Json owners = Json::MakeArray();
      owners.Append(Json::MakeObject({{"name", owner}}));
      facets["ownership"] =
          FacetOf("1-0-1/OwnershipJobFacet", Json::MakeObject({{"owners", std::move(owners)}}));
    }
    return facets;
  }

  std::string Documentation() const {
    if (is_task()) return task_ == nullptr ? "" : task_->doc;
    if (dag_ == nullptr) return "";
    return dag_->doc.empty() ? dag_->description : dag_->doc;
  }

  Json Datasets(Direction direction) const {
    const bool is_input = direction == Direction::kInput;
    std::vector<std::string> declared;
    if (task_ != nullptr) {
      for (const std::string& name : is_input ? task_->inlets : task_->outlets) {
        AddDeclared(name, &declared);
      }
      if (is_input) AddSensed(&declared);
    }
    const Json* const told = entry_.datasets.Find(is_input ? "inputs" : "outputs");
    return DatasetsJson(direction, declared, told, context_.lake);
  }

  // What a sensor waits for, it reads.
  void AddSensed(std::vector<std::string>* declared) const {
    if (task_->kind != flow::Task::Kind::kSensor) return;
    const flow::Sensor::Kind kind = task_->sensor.kind;
    if (kind == flow::Sensor::Kind::kFile || kind == flow::Sensor::Kind::kTable) {
      AddDeclared(task_->sensor.target, declared);
    }
  }

  // A name that this run cannot fill in is left out: its task failed of that, or will.
  void AddDeclared(const std::string& name, std::vector<std::string>* declared) const {
    const flow::TaskInstance instance{.task_id = entry_.task_id, .try_number = entry_.try_number};
    try {
      declared->push_back(flow::RenderTemplate(
          name, flow::ContextOf(*dag_, entry_.run, instance, context_.home.string())));
    } catch (const Error&) {
      return;
    }
  }

  const JournalEntry& entry_;
  const EventContext& context_;
  const flow::DagPtr dag_;
  const flow::Task* const task_;
};

}  // namespace

std::optional<Json> RunEventOf(const JournalEntry& entry, const EventContext& context) {
  const std::optional<std::string> type = EventTypeOf(entry);
  if (!type) return std::nullopt;
  return EventBuilder(entry, context).Build(*type);
}

std::string LineageRunId(const flow::DagRun& run, std::string_view task_id, int try_number) {
  return UuidOfName(StrCat(run.dag_id, "\n", run.run_id, "\n", run.queued_us, "\n", task_id, "\n",
                           task_id.empty() ? 0 : try_number));
}

std::string Producer() { return StrCat("urn:marquee:", Version()); }

}  // namespace marquee::lineage
