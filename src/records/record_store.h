// What was changed over the API: titles and people, and who was erased.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace marquee {

// A title or a person. What is loaded has a record only once it was changed.
struct Record {
  std::string id;
  Json fields = Json::MakeObject();  // those that were set; null: set to nothing
  bool added = false;                // over the API: no data had it then
  bool deleted = false;
  int64_t created_ms = 0;  // this record
  int64_t revision = 0;    // of the file when it was last written: larger than any before
};

struct Erasure {
  std::string hash;  // RecordStore::HashOf the user
  int64_t requested_ms;
  int64_t done_ms;      // 0: not yet all
  std::string user_id;  // until all is done; "" after
};

// One SQLite file that several processes may work on. Thread-safe. A call returns when its change
// is durable. Throws what sqlite::Connection throws.
class RecordStore {
 public:
  enum class Kind { kItem, kUser };

  RecordStore(const std::filesystem::path& path, const Clock& clock);
  ~RecordStore();

  // All of a kind, in the order in which they were first written.
  std::vector<Record> List(Kind kind) const;
  std::optional<Record> Find(Kind kind, std::string_view id) const;
  // Writes what `change` makes of the record as it is now (nothing: there is none), in one
  // transaction; what it throws undoes it. Gives the record as written.
  Record Update(Kind kind, std::string_view id,
                const std::function<Record(std::optional<Record>)>& change);

  // A number that is another one once anybody, in any process, has changed something.
  int64_t version() const;

  // The hash of a user under the salt of this file.
  std::string HashOf(std::string_view user_id) const;
  const std::string& salt() const { return salt_; }
  // Notes that the user is to be erased, and drops the user's record, from the file too.
  void BeginErasure(std::string_view user_id);
  // From now on only the hash tells of the user, in the file too.
  void FinishErasure(std::string_view user_id);
  std::vector<Erasure> Erasures() const;

 private:
  void DropOldPages();

  struct State;
  std::unique_ptr<State> state_;
  const Clock& clock_;
  std::string salt_;
};

}  // namespace marquee
