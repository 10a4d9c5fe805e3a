#include "base/ticker.h"

#include <utility>

namespace marquee {

Ticker::Ticker(std::chrono::milliseconds every, std::function<void()> tick)
    : every_(every), tick_(std::move(tick)), thread_([this] {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, every_, [this] { return stopping_; })) {
          lock.unlock();
          tick_();
          lock.lock();
        }
      }) {}

Ticker::~Ticker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

}  // namespace marquee
