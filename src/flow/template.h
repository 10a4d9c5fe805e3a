// Texts of tasks with what is known of the run put in: {{ ds }}, {{ params.folder }}, ...
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "flow/dag.h"

namespace marquee::flow {

// What a template may speak of.
struct RunContext {
  std::string dag_id;
  std::string task_id;
  std::string run_id;
  int64_t logical_us = 0;
  DataInterval interval = {};
  int try_number = 1;
  Json conf = Json::MakeObject();
  Json params = Json::MakeObject();  // the DAG's, over which conf goes
  std::string home = {};
};

// The names, with Airflow's meaning: ds, ds_nodash, ts, ts_nodash, logical_date,
// data_interval_start, data_interval_end, run_id, dag_id, task_id, try_number, home, conf (JSON),
// params.NAME, conf.NAME. Throws invalid_argument that names one which is none, or is not given.
std::string RenderTemplate(std::string_view text, const RunContext& context);
// The same for a script of a shell: each value becomes a variable, "${MARQUEE_VALUE_1}", so that
// no value is ever read as a command; they are added to `env`.
std::string RenderScript(std::string_view text, const RunContext& context,
                         std::map<std::string, std::string>* env);
// Throws invalid_argument for a text that no run could fill in.
void CheckTemplate(std::string_view text, const Json& params);
// Each text in `value`, rendered.
Json RenderTemplates(const Json& value, const RunContext& context);

}  // namespace marquee::flow
