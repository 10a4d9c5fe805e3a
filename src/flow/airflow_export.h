// DAGs as files of Python that Airflow 2 and 3 load: docs/airflow.md.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "flow/dag.h"

namespace marquee::flow {

struct AirflowOptions {
  std::string program;  // path of marquee, and the home: unless MARQUEE_PROGRAM and MARQUEE_HOME
  std::string home;     // say otherwise where Airflow runs
  // For KubernetesExecutor: an image with Airflow and the program, and the claim of a volume that
  // is mounted as the home. "": no pods are described.
  std::string image = {};
  std::string volume_claim = {};
  // DAGs that others trigger: those without a schedule are not paused when Airflow first sees them.
  std::set<std::string> triggered = {};
};

// The text of one file; the same DAG and options give the same text. Each task runs the command
// that Marquee would run. What a text of the DAG holds stays a text: in Python, for Jinja and for
// the shell. Throws invalid_argument for a home or program that holds "{{", "{%" or "{#".
std::string AirflowFile(const Dag& dag, const AirflowOptions& options);

// Ids of DAGs that a task of `dag` triggers.
std::vector<std::string> TriggeredBy(const Dag& dag);

// Whether a file begins as those of AirflowFile do.
bool IsAirflowFile(std::string_view text);

}  // namespace marquee::flow
