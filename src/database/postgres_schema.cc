// Opening PostgreSQL: the name of a URL without its secrets, and the versions of the tables.
#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "database/postgres_connection_internal.h"

namespace marquee::database {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// The reason of libpq may quote a password, so it is not told.
std::string NameOfUrl(const std::string& url) {
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(
      PQconninfoParse(url.c_str(), nullptr));
  if (options == nullptr) {
    throw Error(Code::kInvalidArgument, "the URL of the PostgreSQL database cannot be read",
                "give postgresql://user:password@host:port/database?sslmode=..., with %XX for "
                "special characters in user and password");
  }
  const auto value = [&](std::string_view keyword, const char* otherwise) -> std::string {
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
      if (option->keyword == keyword && option->val != nullptr) return option->val;
    }
    return otherwise;
  };
  return StrCat("postgresql://", value("host", "localhost"), ":", value("port", "5432"), "/",
                value("dbname", ""));
}

int64_t FirstInt(Session& session, const std::string& sql, SqlValues values = {}) {
  Rows rows = session.Query(sql, std::move(values));
  return rows.Next() ? rows.Int(0) : 0;
}

// 0 for a schema that is empty or not there, which then is there. The table of one row says what
// the schema is.
int64_t VersionOf(PostgresConnection& connection, const std::string& what, const Schema& schema) {
  const std::string name(schema.name);
  if (FirstInt(connection, "select count(*) from pg_namespace where nspname = ?", {name}) == 0) {
    connection.Execute(StrCat("create schema \"", name, "\""));
  }
  const int64_t tables =
      FirstInt(connection, "select count(*) from pg_tables where schemaname = ?", {name});
  const int64_t versions = FirstInt(
      connection,
      "select count(*) from pg_tables where schemaname = ? and tablename = 'marquee_schema'",
      {name});
  if (tables == 0) {
    connection.Execute(
        "create table marquee_schema (application_id bigint not null, version bigint not null)");
    connection.Run("insert into marquee_schema values (?, 0)", {schema.application_id});
    return 0;
  }
  if (versions == 0 ||
      FirstInt(connection, "select application_id from marquee_schema") != schema.application_id) {
    throw Error(Code::kDataLoss, StrCat(what, " is a database of something else"),
                "move it away, or name another database");
  }
  return FirstInt(connection, "select version from marquee_schema");
}

}  // namespace

void MigratePostgres(PostgresConnection& connection, const std::string& name,
                     const Schema& schema) {
  const std::string what = StrCat(name, ", schema ", schema.name, ",");
  const auto newest = static_cast<int64_t>(schema.versions.size());
  connection.Begin(Access::kWrite);
  connection.Run("select pg_advisory_xact_lock(?)",
                 {static_cast<int64_t>(Fnv1a(StrCat("marquee ", schema.name)))});
  const int64_t version = VersionOf(connection, what, schema);
  if (version > newest) {
    throw Error(Code::kFailedPrecondition,
                StrCat(what, " has version ", version, "; this program knows ", newest),
                "use the newer Marquee that wrote it");
  }
  for (int64_t i = version; i < newest; ++i) {
    connection.Execute(InDialect(schema.versions[static_cast<size_t>(i)], Dialect::kPostgres));
  }
  connection.Run("update marquee_schema set version = ?", {newest});
  connection.Commit();
}

Driver OpenPostgres(const DatabaseOptions& options, const Schema& schema) {
  const std::string name = NameOfUrl(options.url);
  const auto connect = [options, name, tables = std::string(schema.name)] {
    return std::make_unique<PostgresConnection>(options, name, tables);
  };
  MigratePostgres(*connect(), name, schema);
  return {Dialect::kPostgres, name, connect};
}

}  // namespace marquee::database
