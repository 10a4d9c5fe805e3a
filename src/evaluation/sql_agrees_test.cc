// most-popular measured a second time, in SQL, from the same split.
#include <gmock/gmock.h>

#include "base/text.h"
#include "evaluation/protocols.h"
#include "evaluation/test_data.h"
#include "lake/engine.h"
#include "models/planted.h"

namespace marquee {
namespace {

std::string Values(const SparseMatrix& matrix) {
  std::vector<std::string> rows;
  for (int32_t user = 0; user < matrix.num_rows(); ++user) {
    for (const int32_t item : matrix.Row(user).columns)
      rows.push_back(StrCat("(", user, ", ", item, ")"));
  }
  return Join(rows, ", ");
}

constexpr char kMeasure[] = R"(
create table popularity as select item, count(*) as met from train group by item;
create table ranked as
  select u.user_row, p.item, row_number() over (partition by u.user_row order by met desc, p.item) as rank
  from (select distinct user_row from targets) u, popularity p
  where not exists (from fold_in f where f.user_row = u.user_row and f.item = p.item);
create table hits as select user_row, rank from ranked join targets using (user_row, item);
create table wanted as select user_row, count(*) as n from targets group by user_row;
create table ideal as
  select user_row, sum(1 / log2(r + 1)) as best
  from wanted, range(1, 101) as t(r) where r <= n group by user_row;
create table measured as
  select user_row,
    count(*) filter (rank <= 20) / least(20, any_value(n)) as "recall@20",
    count(*) filter (rank <= 50) / least(50, any_value(n)) as "recall@50",
    coalesce(sum(1 / log2(rank + 1)) filter (rank <= 100), 0) / any_value(best) as "ndcg@100",
    (count(*) filter (rank <= 10) > 0)::int as "hit_rate@10",
    count(*) filter (rank <= 10) / 10 as "precision@10",
    coalesce(1 / min(rank), 0) as mrr,
    coalesce((select avg(log2((select count(distinct user_row) from train) / met))
      from ranked l join popularity p using (item) where l.user_row = w.user_row and l.rank <= 100)) as "novelty@100"
  from wanted w join ideal using (user_row) left join hits using (user_row) group by user_row;
)";

class SqlAgrees : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Protocols, SqlAgrees,
                         testing::Values("strong-generalization", "global-time-split"));

TEST_P(SqlAgrees, OnMostPopular) {
  const Interactions data = MakePlantedWorld(
      {.users_per_cluster = 80, .items_per_cluster = 60, .interactions_per_user = 25});
  const EvaluateRequest request = RequestFor(GetParam());
  const EvaluateResult result = Evaluate(data, request);
  const RankingSplit split = std::string_view(GetParam()) == "global-time-split"
                                 ? SplitByTime(data, request)
                                 : SplitStrongGeneralization(data, request);
  lake::Engine engine({.threads = 1});
  const auto session = engine.NewSession();
  for (const auto& [name, matrix] :
       {std::pair("train", &split.train.by_user()), std::pair("fold_in", &split.fold_in),
        std::pair("targets", &split.targets)}) {
    session->Execute(
        StrCat("create table ", name, " as from (values ", Values(*matrix), ") t(user_row, item)"));
  }
  session->Execute(kMeasure);
  EXPECT_EQ(session->QueryInt("select count(*) from measured"), result.users);
  for (const char* metric : {"recall@20", "recall@50", "ndcg@100", "hit_rate@10", "precision@10",
                             "mrr", "novelty@100"}) {
    const auto query = [&](const char* what) {
      const std::string sql = StrCat("select ", what, " from measured");
      return ParseDouble(session->QueryText(ReplaceAll(sql, "$", StrCat("\"", metric, "\""))))
          .value();
    };
    const MetricValue& value = result.metrics.at(metric);
    EXPECT_NEAR(value.mean, query("avg($)"), 1e-12) << metric;
    EXPECT_NEAR(value.stderr_, query("stddev_samp($) / sqrt(count(*))"), 1e-12) << metric;
  }
}

}  // namespace
}  // namespace marquee
