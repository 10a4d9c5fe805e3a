#include "storage/faulty_store.h"

#include <type_traits>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace marquee::storage {

FaultyStore::FaultyStore(std::shared_ptr<ObjectStore> store, int64_t fault_at, Fault fault,
                         std::function<void()> crash)
    : store_(std::move(store)), fault_at_(fault_at), fault_(fault), crash_(std::move(crash)) {}

int64_t FaultyStore::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

bool FaultyStore::Breaks(int64_t call, bool before) const {
  if (fault_at_ == 0) return false;
  const bool crash = fault_ == Fault::kCrashBefore || fault_ == Fault::kCrashAfter;
  if (crash && call > fault_at_) return true;
  const bool is_before = fault_ == Fault::kFailBefore || fault_ == Fault::kCrashBefore;
  return call == fault_at_ && before == is_before;
}

void FaultyStore::Break(std::string_view what, int64_t call) const {
  if (crash_ && call == fault_at_) crash_();
  throw Error(Code::kUnavailable, StrCat("injected fault in call ", call, ": ", what));
}

template <typename Call>
auto FaultyStore::Run(std::string_view what, const Call& call) const {
  int64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = ++calls_;
  }
  if (Breaks(number, true)) Break(what, number);
  if constexpr (std::is_void_v<decltype(call())>) {
    call();
    if (Breaks(number, false)) Break(what, number);
  } else {
    auto result = call();
    if (Breaks(number, false)) Break(what, number);
    return result;
  }
}

std::string FaultyStore::Get(std::string_view key) const {
  return Run("Get", [&] { return store_->Get(key); });
}

bool FaultyStore::PutIfAbsent(std::string_view key, std::string_view bytes, int64_t modified_ms) {
  return Run("PutIfAbsent", [&] { return store_->PutIfAbsent(key, bytes, modified_ms); });
}

void FaultyStore::Put(std::string_view key, std::string_view bytes) {
  Run("Put", [&] { store_->Put(key, bytes); });
}

void FaultyStore::Delete(std::string_view key) {
  Run("Delete", [&] { store_->Delete(key); });
}

std::optional<ObjectInfo> FaultyStore::Stat(std::string_view key) const {
  return Run("Stat", [&] { return store_->Stat(key); });
}

std::vector<ObjectInfo> FaultyStore::List(std::string_view prefix) const {
  return Run("List", [&] { return store_->List(prefix); });
}

std::vector<std::string> FaultyStore::Folders(std::string_view folder) const {
  return Run("Folders", [&] { return store_->Folders(folder); });
}

int64_t FaultyStore::RemoveLeftovers(std::string_view folder, int64_t older_than_ms) {
  return Run("RemoveLeftovers", [&] { return store_->RemoveLeftovers(folder, older_than_ms); });
}

}  // namespace marquee::storage
