// Real releases, where they lie beside the project: counts to the row.
#include <gmock/gmock.h>

#include <cstdlib>
#include <memory>
#include <optional>

#include "base/error_matchers.h"
#include "base/files.h"
#include "pipelines/gold_reader.h"
#include "pipelines/import.h"

namespace marquee {
namespace {

std::filesystem::path SharedData(const std::string& name) {
  const char* shared = std::getenv("MARQUEE_SHARED");
  return std::filesystem::path(shared == nullptr ? "../shared" : shared) / "data" / name;
}

struct Release {
  std::string folder;
  int64_t ratings;
  int64_t users;
  int64_t items;
  int64_t rated_items;
  int64_t users_known;  // rows of silver.users
  int64_t tags;
  std::vector<std::string> first_user;  // features
};

void PrintTo(const Release& release, std::ostream* out) { *out << release.folder; }

class ImportRealDataTest : public testing::TestWithParam<Release> {};

TEST_P(ImportRealDataTest, CountsAreExact) {
  const Release& release = GetParam();
  const std::filesystem::path data = SharedData(release.folder);
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no " << data.string() << ": not tested";
  TempDir home;
  const SystemClock clock;
  NoProgress progress;
  CancelToken cancel;
  lake::Engine engine({});
  const auto session = engine.NewSession();
  lake::Lake lake(home.path() / "lake", clock);
  ImportOptions options;
  options.reports = home.path() / "reports";
  RunImport({*session, clock, progress, cancel}, sources::OpenDataset(data, {}), lake, options);

  const auto count = [&](const std::string& from) {
    return session->QueryInt("select cast(count(*) as bigint) from " + from);
  };
  for (const std::string& table : lake.Tables()) lake.CreateView(*session, table);
  EXPECT_EQ(count("silver.ratings"), release.ratings);
  EXPECT_EQ(count("silver.rejects"), 0);
  EXPECT_EQ(count("silver.users"), release.users_known);
  EXPECT_EQ(count("silver.tags"), release.tags);
  EXPECT_EQ(count("gold.users"), release.users);
  EXPECT_EQ(count("gold.items"), release.items);
  EXPECT_EQ(count("gold.items where n_ratings > 0"), release.rated_items);
  EXPECT_EQ(count("gold.items where item_row >= " + std::to_string(release.rated_items) +
                  " and n_ratings > 0"),
            0);
  const GoldData gold = ReadGold(*session, lake, GoldVersions(lake));
  EXPECT_EQ(gold.interactions.nnz(), release.ratings);
  EXPECT_EQ(gold.interactions.num_users(), release.users);
  EXPECT_THAT(gold.interactions.UserFeatures(0), testing::ElementsAreArray(release.first_user));
}

INSTANTIATE_TEST_SUITE_P(
    Releases, ImportRealDataTest,
    testing::Values(Release{"ml-100k",
                            100'000,
                            943,
                            1'682,
                            1'682,
                            943,
                            0,
                            {"age=18", "gender=M", "occupation=technician"}},
                    Release{"ml-latest-small", 100'836, 610, 9'742, 9'724, 0, 3'683, {}},
                    Release{"ml-1m",
                            1'000'209,
                            6'040,
                            3'883,
                            3'706,
                            6'040,
                            0,
                            {"age=1", "gender=F", "occupation=10"}}),
    [](const auto& parameter) {
      std::string name = parameter.param.folder;
      std::erase(name, '-');
      return name;
    });

}  // namespace
}  // namespace marquee
