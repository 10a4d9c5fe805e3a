#pragma once

#include "metrics/registry.h"

namespace marquee {

// Memory, processor time, open files and start of this process, under the names that Prometheus
// client libraries agree on ("process_resident_memory_bytes", ...), read at each scrape.
// REQUIRES: Linux's /proc; without it they stay 0.
void AddProcessMetrics(MetricsRegistry& registry);

}  // namespace marquee
