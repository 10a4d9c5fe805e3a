// What two trainings of one objective are compared by: its value, and the ranking that results.
#pragma once

#include <vector>

#include "base/thread_pool.h"
#include "kernels/matrix.h"
#include "models/ials.h"
#include "scale_data.h"

namespace marquee {

// The objective of FactorizeIals. O(nnz d + rows d^2). REQUIRES: options.nu == 0.
double IalsObjective(const Interactions& data, const IalsOptions& options,
                     const kernels::Matrix& users, const kernels::Matrix& items, ThreadPool& pool);

// NDCG@100 of each judged user, folded exactly into `items`: the same for factors of any origin.
std::vector<double> JudgedNdcg(const ScaleData& data, const IalsOptions& options,
                               const kernels::Matrix& items, ThreadPool& pool);

double MeanOf(const std::vector<double>& values);
// Of the mean of a - b.
double PairedError(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace marquee
