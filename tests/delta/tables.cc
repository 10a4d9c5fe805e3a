#include "tables.h"

#include <cstdlib>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "lake/engine.h"
#include "lake/lake.h"

namespace marquee::lake {
namespace {

namespace fs = std::filesystem;
using Mode = WriteRequest::Mode;

std::string Columns(const Snapshot& snapshot) {
  std::vector<std::string> columns;
  for (const Field& field : snapshot.fields) columns.push_back(SqlName(field.name));
  return Join(columns, ", ");
}

int64_t RowsOnlyIn(Session& session, const std::string& a, const std::string& b,
                   const std::string& columns) {
  return session.QueryInt(StrCat("select count(*) from (select ", columns, " from ", a,
                                 " except all select ", columns, " from ", b, ")"));
}

// What differs between the view `table` and `expected`, or "".
std::string Difference(Session& session, const Snapshot& snapshot, const std::string& expected) {
  const std::string columns = Columns(snapshot);
  const int64_t more = RowsOnlyIn(session, snapshot.table, expected, columns);
  const int64_t fewer = RowsOnlyIn(session, expected, snapshot.table, columns);
  if (more == 0 && fewer == 0) return "";
  return StrCat(more, " rows that are not expected, ", fewer, " that are missing");
}

}  // namespace

fs::path Shared() {
  const char* folder = std::getenv("MARQUEE_SHARED");
  return fs::absolute(folder && *folder ? folder : "../shared");
}

std::string ShellQuoted(const std::string& text) {
  return "'" + ReplaceAll(text, "'", "'\\''") + "'";
}

std::string AllTypes(int from, int to) {
  return StrCat(R"sql(
      select i::bigint * 1000000007 as user_id, (i - 50)::integer as k, (i % 300)::smallint as small,
        (i % 100)::tinyint as tiny,
        case when i % 5 = 0 then null else (i % 10) / 2.0 end::float as rating,
        case when i % 7 = 0 then 'nan'::double else i / 3.0 end as not_always_a_number,
        i / 3.0 - 10 as score, case when i % 2 = 0 then 'infinity'::double else -0.0 end as edge,
        timestamptz '2024-01-01 00:00:00.123456+00' + i * interval 1 second as rated_at,
        date '2024-01-01' + i::integer as day, (i / 4.0 - 3)::decimal(10, 2) as price,
        (i / 8.0)::decimal(30, 6) as big_price, i % 2 = 0 as seen, 'x'::blob as bytes,
        'Film “' || i || '” 東京 🎬' as title, repeat('é', 40) || i as long_title,
        repeat('😀', 20) as emoji, '' as blank, null::varchar as nothing,
        case when i % 3 = 0 then null else 'a''b"c\' end as quoted,
        [i::varchar, null] as tags, {'a': i::bigint, 'b': ['x', null]} as nested,
        map {'k': i::integer} as pairs, 'b'::enum('a', 'b') as kind, '{"a": 1}'::json as document
      from range()sql",
                from, ", ", to, ") r(i)");
}

std::string OddPartitions() {
  return R"sql(
      select i::bigint as id, 'row ' || i as text,
        case i % 8 when 0 then null when 1 then 'Film Noir' when 2 then 'a/b' when 3 then 'x=y&z'
          when 4 then '100% é 東' when 5 then 'it''s "q" [a]*?' when 6 then 'NULL' else '2024-01-05'
        end as genre
      from range(400) r(i))sql";
}

void WriteTables(const fs::path& root) {
  const SystemClock clock;
  Lake lake(root, clock);
  Engine engine{EngineOptions{}};
  const auto session = engine.NewSession();
  const auto write = [&](const std::string& table, const std::string& select, Mode mode,
                         const std::string& partition, const std::string& value) {
    lake.Write(*session, {.table = table,
                          .select = select,
                          .mode = mode,
                          .partition_column = partition,
                          .partition_value = value,
                          .column_comments = {},
                          .run_id = "0123456789abcdef"});
  };
  write("ours.types", AllTypes(0, 100), Mode::kOverwrite, "", "");
  for (int i = 1; i <= 10; ++i) {
    write("ours.types", AllTypes(i * 1000, i * 1000 + 10), Mode::kAppend, "", "");
  }
  write("ours.types", AllTypes(50, 70), Mode::kOverwrite, "", "");
  lake.Restore("ours.types", 4);
  write("ours.evolved", "select 1 as id", Mode::kOverwrite, "", "");
  write("ours.evolved", "select 2 as id, 'x' as more", Mode::kAppend, "", "");
  write("ours.evolved", "select 3 as id where false", Mode::kOverwrite, "", "");
  write("ours.parts", OddPartitions(), Mode::kOverwrite, "genre", "");
  write("ours.parts", "select 1::bigint as id, 'new' as text, 'a/b' as genre",
        Mode::kReplacePartition, "genre", "a/b");
  write("ours.parts", "select 2::bigint as id, 'new' as text, null::varchar as genre",
        Mode::kReplacePartition, "genre", "");
}

Comparison CompareTables(const fs::path& root) {
  const SystemClock clock;
  const Lake lake(root, clock);
  Engine engine{EngineOptions{}};
  const auto session = engine.NewSession();
  Comparison comparison;
  for (const auto& entry : fs::directory_iterator(root / "expected")) {
    const std::string stem = entry.path().stem().string();
    const auto parts = Split(stem, ".");
    if (parts.size() != 3) continue;
    const std::string table = StrCat(parts[0], ".", parts[1]);
    const std::string what = StrCat(table, " version ", parts[2]);
    const fs::path files = entry.is_directory() ? entry.path() / "*.parquet" : entry.path();
    try {
      const Snapshot snapshot = lake.CreateView(*session, table, {.version = ParseInt(parts[2])});
      const std::string difference =
          Difference(*session, snapshot, StrCat("read_parquet(", SqlText(files.string()), ")"));
      if (difference.empty()) {
        comparison.same.push_back(what);
      } else {
        comparison.differences.push_back(what + ": " + difference);
      }
    } catch (const Error& error) {
      comparison.differences.push_back(what + ": " + error.message());
    }
  }
  return comparison;
}

}  // namespace marquee::lake
