// How the cost of a training grows with users, items, interactions and length of the embeddings, on
// invented data: processor seconds on one thread, as a table in Markdown.
//
//   growth_bench
#include <cstdio>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "kernels/search.h"
#include "measure.h"
#include "models/registry.h"
#include "scale_data.h"

namespace marquee {
namespace {

struct Size {
  ScaleShape shape = {.users = 16'000, .items = 2'000, .positives = 400'000};
  int factors = 64;
};

struct Cost {
  const char* name;
  std::string type;
  std::map<std::string, std::string> settings;
  const char* length;  // the setting that is the length of the embeddings; null: it has none
  double repeats;      // that the settings ask for: epochs, sweeps
};

std::vector<Cost> Costs() {
  return {
      {"ials epoch, cholesky", "ials", {{"solver", "cholesky"}, {"epochs", "2"}}, "factors", 2},
      {"ials epoch, cg", "ials", {{"solver", "cg"}, {"epochs", "2"}}, "factors", 2},
      {"ease", "ease", {}, nullptr, 1},
      {"bayesian-fm sweep",
       "bayesian-fm",
       {{"sweeps", "4"}, {"burn_in", "2"}, {"samples", "1"}},
       "rank",
       4},
      {"bpr epoch", "bpr", {{"epochs", "2"}, {"patience", "0"}}, "factors", 2},
      {"sequence epoch",
       "sequence",
       {{"epochs", "1"}, {"patience", "0"}, {"blocks", "1"}, {"max_length", "20"}},
       "dimension",
       1},
  };
}

double Measure(const Cost& cost, const Interactions& data, int factors) {
  TrainRequest request{.type = cost.type, .settings = cost.settings};
  if (cost.length != nullptr) request.settings[cost.length] = StrCat(factors);
  NoTrainObserver observer;
  const double start = CpuSeconds();
  TrainModel(request, data, observer);
  return (CpuSeconds() - start) / cost.repeats;
}

// Of one user among all items; milliseconds.
double MeasureTopK(const Size& size, bool bytes) {
  constexpr int kQueries = 20;
  kernels::Matrix rows(static_cast<size_t>(size.shape.items) * 50,
                       static_cast<size_t>(size.factors));
  Rng rng(1);
  for (float& value : rows.values()) value = static_cast<float>(rng.Normal());
  const kernels::CoarseRows coarse(rows);
  const double start = CpuSeconds();
  for (size_t q = 0; q < kQueries; ++q) {
    if (bytes) {
      kernels::BestRows(rows, coarse, rows.Row(q), 10);
    } else {
      kernels::BestRows(rows, rows.Row(q), 10);
    }
  }
  return 1000 * (CpuSeconds() - start) / kQueries;
}

void PrintTable(const std::string& what, const std::vector<std::string>& names,
                const std::vector<Size>& sizes) {
  std::printf("| %s |", what.c_str());
  for (const std::string& name : names) std::printf(" %s |", name.c_str());
  std::printf("\n|---|---|---|---|---|\n");
  std::vector<Interactions> data;
  for (const Size& size : sizes) data.push_back(MakeScaleData(size.shape).train);
  for (const Cost& cost : Costs()) {
    if (what == "d" && cost.length == nullptr) continue;
    std::printf("| %s, s |", cost.name);
    for (size_t i = 0; i < sizes.size(); ++i)
      std::printf(" %.3g |", Measure(cost, data[i], sizes[i].factors));
    std::printf("\n");
    std::fflush(stdout);
  }
  for (const bool bytes : {false, true}) {
    if (what != "items" && what != "d") continue;
    std::printf("| top-k of 50 times the items%s, ms |", bytes ? ", bytes first" : "");
    for (const Size& size : sizes) std::printf(" %.3g |", MeasureTopK(size, bytes));
    std::printf("\n");
  }
  std::printf("\n");
}

void PrintTables() {
  std::vector<std::string> users, items, positives, lengths;
  std::vector<Size> by_users(4), by_items(4), by_positives(4), by_length(4);
  for (int i = 0; i < 4; ++i) {
    const auto at = static_cast<size_t>(i);
    users.push_back(StrCat(by_users[at].shape.users = 8'000 << i));
    items.push_back(StrCat(by_items[at].shape.items = 1'000 << i));
    positives.push_back(StrCat(by_positives[at].shape.positives = int64_t{200'000} << i));
    lengths.push_back(StrCat(by_length[at].factors = 32 << i));
  }
  PrintTable("users", users, by_users);
  PrintTable("items", items, by_items);
  PrintTable("interactions", positives, by_positives);
  PrintTable("d", lengths, by_length);
}

}  // namespace
}  // namespace marquee

int main() {
  try {
    marquee::PrintTables();
  } catch (const marquee::Error& error) {
    std::fprintf(stderr, "growth_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
