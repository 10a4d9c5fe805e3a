// Answers in time from a model that may be slow: a call to it cannot be interrupted.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace marquee {

// Calls are made on threads of the guard and waited for until their deadline. Once 64 in a row were
// in time the model is trusted: from then on they are made on the caller's own thread, which costs
// two looks at a clock, until one is late or throws. So of a trusted model that turns slow, each
// thread that asks gives at most one late answer; of a new one none.
//
// Thread-safe.
class ModelGuard {
 public:
  using Clock = std::chrono::steady_clock;
  enum class End {
    kDone,
    kLate,  // goes on, and ends unseen
    kBusy,  // was not begun: all threads are held by late calls
  };

  // At most `threads` calls at once are under way that are not trusted. No thread is started before
  // the first of them.
  explicit ModelGuard(int threads);
  // Waits for late calls.
  ~ModelGuard();
  ModelGuard(const ModelGuard&) = delete;
  ModelGuard& operator=(const ModelGuard&) = delete;

  // `work` owns all that it uses, for it may outlive the call. What it throws is thrown here,
  // unless it is late.
  End Call(std::function<void()> work, Clock::time_point deadline);
  // Begins anew with a model of which nothing is known.
  void Distrust() { in_time_ = 0; }
  bool trusted() const { return in_time_ >= kProof; }

 private:
  static constexpr int kProof = 64;
  struct Task;

  End CallOnThread(std::function<void()> work, Clock::time_point deadline);
  void Note(bool in_time);
  void RunTasks();

  const int max_threads_;
  std::atomic<int> in_time_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_, as all below
  std::deque<std::shared_ptr<Task>> waiting_;
  std::vector<std::thread> threads_;
};

}  // namespace marquee
