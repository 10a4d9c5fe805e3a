// Something done again and again, on a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace marquee {

// Calls `tick`, waits, and so on until it is destroyed, which waits for a call that is under way.
// What `tick` throws ends the program: it is to deal with its errors.
class Ticker {
 public:
  // The first call comes `every` after the start.
  Ticker(std::chrono::milliseconds every, std::function<void()> tick);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  const std::chrono::milliseconds every_;
  const std::function<void()> tick_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace marquee
