#include "base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/check.h"

namespace marquee {
namespace {

// One loop in progress.
struct Loop {
  int64_t n;
  int64_t grain;
  const std::function<void(int64_t, int64_t, int)>& body;
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;

  void Run(int worker) {
    try {
      for (int64_t begin; (begin = next.fetch_add(grain)) < n;)
        body(begin, std::min(begin + grain, n), worker);
    } catch (...) {
      next.store(n);
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
    }
  }
};

}  // namespace

struct ThreadPool::State {
  std::vector<std::thread> workers;
  std::mutex one_loop;
  std::mutex mutex;
  std::condition_variable changed;
  Loop* loop = nullptr;  // guarded by mutex, as all below
  uint64_t generation = 0;
  int running = 0;
  bool stopping = false;

  void Work(int worker) {
    uint64_t seen = 0;
    for (;;) {
      Loop* current = nullptr;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return stopping || generation != seen; });
        if (stopping) return;
        seen = generation;
        current = loop;
      }
      current->Run(worker);
      const std::lock_guard lock(mutex);
      if (--running == 0) changed.notify_all();
    }
  }
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>()) {
  MARQUEE_CHECK(threads >= 1);
  for (int worker = 1; worker < threads; ++worker) {
    state_->workers.emplace_back([this, worker] { state_->Work(worker); });
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

int ThreadPool::threads() const { return static_cast<int>(state_->workers.size()) + 1; }

void ThreadPool::ParallelFor(int64_t n, int64_t grain,
                             const std::function<void(int64_t, int64_t, int)>& body) {
  MARQUEE_CHECK(grain >= 1);
  Loop loop{n, grain, body, {}, {}, {}};
  const std::lock_guard one_loop(state_->one_loop);
  const bool shared = n > grain && !state_->workers.empty();
  if (shared) {
    const std::lock_guard lock(state_->mutex);
    state_->loop = &loop;
    state_->running = static_cast<int>(state_->workers.size());
    ++state_->generation;
    state_->changed.notify_all();
  }
  loop.Run(0);
  if (shared) {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [&] { return state_->running == 0; });
  }
  if (loop.error) std::rethrow_exception(loop.error);
}

int AvailableCores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace marquee
