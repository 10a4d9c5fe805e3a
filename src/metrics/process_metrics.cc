#include "metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

namespace marquee {
namespace {

double ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  double total_pages = 0;
  double resident_pages = 0;
  file >> total_pages >> resident_pages;
  return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double OpenFiles() {
  std::error_code error;
  double count = 0;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  return count;
}

double UnixSeconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

void AddProcessMetrics(MetricsRegistry& registry) {
  registry.AddGauge("process_start_time_seconds", "Start of the process, seconds since 1970.")
      .Set(UnixSeconds());
  Gauge memory = registry.AddGauge("process_resident_memory_bytes", "Resident memory.");
  Gauge files = registry.AddGauge("process_open_fds", "Open file descriptors.");
  Counter cpu = registry.AddCounter("process_cpu_seconds_total", "User and system processor time.");
  registry.OnScrape([memory, files, cpu]() mutable {
    memory.Set(ResidentBytes());
    files.Set(OpenFiles());
    const double more = CpuSeconds() - cpu.value();
    if (more > 0) cpu.Increment(more);
  });
}

}  // namespace marquee
