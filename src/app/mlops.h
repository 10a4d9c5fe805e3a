// netflix_mlops_pipeline in a home: on its ratings, or on titles alone.
#pragma once

#include <functional>
#include <string_view>

#include "app/environment.h"
#include "pipelines/run_record.h"
#include "titles/task.h"

namespace marquee {

// Runs one task of a built-in DAG to its end. `recording` is asked for only by tasks that record.
//
// The first task of netflix_mlops_pipeline decides what the whole run works on, says it and notes
// it in reports/mlops/decision.json: "on" of the conf, "ratings" or "titles"; else ratings when the
// conf names a source that holds some (what `marquee import` takes, or the name of a data set that
// `marquee download` knows), or names none and the home has ratings, in its lake or its event log;
// else titles. Throws what titles::RunTask and the steps of mlops/steps.h throw; invalid_argument
// for a conf that is none.
void RunBuiltInTask(Environment& environment, const std::function<const Recording&()>& recording,
                    std::string_view dag, std::string_view task, titles::TaskContext& context);

}  // namespace marquee
