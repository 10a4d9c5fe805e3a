#include "auth/accounts.h"

#include <algorithm>
#include <chrono>

#include "auth/database.h"
#include "base/error.h"
#include "base/text.h"

namespace marquee::auth {
namespace {

constexpr std::string_view kPrefix = "mq_";
constexpr size_t kIdBytes = 5;
constexpr size_t kSecretBytes = 24;
constexpr int64_t kCheckMs = 200;
constexpr std::chrono::seconds kHashWait{5};

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-' || c == '@';
}

void CheckUserName(const std::string& name) {
  if (!name.empty() && name.size() <= 64 && std::ranges::all_of(name, IsNameCharacter)) return;
  throw Error(Code::kInvalidArgument, StrCat("user name '", name, "' cannot be used"),
              "1 to 64 letters, digits, '.', '_', '-' and '@'");
}

void CheckPasswordText(std::string_view password) {
  if (password.size() >= 8 && password.size() <= 1024) return;
  throw Error(Code::kInvalidArgument,
              StrCat("the password has ", password.size(), " bytes: must be 8 to 1,024"),
              "a few words in a row make a good one");
}

void CheckKey(const KeyInfo& key, int64_t now_ms) {
  if (key.role == http::Role::kPublic) {
    throw Error(Code::kInvalidArgument, "a key has to have a role",
                "viewer, service, operator or admin");
  }
  if (key.name.size() > 100 || !IsValidUtf8(key.name)) {
    throw Error(Code::kInvalidArgument, "the name of the key is longer than 100 bytes, or no text",
                "give a shorter one");
  }
  if (key.expires_ms != 0 && key.expires_ms <= now_ms) {
    throw Error(Code::kInvalidArgument, "the key would have expired already", "give a later time");
  }
  for (const std::string& path : key.paths) {
    if (path.starts_with('/') && path.find(',') == std::string::npos) continue;
    throw Error(Code::kInvalidArgument, StrCat("path '", path, "' is none"),
                "give the start of a route, as /recommend");
  }
}

// A role that a newer program wrote is none.
http::Role RoleOf(const std::string& text) {
  return http::ParseRole(text).value_or(http::Role::kPublic);
}

std::vector<std::string> PathsOf(const std::string& text) {
  std::vector<std::string> paths;
  if (text.empty()) return paths;
  for (const std::string_view path : Split(text, ",")) paths.emplace_back(path);
  return paths;
}

constexpr const char* kSelectKeys =
    "select id, name, role, paths, created_ms, expires_ms, revoked_ms, secret_hash from keys "
    "order by created_ms, id";

KeyInfo KeyOf(const sqlite::Statement& row) {
  return {.id = row.Text(0),
          .name = row.Text(1),
          .role = RoleOf(row.Text(2)),
          .paths = PathsOf(row.Text(3)),
          .created_ms = row.Int(4),
          .expires_ms = row.Int(5),
          .revoked_ms = row.Int(6)};
}

constexpr const char* kSelectUsers =
    "select name, role, generation, created_ms from users order by name";

UserInfo UserOf(const sqlite::Statement& row) {
  return {.name = row.Text(0),
          .role = RoleOf(row.Text(1)),
          .generation = row.Int(2),
          .created_ms = row.Int(3)};
}

int64_t NewGeneration() { return static_cast<int64_t>(std::stoull(RandomHex(7), nullptr, 16)); }

// One of the few places for hashing passwords.
class HashingTurn {
 public:
  explicit HashingTurn(std::counting_semaphore<>& places) : places_(places) {
    if (places_.try_acquire_for(kHashWait)) return;
    throw Error(Code::kResourceExhausted, "too many passwords are being checked",
                "try again in a few seconds");
  }
  ~HashingTurn() { places_.release(); }
  HashingTurn(const HashingTurn&) = delete;
  HashingTurn& operator=(const HashingTurn&) = delete;

 private:
  std::counting_semaphore<>& places_;
};

Error NoUser(const std::string& name) {
  return Error(Code::kNotFound, StrCat("user '", name, "' is unknown"), "see: marquee users list");
}

}  // namespace

const KeyInfo* Accounts::FindKey(std::string_view text) const {
  constexpr size_t kIdSize = 2 * kIdBytes;
  constexpr size_t kSize = kPrefix.size() + kIdSize + 1 + 2 * kSecretBytes;
  if (text.size() != kSize || !text.starts_with(kPrefix)) return nullptr;
  const auto found = keys.find(text.substr(kPrefix.size(), kIdSize));
  if (found == keys.end()) return nullptr;
  return SameSecret(SecretHash(text), found->second.secret_hash) ? &found->second.info : nullptr;
}

bool CoversRoute(const std::vector<std::string>& paths, std::string_view route) {
  const auto covers = [&](std::string_view path) {
    while (path.ends_with('/')) path.remove_suffix(1);
    return route.starts_with(path) && (route.size() == path.size() || route[path.size()] == '/');
  };
  return paths.empty() || std::ranges::any_of(paths, covers);
}

AccountStore::AccountStore(const std::filesystem::path& path, const Clock& clock, PasswordCost cost)
    : clock_(clock),
      cost_(cost),
      connection_(OpenDatabase(path)),
      data_version_(connection_, "pragma data_version") {}

