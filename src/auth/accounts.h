// Who there is: API keys of programs and users with passwords, kept in the home's auth.db.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>
#include <vector>

#include "auth/secrets.h"
#include "base/clock.h"
#include "database/sqlite.h"
#include "http/role.h"

namespace marquee::auth {

struct KeyInfo {
  std::string id = {};    // ten hex digits; no secret
  std::string name = {};  // for people; "" when none was given
  http::Role role = http::Role::kViewer;
  std::vector<std::string> paths =
      {};  // routes it is for, each with all below it; none: all routes
  int64_t created_ms = 0;
  int64_t expires_ms = 0;  // 0: never
  int64_t revoked_ms = 0;  // 0: not

  bool ValidAt(int64_t now_ms) const {
    return revoked_ms == 0 && (expires_ms == 0 || now_ms < expires_ms);
  }
};

struct UserInfo {
  std::string name = {};
  http::Role role = http::Role::kViewer;
  int64_t generation = 0;  // another one with each password: tokens of an older one are void
  int64_t created_ms = 0;
};

// Everybody at one moment. Immutable.
struct Accounts {
  struct Key {
    KeyInfo info;
    std::string secret_hash;
  };
  std::map<std::string, Key, std::less<>> keys;  // by id; not the revoked ones
  std::map<std::string, UserInfo, std::less<>> users;

  bool empty() const { return keys.empty() && users.empty(); }
  // The key that `text` is ("mq_<id>_<secret>"), or null. Neither the time nor the answer tells how
  // much of it was right. REQUIRES for use: ValidAt.
  const KeyInfo* FindKey(std::string_view text) const;
};

// Whether `route` ("/items/{id}") is one of `paths` or below it, or there are none.
bool CoversRoute(const std::vector<std::string>& paths, std::string_view route);

// Thread-safe. Several processes may use the same file: Current() follows what others change.
class AccountStore {
 public:
  // `clock` must outlive it. Throws what sqlite::Open throws.
  AccountStore(const std::filesystem::path& path, const Clock& clock, PasswordCost cost = {});

  // Not older than a quarter of a second; own changes at once. Cheap when nothing changed.
  std::shared_ptr<const Accounts> Current();

  struct NewKey {
    KeyInfo info;
    std::string key;  // cannot be had again
  };
  // `wanted`: name, role, paths and expires_ms. Throws invalid_argument for a bad one.
  NewKey CreateKey(const KeyInfo& wanted);
  // The revoked and expired ones too, in the order made.
  std::vector<KeyInfo> ListKeys();
  // Throws not_found. One that is revoked stays so.
  void RevokeKey(const std::string& id);

  // A name is 1 to 64 letters, digits, '.', '_', '-' and '@'; a password 8 to 1,024 bytes. Throws
  // invalid_argument, already_exists, not_found.
  UserInfo CreateUser(const std::string& name, http::Role role, std::string_view password);
  void SetPassword(const std::string& name, std::string_view password);
  void RemoveUser(const std::string& name);
  std::vector<UserInfo> ListUsers();
  // The user, if that is the password. Takes as long for a name that is unknown, waits while others
  // are checked (Runs::kOnWorker), and throws resource_exhausted after five seconds of that.
  std::optional<UserInfo> CheckPassword(const std::string& name, std::string_view password);

 private:
  Accounts Load();
  std::string HashOf(std::string_view password);

  const Clock& clock_;
  const PasswordCost cost_;
  std::counting_semaphore<> hashing_{2};  // each takes memory and a core

  std::mutex mutex_;  // guards the rest
  sqlite::Connection connection_;
  sqlite::Statement data_version_;
  std::shared_ptr<const Accounts> accounts_;
  int64_t loaded_version_ = -1;
  int64_t checked_ms_ = 0;
};

}  // namespace marquee::auth
