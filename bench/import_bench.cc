// From a MovieLens-style CSV folder to gold tables: the import (Delta tables, checks, quality
// report) against the same SQL steps run by hand in DuckDB, from read_csv to Parquet files. Checks
// that the gold rows agree before it prints a time.
//
//   import_bench [rows=1000000]
//   import_bench generate ROWS FOLDER              only writes the data
//   import_bench import FOLDER HOME MEMORY_LIMIT   only imports it; prints the peak memory
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "lake/engine.h"
#include "lake/lake.h"
#include "lake/sql_step.h"
#include "pipelines/import.h"
#include "sources/dataset.h"

namespace marquee {
namespace {

namespace fs = std::filesystem;

constexpr int kRuns = 3;
constexpr std::string_view kToParquet = "(format parquet, compression zstd)";

std::string Path(const fs::path& path) { return lake::SqlText(path.string()); }

std::unique_ptr<lake::Engine> NewEngine(const fs::path& temp_dir) {
  return std::make_unique<lake::Engine>(
      lake::EngineOptions{.threads = AvailableCores(), .temp_dir = temp_dir});
}

// Users and titles as many as MovieLens has for so many ratings; a few titles get most of them.
void Generate(int64_t rows, const fs::path& folder) {
  const TempDir temp;
  fs::create_directories(folder);
  const int64_t users = std::max<int64_t>(rows / 160, 1);
  const int64_t items = std::max<int64_t>(std::min<int64_t>(rows / 270, 60'000), 1);
  const std::string uniform = "(hash(n * 7 + 1) / 18446744073709551616.0)";
  const auto engine = NewEngine(temp.path());
  const auto session = engine->NewSession();
  session->Execute(StrCat(R"(copy (select 1 + n * )", users, " // ", rows, R"( as "userId",
        1 + floor()",
                          items, " * pow(", uniform, R"(, 2))::int as "movieId",
        0.5 * (1 + hash(n * 11 + 2) % 10) as rating,
        900000000 + hash(n * 13 + 3) % 300000000 as timestamp
        from range()",
                          rows, ") t(n)) to ", Path(folder / "ratings.csv"), " (header true);",
                          R"(copy (select n as "movieId",
        case when n % 3 = 0 then 'Tale of ' || n || ', The (' else 'Story ' || n || ' (' end
          || 1930 + n % 90 || ')' as title,
        case when n % 2 = 0 then 'Comedy|Drama' else 'Action|Sci-Fi|Thriller' end as genres
        from range(1, )",
                          items + 1, ") t(n)) to ", Path(folder / "movies.csv"), " (header true)"));
}

// A raw table of a load as `bronze` steps read it; null columns where the data set has none.
std::string RawSql(const fs::path& file, std::string_view columns) {
  return StrCat("select ", columns, ", ", lake::SqlText(file.filename().string()),
                " as source_file, row_number() over () + 1 as line, null::varchar as malformed, "
                "null::varchar as raw_line from read_csv(",
                Path(file), ", header = true, all_varchar = true, delim = ',', quote = '\"')");
}

void CreateRawViews(lake::Session& session, const fs::path& data) {
  session.Execute(
      StrCat("create schema raw; create view raw.load as select 'by-hand' as load_id, "
             "timestamptz '2024-01-05 01:02:03+00' as loaded_at, '2024-01-05' as load_date, "
             "'movielens' as dataset, '' as fingerprint, 0.5::double as rating_min, "
             "5::double as rating_max; create view raw.ratings as ",
             RawSql(data / "ratings.csv",
                    "\"userId\" as user_id, \"movieId\" as item_id, rating, timestamp"),
             "; create view raw.items as ",
             RawSql(data / "movies.csv",
                    "\"movieId\" as item_id, title, genres, null::varchar as release_date")));
}

bool IsOfRawTable(const lake::SqlStep& step, std::string_view raw) {
  return std::find(step.inputs.begin(), step.inputs.end(), raw) != step.inputs.end();
}

bool IsAbsent(const lake::SqlStep& step) {
  return IsOfRawTable(step, "raw.users") || IsOfRawTable(step, "raw.tags") ||
         IsOfRawTable(step, "raw.links");
}

// Every step in order, each stored table as one Parquet file that the next ones read.
double RunByHand(lake::Session& session, const fs::path& data, const fs::path& out) {
  const lake::SqlSteps steps = lake::ParseSqlFiles(lake::EmbeddedSqlFiles());
  const double start = SteadySeconds();
  CreateRawViews(session, data);
  for (const lake::SqlStep& step : steps.all()) {
    if (step.is_view) {
      lake::CreateStepView(session, step);
    } else if (IsAbsent(step)) {
      lake::CreateEmptyView(session, step);
    } else {
      const std::string file = Path(out / (step.name + ".parquet"));
      session.Execute(StrCat("copy (", step.select, ") to ", file, " ", kToParquet,
                             "; create schema if not exists ", step.layer(), "; create view ",
                             step.name, " as select * from read_parquet(", file, ")"));
    }
  }
  return SteadySeconds() - start;
}

double Import(lake::Session& session, const fs::path& data, const fs::path& home) {
  const double start = SteadySeconds();
  const SystemClock clock;
  NoProgress progress;
  const CancelToken cancel;
  lake::Lake lake(home / "lake", clock);
  ImportOptions options;
  options.reports = home / "reports";
  RunImport({session, clock, progress, cancel}, sources::OpenDataset(data, {}), lake, options);
  return SteadySeconds() - start;
}

// Doubles agree to 9 digits: sums depend on the order in which threads add.
std::string ComparableSelect(lake::Session& session, std::string_view table) {
  const auto described = session.Query(StrCat("select * from ", table, " limit 0"));
  std::vector<std::string> columns;
  for (const lake::ColumnInfo& column : described->columns()) {
    const std::string name = lake::SqlName(column.name);
    columns.push_back(column.sql_type == "DOUBLE" ? StrCat("round(", name, ", 9) + 0") : name);
  }
  return StrCat("select ", Join(columns, ", "), " from ", table);
}

void CheckSameGold(lake::Session& by_hand, const fs::path& home) {
  const SystemClock clock;
  const lake::Lake lake(home / "lake", clock);
  const lake::SqlSteps steps = lake::ParseSqlFiles(lake::EmbeddedSqlFiles());
  for (const lake::SqlStep* step : steps.Layer("gold")) {
    if (step->is_view) continue;
    const std::string ours = "(select * from " + lake.SelectSql(lake.Read(step->name)) + ")";
    const std::string left = ComparableSelect(by_hand, step->name);
    const std::string right = ComparableSelect(by_hand, ours);
    const auto count = [&](std::string_view a, std::string_view b) {
      return by_hand.QueryInt(StrCat("select count(*) from (", a, " except all ", b, ")"));
    };
    const int64_t missing = count(left, right);
    const int64_t extra = count(right, left);
    if (missing != 0 || extra != 0) {
      throw Error(Code::kInternal, StrCat(step->name, ": ", missing, " rows of the steps by hand ",
                                          "are not in the import, ", extra, " only there"));
    }
  }
}

void Compare(int64_t rows) {
  const TempDir temp;
  const fs::path data = temp.path() / "data";
  Generate(rows, data);
  double by_hand = 1e9;
  double ours = 1e9;
  for (int run = 0; run < kRuns; ++run) {
    const fs::path out = temp.path() / "hand";
    const fs::path home = temp.path() / "home";
    fs::create_directories(out);
    const auto hand_engine = NewEngine(temp.path() / "spill");
    const auto hand_session = hand_engine->NewSession();
    by_hand = std::min(by_hand, RunByHand(*hand_session, data, out));
    const auto engine = NewEngine(temp.path() / "spill");
    ours = std::min(ours, Import(*engine->NewSession(), data, home));
    if (run == 0) CheckSameGold(*hand_session, home);
    fs::remove_all(out);
    fs::remove_all(home);
  }
  std::printf("%s ratings, CSV to gold, best of %d\n", WithThousands(rows).c_str(), kRuns);
  std::printf("  steps by hand in DuckDB   %6.2f s\n", by_hand);
  std::printf("  import                    %6.2f s   %.2f x\n", ours, ours / by_hand);
}

void MeasureMemory(const fs::path& data, const fs::path& home, std::string_view limit) {
  lake::Engine engine({.memory_limit_bytes = ParseBytes(limit, "memory limit"),
                       .threads = AvailableCores(),
                       .temp_dir = home / "tmp"});
  const double seconds = Import(*engine.NewSession(), data, home);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("import: %.0f s, peak memory %s\n", seconds,
              HumanBytes(int64_t{usage.ru_maxrss} * 1024).c_str());
}

int64_t ParseRows(const std::string& text) {
  const auto rows = ParseInt(text);
  if (!rows || *rows < 1000) {
    throw Error(Code::kInvalidArgument, StrCat("rows is ", text, ": must be 1000 or more"));
  }
  return *rows;
}

void Run(const std::vector<std::string>& words) {
  if (words.size() == 3 && words[0] == "generate") return Generate(ParseRows(words[1]), words[2]);
  if (words.size() == 4 && words[0] == "import") {
    return MeasureMemory(words[1], words[2], words[3]);
  }
  Compare(words.empty() ? 1'000'000 : ParseRows(words[0]));
}

}  // namespace
}  // namespace marquee

int main(int argc, char** argv) {
  try {
    marquee::Run({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "import_bench: %s\n", error.what());
    return 1;
  }
}