std::shared_ptr<const Accounts> AccountStore::Current() {
  const std::scoped_lock lock(mutex_);
  const int64_t now_ms = clock_.NowMs();
  if (accounts_ != nullptr && now_ms >= checked_ms_ && now_ms < checked_ms_ + kCheckMs) {
    return accounts_;
  }
  checked_ms_ = now_ms;
  data_version_.Step();
  const int64_t version = data_version_.Int(0);
  data_version_.Reset();
  if (accounts_ == nullptr || version != loaded_version_) {
    accounts_ = std::make_shared<const Accounts>(Load());
    loaded_version_ = version;
  }
  return accounts_;
}

Accounts AccountStore::Load() {
  Accounts accounts;
  sqlite::Statement keys(connection_, kSelectKeys);
  while (keys.Step()) {
    KeyInfo info = KeyOf(keys);
    if (info.revoked_ms != 0) continue;
    const std::string id = info.id;
    accounts.keys[id] = {std::move(info), keys.Text(7)};
  }
  sqlite::Statement users(connection_, kSelectUsers);
  while (users.Step()) {
    UserInfo user = UserOf(users);
    const std::string name = user.name;
    accounts.users[name] = std::move(user);
  }
  return accounts;
}

AccountStore::NewKey AccountStore::CreateKey(const KeyInfo& wanted) {
  const std::scoped_lock lock(mutex_);
  CheckKey(wanted, clock_.NowMs());
  NewKey made{.info = wanted, .key = {}};
  made.info.id = RandomHex(kIdBytes);
  made.info.created_ms = clock_.NowMs();
  made.info.revoked_ms = 0;
  made.key = StrCat(kPrefix, made.info.id, "_", RandomHex(kSecretBytes));
  const std::string hash = SecretHash(made.key);
  const std::string paths = Join(wanted.paths, ",");
  sqlite::Statement insert(connection_, "insert into keys values (?, ?, ?, ?, ?, ?, ?, 0)");
  insert.Bind(1, made.info.id).Bind(2, wanted.name).Bind(3, http::RoleName(wanted.role));
  insert.Bind(4, paths).Bind(5, hash);
  insert.Bind(6, made.info.created_ms).Bind(7, wanted.expires_ms).Run();
  accounts_ = nullptr;
  return made;
}

std::vector<KeyInfo> AccountStore::ListKeys() {
  const std::scoped_lock lock(mutex_);
  std::vector<KeyInfo> keys;
  sqlite::Statement select(connection_, kSelectKeys);
  while (select.Step()) keys.push_back(KeyOf(select));
  return keys;
}

void AccountStore::RevokeKey(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  sqlite::Statement update(
      connection_, "update keys set revoked_ms = iif(revoked_ms = 0, ?, revoked_ms) where id = ?");
  update.Bind(1, clock_.NowMs()).Bind(2, id).Run();
  if (connection_.changes() == 0) {
    throw Error(Code::kNotFound, StrCat("key '", id, "' is unknown"), "see: marquee keys list");
  }
  accounts_ = nullptr;
}

std::string AccountStore::HashOf(std::string_view password) {
  CheckPasswordText(password);
  return HashPassword(password, cost_);
}

UserInfo AccountStore::CreateUser(const std::string& name, http::Role role,
                                  std::string_view password) {
  CheckUserName(name);
  const std::string hash = HashOf(password);
  const std::scoped_lock lock(mutex_);
  const UserInfo user{
      .name = name, .role = role, .generation = NewGeneration(), .created_ms = clock_.NowMs()};
  sqlite::Statement insert(connection_, "insert or ignore into users values (?, ?, ?, ?, ?)");
  insert.Bind(1, name).Bind(2, http::RoleName(role)).Bind(3, hash);
  insert.Bind(4, user.generation).Bind(5, user.created_ms).Run();
  if (connection_.changes() == 0) {
    throw Error(Code::kAlreadyExists, StrCat("user '", name, "' exists"),
                StrCat("choose another name, or: marquee users set-password ", name));
  }
  accounts_ = nullptr;
  return user;
}

void AccountStore::SetPassword(const std::string& name, std::string_view password) {
  const std::string hash = HashOf(password);
  const std::scoped_lock lock(mutex_);
  sqlite::Statement update(connection_,
                           "update users set password_hash = ?, generation = ? where name = ?");
  update.Bind(1, hash).Bind(2, NewGeneration()).Bind(3, name).Run();
  if (connection_.changes() == 0) throw NoUser(name);
  accounts_ = nullptr;
}

void AccountStore::RemoveUser(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  sqlite::Statement remove(connection_, "delete from users where name = ?");
  remove.Bind(1, name).Run();
  if (connection_.changes() == 0) throw NoUser(name);
  accounts_ = nullptr;
}

std::vector<UserInfo> AccountStore::ListUsers() {
  const std::scoped_lock lock(mutex_);
  std::vector<UserInfo> users;
  sqlite::Statement select(connection_, kSelectUsers);
  while (select.Step()) users.push_back(UserOf(select));
  return users;
}

std::optional<UserInfo> AccountStore::CheckPassword(const std::string& name,
                                                    std::string_view password) {
  std::string hash;
  std::optional<UserInfo> user;
  {
    const std::scoped_lock lock(mutex_);
    sqlite::Statement select(
        connection_,
        "select name, role, generation, created_ms, password_hash from users where name = ?");
    select.Bind(1, name);
    if (select.Step()) {
      user = UserOf(select);
      hash = select.Text(4);
    }
  }
  const HashingTurn turn(hashing_);
  if (user) return PasswordFits(hash, password) ? user : std::nullopt;
  HashPassword(password, cost_);  // takes as long as the check that there was nothing for
  return std::nullopt;
}

}  // namespace marquee::auth
