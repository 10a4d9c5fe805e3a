// Internal: OpenBLAS, whose thread count is one for the process.
#pragma once

#include <cblas.h>

#include <mutex>

namespace marquee::kernels {

// Sets the thread count for its life; others that want one wait.
class BlasThreads {
 public:
  explicit BlasThreads(int threads) : lock_(Mutex()), before_(openblas_get_num_threads()) {
    openblas_set_num_threads(threads);
  }
  ~BlasThreads() { openblas_set_num_threads(before_); }
  BlasThreads(const BlasThreads&) = delete;
  BlasThreads& operator=(const BlasThreads&) = delete;

 private:
  static std::mutex& Mutex() {
    static std::mutex mutex;
    return mutex;
  }
  std::lock_guard<std::mutex> lock_;
  int before_;
};

}  // namespace marquee::kernels
