// flow_bench [DAGS] [TASKS]: a run of each of so many DAGs, chains of tasks that do nothing, each a
// process. Tasks a second, and from the end of a task to the start of the one that needs it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "database/database.h"
#include "flow/dag_catalogue.h"
#include "flow/flow_store.h"
#include "flow/scheduler.h"
#include "flow/schema.h"
#include "flow/times.h"

namespace marquee {
namespace {

flow::DagPtr Chain(int number, int tasks) {
  flow::Dag dag{.id = StrCat("d", number)};
  for (int i = 0; i < tasks; ++i) {
    flow::Task task{.id = StrCat("t", i), .kind = flow::Task::Kind::kCommand, .command = {"true"}};
    if (i > 0) task.needs = {StrCat("t", i - 1)};
    dag.tasks.push_back(std::move(task));
  }
  return flow::MakeDag(std::move(dag));
}

struct Bench {
  TempDir folder;
  SystemClock clock;
  flow::SteadyClock steady;
  database::Database database{{.url = (folder.path() / "flow.db").string()}, flow::FlowSchema()};
  flow::FlowStore store{database, clock};

  std::vector<flow::DagRun> TriggerAll(const flow::DagCatalogue& dags) {
    std::vector<flow::DagRun> runs;
    for (const auto& [id, dag] : dags.Current()->dags) runs.push_back(store.Trigger(*dag, {}));
    for (const flow::DagRun& run : runs) store.SetPaused(run.dag_id, false);
    return runs;
  }
  void RunAll(flow::DagCatalogue& dags, int parallelism) {
    flow::SchedulerOptions options;
    options.folder = folder.path();
    options.home = folder.path();
    options.nice = 0;
    options.parallelism = parallelism;
    flow::Scheduler scheduler(store, dags, options, clock, steady);
    const std::vector<flow::RunState> open = {flow::RunState::kQueued, flow::RunState::kRunning};
    while (true) {
      if (scheduler.Turn()) continue;
      if (scheduler.running() == 0 && store.SearchRuns({.states = open, .limit = 0}).total == 0)
        break;
      scheduler.Wait(std::chrono::milliseconds(250));
    }
  }
  // Checks that all succeeded, each once.
  std::vector<int64_t> Gaps(const std::vector<flow::DagRun>& runs) {
    std::vector<int64_t> gaps;
    for (const flow::DagRun& run : runs) {
      const std::vector<flow::TaskInstance> tasks = store.Tasks(run.run);
      for (size_t i = 0; i < tasks.size(); ++i) {
        if (tasks[i].state != flow::TaskState::kSuccess || tasks[i].try_number != 1) {
          std::printf("%s of %s went wrong\n", tasks[i].task_id.c_str(), run.dag_id.c_str());
          std::exit(1);
        }
        if (i > 0) gaps.push_back(*tasks[i].start_us - *tasks[i - 1].end_us);
      }
    }
    std::ranges::sort(gaps);
    return gaps;
  }
};

void Measure(int dags, int tasks, int parallelism) {
  Bench bench;
  std::vector<flow::DagPtr> chains;
  for (int i = 0; i < dags; ++i) chains.push_back(Chain(i, tasks));
  flow::DagCatalogue catalogue(chains, bench.folder.path() / "none", bench.clock);
  const std::vector<flow::DagRun> runs = bench.TriggerAll(catalogue);
  const double start = SteadySeconds();
  bench.RunAll(catalogue, parallelism);
  const double seconds = SteadySeconds() - start;
  const std::vector<int64_t> gaps = bench.Gaps(runs);
  std::printf("%5d DAGs x %2d tasks, %2d at once: %6.2f s  %7.1f tasks/s", dags, tasks, parallelism,
              seconds, dags * tasks / seconds);
  if (!gaps.empty()) {
    std::printf("   end to next start: median %.1f ms, 99 of 100 within %.1f ms",
                static_cast<double>(gaps[gaps.size() / 2]) / 1000,
                static_cast<double>(gaps[gaps.size() * 99 / 100]) / 1000);
  }
  std::printf("\n");
}

}  // namespace
}  // namespace marquee

int main(int argc, char** argv) {
  const int dags = argc > 1 ? std::atoi(argv[1]) : 1000;
  const int tasks = argc > 2 ? std::atoi(argv[2]) : 10;
  marquee::Measure(1, 100, 1);
  marquee::Measure(dags, tasks, 2 * marquee::AvailableCores());
}
