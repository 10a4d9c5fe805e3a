// What PostgreSQL says when it refuses, as Error.
#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "database/postgres_connection_internal.h"

namespace marquee::database {
namespace {

struct StateMeaning {
  std::string_view state;  // a SQLSTATE or its first letters
  Code code;
  std::string_view hint;
};

constexpr std::string_view kCheckServer =
    "check that the server runs, its address, and user and password";

// The first that fits.
constexpr std::array kMeanings = {
    StateMeaning{"23505", Code::kAlreadyExists, "give another key"},
    StateMeaning{"23", Code::kFailedPrecondition, "check the values"},
    StateMeaning{"22", Code::kInvalidArgument, "check the values"},
    StateMeaning{"40001", Code::kUnavailable, "try again: others changed the same rows"},
    StateMeaning{"40P01", Code::kUnavailable, "try again: others changed the same rows"},
    StateMeaning{"42501", Code::kPermissionDenied, "grant it to the user of the URL"},
    StateMeaning{"53", Code::kUnavailable, "give the server more space, memory or connections"},
    StateMeaning{"57014", Code::kDeadlineExceeded, "ask for less, or raise the limit"},
    StateMeaning{"57", Code::kUnavailable, kCheckServer},
    StateMeaning{"58", Code::kUnavailable, "check the server's disk"},
    StateMeaning{"08", Code::kUnavailable, kCheckServer},
    StateMeaning{"XX001", Code::kDataLoss, "restore the database from a backup"},
    StateMeaning{"XX002", Code::kDataLoss, "rebuild the index"},
    StateMeaning{"25006", Code::kFailedPrecondition,
                 "write in a transaction that may, or to the "
                 "primary server"},
    StateMeaning{"", Code::kInternal, "this is a mistake in Marquee"},
};

const StateMeaning& MeaningOf(std::string_view state) {
  return *std::find_if(kMeanings.begin(), kMeanings.end(), [&](const StateMeaning& meaning) {
    return state.starts_with(meaning.state);
  });
}

std::string_view FieldOf(const PGresult* result, int field) {
  const char* const text = PQresultErrorField(result, field);
  return text == nullptr ? std::string_view() : text;
}

}  // namespace

void PostgresConnection::Check(const PGresult* result, std::string_view sql) {
  switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
      return;
    default:
      Fail(result, sql);
  }
}

void PostgresConnection::Fail(const PGresult* result, std::string_view sql) {
  failed_ = true;
  const std::string_view state = FieldOf(result, PG_DIAG_SQLSTATE);
  should_retry_ = state == "40001" || state == "40P01";
  std::string message = StrCat(name_, ": ", sql, ": ");
  if (state.empty() || !usable()) {
    throw Error(Code::kUnavailable, message.append(Trim(PQerrorMessage(handle_.get()))),
                std::string(kCheckServer));
  }
  message += FieldOf(result, PG_DIAG_MESSAGE_PRIMARY);
  const std::string_view detail = FieldOf(result, PG_DIAG_MESSAGE_DETAIL);
  if (!detail.empty()) message += StrCat(": ", detail);
  const StateMeaning& meaning = MeaningOf(state);
  throw Error(meaning.code, message, std::string(meaning.hint));
}

}  // namespace marquee::database
