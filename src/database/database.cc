#include "database/database.h"

#include <chrono>
#include <random>
#include <thread>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "database/connection_internal.h"

namespace marquee::database {
namespace {

constexpr int kMaxAttempts = 10;
constexpr uint64_t kFirstPauseMs = 5;

// Up to 5 ms, 10 ms, 20 ms, ...: who met once should not meet again.
void PauseAfter(int attempt) {
  Rng rng(std::random_device{}());
  std::this_thread::sleep_for(std::chrono::milliseconds(rng.Below(kFirstPauseMs << attempt) + 1));
}

}  // namespace

// A connection of the pool, for one transaction.
class Database::Lease {
 public:
  explicit Lease(Database& database) : database_(database), connection_(database.Acquire()) {}
  ~Lease() {
    connection_->Rollback();
    database_.Release(std::move(connection_));
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  void Begin(Access access) {
    try {
      connection_->Begin(access);
    } catch (const Error&) {
      // It was lost while nobody used it; nothing has run yet.
      if (connection_->usable()) throw;
      connection_ = database_.connect_();
      connection_->Begin(access);
    }
  }
  Connection* operator->() { return connection_.get(); }
  Connection& operator*() { return *connection_; }

 private:
  Database& database_;
  std::unique_ptr<Connection> connection_;
};

Database::Database(const DatabaseOptions& options, const Schema& schema) : options_(options) {
  Driver driver =
      IsPostgresUrl(options.url) ? OpenPostgres(options, schema) : OpenSqlite(options, schema);
  dialect_ = driver.dialect;
  name_ = std::move(driver.name);
  connect_ = std::move(driver.connect);
}

Database::~Database() = default;

void Database::RunWrite(const Transaction& transaction) {
  std::unique_lock<std::mutex> queue;
  if (dialect_ == Dialect::kSqlite) queue = std::unique_lock(write_mutex_);
  Lease lease(*this);
  for (int attempt = 1;; ++attempt) {
    lease.Begin(Access::kWrite);
    try {
      transaction(*lease);
      lease->Commit();
      return;
    } catch (...) {
      const bool again = lease->should_retry() && attempt < kMaxAttempts;
      lease->Rollback();
      if (!again) throw;
    }
    PauseAfter(attempt);
  }
}

void Database::RunRead(const Transaction& transaction) {
  Lease lease(*this);
  lease.Begin(Access::kRead);
  transaction(*lease);
}

std::unique_ptr<Connection> Database::Acquire() {
  std::unique_lock lock(mutex_);
  const auto can_go_on = [&] { return !free_.empty() || open_ < options_.max_connections; };
  const std::chrono::milliseconds timeout(options_.acquire_timeout_ms);
  if (!released_.wait_for(lock, timeout, can_go_on)) {
    throw Error(Code::kResourceExhausted,
                StrCat(name_, ": all ", options_.max_connections, " connections were in use for ",
                       options_.acquire_timeout_ms, " ms"),
                "try again later, or allow more connections");
  }
  if (!free_.empty()) {
    std::unique_ptr<Connection> connection = std::move(free_.back());
    free_.pop_back();
    return connection;
  }
  ++open_;
  lock.unlock();
  try {
    return connect_();
  } catch (...) {
    Release(nullptr);
    throw;
  }
}

void Database::Release(std::unique_ptr<Connection> connection) {
  {
    const std::scoped_lock lock(mutex_);
    if (connection != nullptr && connection->usable()) {
      free_.push_back(std::move(connection));
    } else {
      --open_;
    }
  }
  released_.notify_one();
}

}  // namespace marquee::database
