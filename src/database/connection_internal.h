// Internal: what a Database needs of a driver beside the session.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "database/database.h"
#include "database/session.h"

namespace marquee::database {

enum class Access { kRead, kWrite };

class Connection : public Session {
 public:
  virtual void Begin(Access access) = 0;
  // Throws failed_precondition, and undoes it, after an error that the body kept to itself.
  virtual void Commit() = 0;
  // Ends the transaction if there is one; when that fails, the connection is not usable any more.
  virtual void Rollback() noexcept = 0;
  virtual bool usable() const = 0;
  // Whether the last error says that the same transaction may succeed now.
  virtual bool should_retry() const = 0;
};

struct Driver {
  Dialect dialect;
  std::string name;  // the URL without user and password
  std::function<std::unique_ptr<Connection>()> connect;
};

// Both bring the tables to the newest version.
Driver OpenSqlite(const DatabaseOptions& options, const Schema& schema);
Driver OpenPostgres(const DatabaseOptions& options, const Schema& schema);

bool IsPostgresUrl(std::string_view url);

// "sqlite:PATH" or a path; throws invalid_argument for another scheme.
std::string SqlitePathOf(const std::string& url);
// `sql` of a Schema in the words of `dialect`.
std::string InDialect(std::string_view sql, Dialect dialect);
// `sql` with $1, $2, ... for each "?" that is a place.
struct NumberedSql {
  std::string text;
  size_t places = 0;
};
NumberedSql NumberPlaces(std::string_view sql);
// Throws failed_precondition: after an error that the body of a transaction kept to itself.
[[noreturn]] void RefuseCommit(std::string_view name);
// Throws invalid_argument for text that a database would refuse or change, and internal unless
// `sql` has a place for each value.
void CheckValues(std::string_view name, std::string_view sql, const SqlValues& values,
                 size_t places);

}  // namespace marquee::database
