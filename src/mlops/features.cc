// features.json: what models learn from, in figures.
#include "base/error.h"
#include "base/text.h"
#include "lake/quality.h"
#include "mlops/documents.h"
#include "pipelines/gold_reader.h"
#include "pipelines/watch.h"

namespace marquee::mlops {
namespace {

constexpr char kMatrixSql[] =
    "select cast(count(*) as bigint), cast(count(distinct user_row) as bigint), "
    "cast(count(distinct item_row) as bigint), cast(avg(rating) as double), "
    "cast(stddev_pop(rating) as double), cast(min(rated_at) as varchar), cast(max(rated_at) as "
    "varchar) from gold.interactions";
constexpr char kValuesSql[] =
    "select cast(rating as double), cast(count(*) as bigint) from gold.interactions group by "
    "rating order by rating";
// Of the ratings, those of the most rated tenth of the rated titles.
constexpr char kTopTenthSql[] =
    "select cast(sum(n_ratings) filter (where tenth = 1) / sum(n_ratings) as double) from (select "
    "n_ratings, ntile(10) over (order by n_ratings desc, item_row) as tenth from gold.items where "
    "n_ratings > 0)";

Json MatrixJson(lake::Session& session) {
  const auto result = session.Query(kMatrixSql);
  const lake::Chunk* chunk = result->Next();
  const int64_t ratings = chunk->Int64(0)[0];
  if (ratings == 0) {
    throw Error(Code::kFailedPrecondition, "gold.interactions holds no ratings",
                "name some: --conf '{\"source\": \"PATH\"}', or --conf '{\"on\": \"titles\"}' to "
                "learn of titles alone");
  }
  const int64_t users = chunk->Int64(1)[0];
  const int64_t items = chunk->Int64(2)[0];
  return Json::MakeObject({{"ratings", ratings},
                           {"users", users},
                           {"rated_titles", items},
                           {"density", static_cast<double>(ratings) / static_cast<double>(users) /
                                           static_cast<double>(items)},
                           {"mean_rating", chunk->Double(3)[0]},
                           {"standard_deviation", chunk->Double(4)[0]},
                           {"first_rated_at", std::string(chunk->Text(5, 0))},
                           {"last_rated_at", std::string(chunk->Text(6, 0))}});
}

Json ValuesJson(lake::Session& session) {
  Json json = Json::MakeArray();
  const auto result = session.Query(kValuesSql);
  while (const lake::Chunk* chunk = result->Next()) {
    for (size_t row = 0; row < chunk->size(); ++row)
      json.Append(
          Json::MakeObject({{"rating", chunk->Double(0)[row]}, {"ratings", chunk->Int64(1)[row]}}));
  }
  return json;
}

}  // namespace

void DescribeFeatures(RatingsRun& run) {
  const std::vector<lake::TableVersion> versions = GoldVersions(run.lake);
  for (const lake::TableVersion& table : versions)
    run.lake.CreateView(run.session, table.table, {.version = table.version, .timestamp_ms = {}});
  Json document = Json::MakeObject({{"document", "features"}, {"data", VersionsJson(versions)}});
  {
    SessionWatch watch(run.session, "training matrix", run.progress, run.cancel);
    document["matrix"] = MatrixJson(run.session);
    document["ratings_by_value"] = ValuesJson(run.session);
    const auto top = run.session.Query(kTopTenthSql);
    document["share_of_top_tenth"] = top->Next()->Double(0)[0];
  }
  for (const char* table : {"gold.users", "gold.items"}) {
    SessionWatch watch(run.session, StrCat("profile ", table), run.progress, run.cancel);
    document["profiles"].Append(lake::ProfileTable(run.session, table, table).ToJson());
  }
  const Json& matrix = document.At("matrix");
  run.say(StrCat(WithThousands(matrix.GetInt("ratings")), " ratings of ",
                 WithThousands(matrix.GetInt("rated_titles")), " titles by ",
                 WithThousands(matrix.GetInt("users")), " users"));
  WriteDocument(run, kFeaturesDocument, document);
}

}  // namespace marquee::mlops
