// Work that nobody waits for, done in batches by a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace marquee {

// Thread-safe. What waits is bounded; when the work is slower than its callers, they are refused.
template <typename Item>
class BatchWorker {
 public:
  // `work` gets all that waits, in order, and must not throw. It begins `linger` after the first of
  // a batch came, or when half of what may wait is there: fewer, larger batches.
  BatchWorker(size_t max_waiting, std::function<void(const std::vector<Item>&)> work,
              std::chrono::milliseconds linger = {})
      : max_waiting_(max_waiting),
        linger_(linger),
        work_(std::move(work)),
        thread_([this] { Run(); }) {}
  // Does what waits.
  ~BatchWorker() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  BatchWorker(const BatchWorker&) = delete;
  BatchWorker& operator=(const BatchWorker&) = delete;

  // Takes all of them, or, when they would pass the bound, none: false. Never waits for the work.
  bool Add(std::vector<Item> items) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      const size_t before = waiting_.size();
      if (before + items.size() > max_waiting_) return false;
      for (Item& item : items) waiting_.push_back(std::move(item));
      wake = before == 0 || (before < max_waiting_ / 2 && enough());
    }
    if (wake) changed_.notify_all();
    return true;
  }
  // Whether one more would be taken now.
  bool has_room() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size() < max_waiting_;
  }
  // Waits until all that was added before is done.
  void Flush() {
    std::unique_lock lock(mutex_);
    ++flushing_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return waiting_.empty() && !working_; });
    --flushing_;
  }

 private:
  bool enough() const { return waiting_.size() >= max_waiting_ / 2; }
  void Run() {
    std::vector<Item> batch;  // takes turns with waiting_: what both grew to once they keep
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      changed_.wait_for(lock, linger_, [this] { return stopping_ || flushing_ > 0 || enough(); });
      batch.swap(waiting_);
      working_ = true;
      lock.unlock();
      work_(batch);
      batch.clear();
      lock.lock();
      working_ = false;
      changed_.notify_all();
    }
  }

  const size_t max_waiting_;
  const std::chrono::milliseconds linger_;
  const std::function<void(const std::vector<Item>&)> work_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Item> waiting_;  // guarded by mutex_, as all below
  bool working_ = false;
  int flushing_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace marquee
