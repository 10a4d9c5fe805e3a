// DAGs and their runs over Airflow's REST API: version 1 (Airflow 2) and version 2 (Airflow 3).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "flow/dag_catalogue.h"
#include "flow/flow_store.h"
#include "http/message.h"
#include "services/flow_json.h"

namespace marquee {

// Thread-safe. What is passed in must outlive it. Its handlers wait for the database:
// Runs::kOnWorker. Each serves both versions, by the path.
class FlowService {
 public:
  // `folder`: where the logs of tasks are.
  FlowService(flow::FlowStore& store, flow::DagCatalogue& dags, std::filesystem::path folder)
      : store_(store), dags_(dags), folder_(std::move(folder)) {}

  http::Response Health(const http::Request& request) const;
  http::Response Version(const http::Request& request) const;
  // {"status", "dags": [{dag, its last run and how its tasks fare}]}
  http::Response Status(const http::Request& request) const;
  // {"dag_id", "tasks": [how each fares, and how it went in the latest `limit` runs]}
  http::Response History(const http::Request& request) const;

  http::Response ListDags(const http::Request& request) const;
  http::Response GetDag(const http::Request& request) const;
  http::Response GetDagDetails(const http::Request& request) const;
  http::Response ChangeDag(const http::Request& request) const;
  http::Response DeleteDag(const http::Request& request) const;
  http::Response ListTasks(const http::Request& request) const;
  http::Response GetTask(const http::Request& request) const;
  http::Response ListErrors(const http::Request& request) const;

  http::Response ListRuns(const http::Request& request) const;
  http::Response SearchRuns(const http::Request& request) const;
  http::Response Trigger(const http::Request& request) const;
  http::Response GetRun(const http::Request& request) const;
  http::Response ChangeRun(const http::Request& request) const;
  http::Response SetNote(const http::Request& request) const;
  http::Response DeleteRun(const http::Request& request) const;
  http::Response ClearRun(const http::Request& request) const;

  http::Response ListTaskInstances(const http::Request& request) const;
  http::Response SearchTaskInstances(const http::Request& request) const;
  http::Response GetTaskInstance(const http::Request& request) const;
  http::Response ListTries(const http::Request& request) const;
  http::Response GetLog(const http::Request& request) const;
  http::Response ClearTasks(const http::Request& request) const;
  http::Response SetTaskStates(const http::Request& request) const;

  http::Response ListPools(const http::Request& request) const;
  http::Response GetPool(const http::Request& request) const;
  http::Response AddPool(const http::Request& request) const;
  http::Response ChangePool(const http::Request& request) const;
  http::Response DeletePool(const http::Request& request) const;

 private:
  flow::DagPtr DagOf(const http::Request& request) const;
  flow::DagRun RunOf(const http::Request& request) const;
  flow::TaskOfRun TaskOf(const http::Request& request) const;
  FlowDag Known(const flow::DagPtr& dag) const;
  Json Rendered(FlowApi api, const flow::TaskOfRun& of) const;
  // `total`: of how many they are a part.
  http::Response TasksAnswer(FlowApi api, const std::vector<flow::TaskOfRun>& tasks,
                             int64_t total) const;
  http::Response TasksAnswer(FlowApi api, const std::vector<flow::TaskOfRun>& tasks) const;
  // Of what is declared now, and was not deleted.
  std::vector<FlowDag> AllDags() const;

  flow::FlowStore& store_;
  flow::DagCatalogue& dags_;
  const std::filesystem::path folder_;
};

}  // namespace marquee
