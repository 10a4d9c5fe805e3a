// The bronze layer: raw tables as they came, a partition a date.
#include <algorithm>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/text.h"
#include "lake/sql_step.h"
#include "pipelines/import.h"
#include "pipelines/layer.h"
#include "pipelines/watch.h"

namespace marquee {
namespace {

constexpr std::string_view kLoads = "bronze.loads";
constexpr std::string_view kPartition = "load_date";

// Passes rows on, and says how far it is: by the bytes of their text.
class CountingSource : public lake::RowSource {
 public:
  CountingSource(std::shared_ptr<lake::RowSource> source, int64_t size_bytes, std::string stage,
                 const PipelineRun& run)
      : source_(std::move(source)), size_bytes_(size_bytes), stage_(std::move(stage)), run_(run) {}

  std::vector<lake::ColumnInfo> Columns() const override { return source_->Columns(); }

  size_t Fill(lake::RowSink& sink) override {
    run_.cancel.ThrowIfRequested(stage_);
    CountingSink counting(sink);
    const size_t rows = source_->Fill(counting);
    rows_ += static_cast<int64_t>(rows);
    bytes_ += counting.bytes();
    if (size_bytes_ > 0 && rows_ / kReportEvery != reported_) {
      reported_ = rows_ / kReportEvery;
      const double fraction = static_cast<double>(bytes_) / static_cast<double>(size_bytes_);
      run_.progress.Update(stage_, std::min(fraction, 0.99), StrCat(WithThousands(rows_), " rows"));
    }
    return rows;
  }

 private:
  static constexpr int64_t kReportEvery = 50'000;

  class CountingSink : public lake::RowSink {
   public:
    explicit CountingSink(lake::RowSink& sink) : sink_(sink) {}
    size_t capacity() const override { return sink_.capacity(); }
    void SetText(size_t row, size_t column, std::string_view text) override {
      bytes_ += static_cast<int64_t>(text.size()) + 1;
      sink_.SetText(row, column, text);
    }
    void SetInt(size_t row, size_t column, int64_t value) override {
      sink_.SetInt(row, column, value);
    }
    void SetNull(size_t row, size_t column) override { sink_.SetNull(row, column); }
    int64_t bytes() const { return bytes_; }

   private:
    lake::RowSink& sink_;
    int64_t bytes_ = 0;
  };

  const std::shared_ptr<lake::RowSource> source_;
  const int64_t size_bytes_;
  const std::string stage_;
  const PipelineRun& run_;
  int64_t rows_ = 0;
  int64_t bytes_ = 0;
  int64_t reported_ = 0;
};

void CheckOptions(const LoadOptions& options) {
  if (!options.date.empty() && (options.date.size() != 10 || !ParseUtc(options.date)))
    throw Error(Code::kInvalidArgument, StrCat("load date '", options.date, "' is not a date"),
                "write it as 2024-01-31");
  if (!(options.rating_min < options.rating_max))
    throw Error(Code::kInvalidArgument,
                StrCat("import.rating_min ", options.rating_min, " is not below import.rating_max ",
                       options.rating_max));
}

class BronzeLoad {
 public:
  BronzeLoad(const PipelineRun& run, const sources::Dataset& dataset, lake::Lake& to,
             const LoadOptions& options)
      : run_(run),
        dataset_(dataset),
        lake_(to),
        options_(options),
        steps_(lake::ParseSqlFiles(lake::EmbeddedSqlFiles())),
        loaded_at_ms_(run.clock.NowMs()),
        fingerprint_(Fingerprint()) {}

  BronzeResult Run() {
    if (!options_.force) {
      if (std::optional<BronzeResult> earlier = FindEarlier()) return *std::move(earlier);
    }
    BronzeResult result{.was_up_to_date = false,
                        .load_id = NewRunId(),
                        .date = options_.date.empty() ? FormatDate(loaded_at_ms_) : options_.date,
                        .tables = {}};
    DescribeLoad(result);
    DescribeErased();
    for (const lake::SqlStep* step : steps_.Layer("bronze")) {
      if (IsOfDataSet(*step)) LoadTable(*step, &result);
    }
    Write(steps_.At(kLoads), &result);  // last: a load that is listed is complete
    return result;
  }

 private:
  // Of all that decides what bronze holds.
  std::string Fingerprint() const {
    std::string facts =
        StrCat(dataset_.fingerprint, " ", options_.rating_min, " ", options_.rating_max);
    for (const lake::SqlStep* step : steps_.Layer("bronze")) {
      if (step->name != "bronze.events") facts += StrCat(" ", steps_.Hash(step->name));
    }
    return HashHex(HashKind::kSha256, facts).substr(0, 32);
  }

  // The load that this one would repeat.
  std::optional<BronzeResult> FindEarlier() {
    if (!lake_.Exists(kLoads)) return std::nullopt;
    lake_.CreateView(run_.session, kLoads);
    const std::string where =
        options_.date.empty() ? "" : StrCat("where load_date = ", lake::SqlText(options_.date));
    const auto loads = run_.session.Query(
        StrCat("select load_id, load_date, dataset, fingerprint from bronze.loads ", where,
               " order by loaded_at desc, load_id limit 1"));
    const lake::Chunk* chunk = loads->Next();
    if (chunk == nullptr || chunk->Text(2, 0) != dataset_.name || chunk->Text(3, 0) != fingerprint_)
      return std::nullopt;
    return BronzeResult{true, std::string(chunk->Text(0, 0)), std::string(chunk->Text(1, 0)), {}};
  }

