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

class FaultyStore::Reader : public ObjectReader {
 public:
  Reader(const FaultyStore& store, std::unique_ptr<ObjectReader> reader)
      : ObjectReader(reader->info()), store_(store), reader_(std::move(reader)) {}
  std::string Read(int64_t offset, size_t max_bytes) override {
    return store_.Run("Read", [&] { return reader_->Read(offset, max_bytes); });
  }

 private:
  const FaultyStore& store_;
  const std::unique_ptr<ObjectReader> reader_;
};

class FaultyStore::Writer : public ObjectWriter {
 public:
  Writer(const FaultyStore& store, std::unique_ptr<ObjectWriter> writer)
      : store_(store), writer_(std::move(writer)) {}
  void Write(std::string_view bytes) override {
    store_.Run("Write", [&] { writer_->Write(bytes); });
  }
  void Commit() override {
    store_.Run("Commit", [&] { writer_->Commit(); });
  }

 private:
  const FaultyStore& store_;
  const std::unique_ptr<ObjectWriter> writer_;
};

std::string FaultyStore::Get(std::string_view key) const {
  return Run("Get", [&] { return store_->Get(key); });
}

std::unique_ptr<ObjectReader> FaultyStore::Open(std::string_view key) const {
  auto reader = Run("Open", [&] { return store_->Open(key); });
  return std::make_unique<Reader>(*this, std::move(reader));
}

bool FaultyStore::PutIfAbsent(std::string_view key, std::string_view bytes, int64_t modified_ms) {
  return Run("PutIfAbsent", [&] { return store_->PutIfAbsent(key, bytes, modified_ms); });
}

void FaultyStore::Put(std::string_view key, std::string_view bytes) {
  Run("Put", [&] { store_->Put(key, bytes); });
}

std::unique_ptr<ObjectWriter> FaultyStore::Create(std::string_view key) {
  auto writer = Run("Create", [&] { return store_->Create(key); });
  return std::make_unique<Writer>(*this, std::move(writer));
}

void FaultyStore::Delete(std::string_view key) {
  Run("Delete", [&] { store_->Delete(key); });
}

void FaultyStore::DeleteFolder(std::string_view folder) {
  Run("DeleteFolder", [&] { store_->DeleteFolder(folder); });
}

std::optional<ObjectInfo> FaultyStore::Stat(std::string_view key) const {
  return Run("Stat", [&] { return store_->Stat(key); });
}

std::vector<ObjectInfo> FaultyStore::List(std::string_view prefix) const {
  return Run("List", [&] { return store_->List(prefix); });
}

FolderListing FaultyStore::ListFolder(std::string_view folder) const {
  return Run("ListFolder", [&] { return store_->ListFolder(folder); });
}

std::vector<std::string> FaultyStore::Folders(std::string_view folder) const {
  return Run("Folders", [&] { return store_->Folders(folder); });
}

int64_t FaultyStore::RemoveLeftovers(std::string_view folder, int64_t older_than_ms) {
  return Run("RemoveLeftovers", [&] { return store_->RemoveLeftovers(folder, older_than_ms); });
}

}  // namespace marquee::storage
