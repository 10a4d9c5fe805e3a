// A fixed set of threads for data-parallel loops.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace marquee {

// Thread-safe, but loops of one pool run one after another, and a loop must not start another on
// the same pool.
class ThreadPool {
 public:
  // `threads` >= 1 workers in all, the caller's thread among them.
  explicit ThreadPool(int threads);
  ~ThreadPool();

  int threads() const;

  // Calls body(begin, end, worker) over blocks of at most `grain` that cover 0..n-1 once; workers
  // take blocks as they get free. Results must not depend on which worker ran a block. The first
  // exception of a body is thrown here, after all ended.
  void ParallelFor(int64_t n, int64_t grain,
                   const std::function<void(int64_t begin, int64_t end, int worker)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The number of cores this process may use.
int AvailableCores();

}  // namespace marquee