  // The one-row table raw.load.
  void DescribeLoad(const BronzeResult& result) {
    run_.session.Execute(StrCat(
        "create schema if not exists raw; create or replace table raw.load as select ",
        lake::SqlText(result.load_id), " as load_id, cast(",
        lake::SqlText(FormatUtc(loaded_at_ms_)), " as timestamptz) as loaded_at, ",
        lake::SqlText(result.date), " as load_date, ", lake::SqlText(dataset_.name),
        " as dataset, ", lake::SqlText(fingerprint_), " as fingerprint, cast(", options_.rating_min,
        " as double) as rating_min, cast(", options_.rating_max, " as double) as rating_max"));
  }

  void LoadTable(const lake::SqlStep& step, BronzeResult* result) {
    const std::string name = step.name.substr(step.name.find('.') + 1);
    const auto table = std::find_if(dataset_.tables.begin(), dataset_.tables.end(),
                                    [&](const sources::RawTable& raw) { return raw.name == name; });
    if (table == dataset_.tables.end()) {
      // Rows of an earlier load for this date go, though this load brings none.
      if (HasPartition(step.name, result->date)) WriteSelect(step, EmptySelect(step), result);
      return;
    }
    const std::string source = StrCat("marquee_raw_", name);
    run_.session.AddSource(source, std::make_shared<CountingSource>(
                                       table->open(), table->size_bytes, step.name, run_));
    run_.session.Execute(StrCat("create or replace view raw.", lake::SqlName(name),
                                " as select r.* ", "from ", lake::SqlName(source), " r",
                                WithoutTheErased(*table)));
    Write(step, result);
  }

  // The table raw.erased.
  void DescribeErased() {
    std::string rows;
    for (const Erasure& erasure : options_.erased.erasures)
      rows += StrCat(", (", lake::SqlText(erasure.hash), ", ", erasure.requested_ms / 1000, ")");
    run_.session.Execute(
        StrCat("create schema if not exists raw; create or replace table raw.erased as "
               "select * from (values ('', 0)",
               rows, ") v(hash, requested_s)"));
  }

  // A join and a condition on the rows `r` of the table.
  std::string WithoutTheErased(const sources::RawTable& table) const {
    const auto has = [&](std::string_view column) {
      return std::ranges::find(table.columns, column) != table.columns.end();
    };
    if (options_.erased.erasures.empty() || !has("user_id")) return "";
    const std::string salt = lake::SqlText(options_.erased.salt);
    const std::string younger =
        has("timestamp") ? " or try_cast(r.timestamp as double) > e.requested_s" : "";
    return StrCat(" left join raw.erased e on e.hash = sha256(concat(", salt,
                  ", trim(r.user_id))) where (e.hash is null", younger,
                  ") and (r.malformed is null or not list_has_any(list_transform("
                  "regexp_split_to_array(r.raw_line, '[^A-Za-z0-9_.-]+'), lambda word: "
                  "sha256(concat(",
                  salt, ", word))), (select list(hash) from raw.erased)))");
  }

  static std::string EmptySelect(const lake::SqlStep& step) {
    std::vector<std::string> columns;
    for (const lake::StepColumn& column : step.columns)
      columns.push_back(
          StrCat("cast(null as ", lake::DuckTypeName(column.type), ") as ", column.name));
    return StrCat("select ", Join(columns, ", "), " where false");
  }

  bool HasPartition(const std::string& table, const std::string& date) const {
    if (!lake_.Exists(table)) return false;
    const lake::Snapshot snapshot = lake_.Read(table);
    return std::any_of(snapshot.files.begin(), snapshot.files.end(), [&](const auto& file) {
      const auto value = file.partition_values.find(std::string(kPartition));
      return value != file.partition_values.end() && value->second == date;
    });
  }

  void Write(const lake::SqlStep& step, BronzeResult* result) {
    WriteSelect(step, step.select, result);
  }

  void WriteSelect(const lake::SqlStep& step, const std::string& select, BronzeResult* result) {
    SessionWatch watch(run_.session, step.name, run_.progress, run_.cancel);
    const lake::WriteResult written =
        lake_.Write(run_.session, {.table = step.name,
                                   .select = select,
                                   .mode = lake::WriteRequest::Mode::kReplacePartition,
                                   .partition_column = std::string(kPartition),
                                   .partition_value = result->date,
                                   .column_comments = step.Comments(),
                                   .run_id = result->load_id,
                                   .inputs = {},
                                   .facts = Json::MakeObject({{"dataset", dataset_.name},
                                                              {"fingerprint", fingerprint_},
                                                              {"load_date", result->date}})});
    watch.SetOutcome(StrCat(WithThousands(written.rows), " rows"));
    result->tables.push_back({step.name, written.version});
  }

  const PipelineRun& run_;
  const sources::Dataset& dataset_;
  lake::Lake& lake_;
  const LoadOptions& options_;
  const lake::SqlSteps steps_;
  const int64_t loaded_at_ms_;
  const std::string fingerprint_;
};

}  // namespace

BronzeResult RunBronze(const PipelineRun& run, const sources::Dataset& dataset, lake::Lake& to,
                       const LoadOptions& options) {
  CheckOptions(options);
  const AnyRowOrder any_order(run.session);
  return BronzeLoad(run, dataset, to, options).Run();
}

}  // namespace marquee
