#include "recommend/model_guard.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"

namespace marquee {

struct ModelGuard::Task {
  std::function<void()> work;
  bool done = false;  // guarded by the guard's mutex, as the error
  std::exception_ptr error = nullptr;
  std::condition_variable ended = {};
};

ModelGuard::ModelGuard(int threads) : max_threads_(threads) {}

ModelGuard::~ModelGuard() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

ModelGuard::End ModelGuard::Call(std::function<void()> work, Clock::time_point deadline) {
  try {
    if (deadline == Clock::time_point::max()) {
      work();
      return End::kDone;
    }
    if (!trusted()) {
      const End end = CallOnThread(std::move(work), deadline);
      Note(end == End::kDone);
      return end;
    }
    work();
    if (Clock::now() > deadline) Note(false);
    return End::kDone;
  } catch (...) {
    Note(false);
    throw;
  }
}

void ModelGuard::Note(bool in_time) {
  if (!in_time) {
    if (in_time_.exchange(0) >= kProof) LogWarning("the model was late or failed: it is watched");
  } else if (in_time_ < kProof) {
    ++in_time_;
  }
}

ModelGuard::End ModelGuard::CallOnThread(std::function<void()> work, Clock::time_point deadline) {
  const auto task = std::make_shared<Task>();
  task->work = std::move(work);
  std::unique_lock lock(mutex_);
  while (static_cast<int>(threads_.size()) < max_threads_) {
    threads_.emplace_back([this] { RunTasks(); });
  }
  waiting_.push_back(task);
  changed_.notify_one();
  if (task->ended.wait_until(lock, deadline, [&] { return task->done; })) {
    if (task->error) std::rethrow_exception(task->error);
    return End::kDone;
  }
  const auto at = std::ranges::find(waiting_, task);
  if (at == waiting_.end()) return End::kLate;
  waiting_.erase(at);
  return End::kBusy;
}

void ModelGuard::RunTasks() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const std::shared_ptr<Task> task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    std::exception_ptr error;
    try {
      task->work();
    } catch (...) {
      error = std::current_exception();
    }
    task->work = nullptr;  // lets go of what it owns
    lock.lock();
    task->error = error;
    task->done = true;
    task->ended.notify_one();
  }
}

}  // namespace marquee
