#include "auth/refresh_tokens.h"

#include "auth/database.h"
#include "auth/secrets.h"
#include "base/text.h"

namespace marquee::auth {
namespace {

constexpr size_t kSecretBytes = 32;
constexpr size_t kFamilyBytes = 8;

}  // namespace

RefreshTokens::RefreshTokens(const std::filesystem::path& path, const Clock& clock,
                             int64_t lifetime_ms)
    : clock_(clock), lifetime_ms_(lifetime_ms), connection_(OpenDatabase(path)) {}

std::string RefreshTokens::Insert(const Grant& grant, const std::string& family) {
  const std::string token = StrCat("mqr_", RandomHex(kSecretBytes));
  const std::string hash = SecretHash(token);
  sqlite::Statement insert(connection_, "insert into refresh_tokens values (?, ?, ?, ?, ?, ?, 0)");
  insert.Bind(1, hash).Bind(2, family).Bind(3, grant.user).Bind(4, grant.generation);
  insert.Bind(5, http::RoleName(grant.role)).Bind(6, clock_.NowMs() + lifetime_ms_).Run();
  return token;
}

std::string RefreshTokens::Begin(const Grant& grant) {
  const std::scoped_lock lock(mutex_);
  std::string token;
  sqlite::Transaction(connection_, [&] {
    sqlite::Statement expired(connection_, "delete from refresh_tokens where expires_ms <= ?");
    expired.Bind(1, clock_.NowMs()).Run();
    sqlite::Statement oldest(connection_,
                             "delete from refresh_tokens where user = ?1 and rowid not in (select "
                             "rowid from refresh_tokens where user = ?1 order by rowid desc limit "
                             "999)");
    oldest.Bind(1, grant.user).Run();
    token = Insert(grant, RandomHex(kFamilyBytes));
  });
  return token;
}

RefreshTokens::Exchanged RefreshTokens::Exchange(const std::string& token) {
  using enum Exchanged::Outcome;
  const std::scoped_lock lock(mutex_);
  const std::string hash = SecretHash(token);
  Exchanged result;
  sqlite::Transaction(connection_, [&] {
    sqlite::Statement select(connection_,
                             "select family, user, generation, role, used_ms from refresh_tokens "
                             "where hash = ? and expires_ms > ?");
    if (!select.Bind(1, hash).Bind(2, clock_.NowMs()).Step()) return;
    const std::string family = select.Text(0);
    result.grant = {.user = select.Text(1),
                    .generation = select.Int(2),
                    .role = http::ParseRole(select.Text(3)).value_or(http::Role::kPublic)};
    if (select.Int(4) != 0) {
      sqlite::Statement end(connection_, "delete from refresh_tokens where family = ?");
      end.Bind(1, family).Run();
      result.outcome = kReused;
      return;
    }
    sqlite::Statement use(connection_, "update refresh_tokens set used_ms = ? where hash = ?");
    use.Bind(1, clock_.NowMs()).Bind(2, hash).Run();
    result.next = Insert(result.grant, family);
    result.outcome = kGood;
  });
  return result;
}

}  // namespace marquee::auth
