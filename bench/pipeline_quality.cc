// What the online engine and its rules do to the quality of a model's lists, on held-out users.
//
//   pipeline_quality HOME [MODEL]       an imported home; the model is trained anew, ease by
//   default
//
// Strong generalization as `marquee evaluate` has it: of each test user the engine is told what is
// folded in, as events, and asked for 100 titles.
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "app/environment.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/text_table.h"
#include "evaluation/protocols.h"
#include "evaluation/ranking_metrics.h"
#include "kernels/top_k.h"
#include "pipelines/gold_reader.h"
#include "recommend/engine.h"

namespace marquee {
namespace {

constexpr int kListed = 100;

struct Case {
  std::string name;
  Rules rules;
};

std::vector<Case> Cases() {
  std::vector<Case> cases = {{"engine, no rules", {}}};
  const auto add = [&](std::string name, const std::function<void(Rules&)>& change) {
    change(cases.emplace_back(Case{std::move(name), {}}).rules);
  };
  for (const double weight : {0.1, 0.3}) {
    for (size_t source = 0; source < 4; ++source) {
      add(StrCat("blend ", RuleSources()[source], " ", weight), [&](Rules& rules) {
        rules.blend = {{RuleSources()[source], weight}};
      });
    }
  }
  add("diversity 0.2", [](Rules& rules) { rules.diversity = 0.2; });
  add("calibration 0.2", [](Rules& rules) { rules.calibration = 0.2; });
  add("calibration 0.5", [](Rules& rules) { rules.calibration = 0.5; });
  add("freshness 0.1", [](Rules& rules) { rules.freshness = 0.1; });
  add("exploration 0.1", [](Rules& rules) { rules.exploration.share = 0.1; });
  return cases;
}

std::shared_ptr<ModelBundle> BundleOf(const Interactions& train, const std::string& type) {
  NoTrainObserver observer;
  auto bundle = std::make_shared<ModelBundle>();
  bundle->interactions = train;
  bundle->liked = train;
  bundle->model =
      TrainModel({.type = type, .settings = {}, .seed = 1, .threads = 2}, train, observer);
  bundle->popular = TrainModel({.type = "most-popular"}, train, observer);
  std::vector<CatalogItem> items;
  for (int32_t row = 0; row < train.num_items(); ++row) {
    const auto at = static_cast<size_t>(row);
    items.push_back({train.items().Name(row), train.content().titles[at], train.content().years[at],
                     train.content().genres[at],
                     static_cast<int64_t>(train.by_item().Row(row).size()), 0});
  }
  bundle->catalog = std::make_shared<Catalog>(std::move(items));
  return bundle;
}

std::string UserName(int32_t row) { return StrCat("held-out ", row); }

class Judge {
 public:
  explicit Judge(const RankingSplit& split) : split_(split) {}

  void Row(TextTable& table, const std::string& name,
           const std::function<std::vector<int32_t>(int32_t user)>& list_of) const {
    std::vector<double> recall, ndcg;
    std::map<int32_t, int> shown;
    const double begin = SteadySeconds();
    for (int32_t user = 0; user < split_.targets.num_rows(); ++user) {
      const std::vector<int32_t> list = list_of(user);
      const auto targets = split_.targets.Row(user).columns;
      const std::vector<int> hits = HitRanks(list, targets);
      recall.push_back(RecallAt(hits, targets.size(), 20));
      ndcg.push_back(NdcgAt(hits, targets.size(), kListed));
      for (size_t i = 0; i < std::min<size_t>(list.size(), 20); ++i) ++shown[list[i]];
    }
    const double ms = 1e3 * (SteadySeconds() - begin) / static_cast<double>(recall.size());
    const auto text = [](const std::vector<double>& values) {
      const MetricValue value = MeanOf(values);
      return StrCat(Fixed(value.mean, 4), " ± ", Fixed(value.stderr_, 4));
    };
    table.Add({name, text(recall), text(ndcg), std::to_string(shown.size()), Fixed(ms, 2)});
  }

 private:
  const RankingSplit& split_;
};

int Run(const std::string& home, const std::string& type) {
  Environment environment(home, {});
  const auto session = environment.engine().NewSession();
  const GoldData gold = ReadGold(*session, environment.lake(), GoldVersions(environment.lake()));
  EvaluateRequest request;
  request.protocol = "strong-generalization";
  const RankingSplit split = SplitStrongGeneralization(gold.interactions, request);
  const auto bundle = BundleOf(split.train, type);
  RecommendEngine engine(bundle, 10'000);
  for (int32_t user = 0; user < split.fold_in.num_rows(); ++user) {
    const SparseRow row = split.fold_in.Row(user);
    for (size_t i = 0; i < row.size(); ++i) {
      engine.Observe({.user_id = UserName(user),
                      .item_id = split.train.items().Name(row.columns[i]),
                      .kind = EventKind::kRating,
                      .value = row.values[i],
                      .time_ms = row.times_s[i] * 1000});
    }
  }
  TextTable table({"pipeline", "recall@20", "ndcg@100", "titles in top 20", "ms a list"});
  const Judge judge(split);
  judge.Row(table, type + " alone", [&](int32_t user) {
    std::vector<float> scores(static_cast<size_t>(bundle->catalog->size()));
    bundle->model->Score(split.fold_in.Row(user), scores);
    std::vector<int32_t> list;
    for (const auto& entry : kernels::TopK(scores, kListed, split.fold_in.Row(user).columns)) {
      list.push_back(entry.index);
    }
    return list;
  });
  for (const Case& next : Cases()) {
    engine.SetRules(std::make_shared<Rules>(next.rules), 0);
    judge.Row(table, next.name, [&](int32_t user) {
      std::vector<int32_t> list;
      const Recommendation answer = engine.Recommend(
          {.user_id = UserName(user), .k = kListed, .request_id = std::to_string(user)});
      for (const Recommended& item : answer.items) list.push_back(item.item);
      return list;
    });
  }
  std::printf("%s, %d test users\n%s", type.c_str(), split.targets.num_rows(),
              table.ToText(0, 80).c_str());
  return 0;
}

}  // namespace
}  // namespace marquee

int main(int argc, char** argv) {
  if (argc < 2) return std::fputs("usage: pipeline_quality HOME [MODEL]\n", stderr), 2;
  return marquee::Run(argv[1], argc > 2 ? argv[2] : "ease");
}
