#include "base/dataset_log.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/files.h"
#include "base/text.h"

namespace marquee {
namespace {

class DatasetLog : public testing::Test {
 protected:
  DatasetLog() { setenv("MARQUEE_LINEAGE_FILE", file_.c_str(), 1); }
  ~DatasetLog() override { unsetenv("MARQUEE_LINEAGE_FILE"); }

  TempDir folder_;
  std::filesystem::path file_ = folder_.path() / "1.lineage";
};

TEST_F(DatasetLog, SaysWhatWasReadAndWrittenOnceEach) {
  const Dataset raw{.space = "file", .name = "/raw.csv"};
  const Dataset table{.space = "file",
                      .name = "/lake/silver/ratings",
                      .version = 3,
                      .fields = {{"user_id", "string"}, {"note"}},
                      .rows = 7,
                      .size_bytes = 90,
                      .files = 1};
  for (int i = 0; i < 2; ++i) {
    NoteInput(raw);
    NoteOutput(table);
  }
  EXPECT_EQ(ReadFile(file_),
            "{\"input\":{\"namespace\":\"file\",\"name\":\"/raw.csv\"}}\n"
            "{\"output\":{\"namespace\":\"file\",\"name\":\"/lake/silver/ratings\",\"version\":3,"
            "\"fields\":[{\"name\":\"user_id\",\"type\":\"string\"},{\"name\":\"note\"}],"
            "\"rows\":7,\"bytes\":90,\"files\":1}}\n");
}

TEST_F(DatasetLog, WhatTheTaskWroteIsNoInputButItsOtherVersionsAre) {
  NoteOutput({.space = "file", .name = "/t", .version = 30});
  NoteInput({.space = "file", .name = "/t", .version = 30, .fields = {{"a"}}});
  NoteInput({.space = "file", .name = "/t", .version = 3});
  EXPECT_EQ(ReadFile(file_),
            "{\"output\":{\"namespace\":\"file\",\"name\":\"/t\",\"version\":30}}\n"
            "{\"input\":{\"namespace\":\"file\",\"name\":\"/t\",\"version\":3}}\n");
}

TEST_F(DatasetLog, NothingFailsWhereItCannotBeWritten) {
  setenv("MARQUEE_LINEAGE_FILE", "/proc/none/file", 1);
  NoteInput({.space = "file", .name = "/t"});
  EXPECT_TRUE(AreDatasetsNoted());
  setenv("MARQUEE_LINEAGE_FILE", "", 1);
  EXPECT_FALSE(AreDatasetsNoted());
}

TEST_F(DatasetLog, TheFileStaysBounded) {
  const std::string name(100'000, 'x');
  for (int i = 0; i < 20; ++i) NoteInput({.space = "file", .name = StrCat(name, i)});
  EXPECT_LE(std::filesystem::file_size(file_), 1u << 20);
  EXPECT_GT(std::filesystem::file_size(file_), 900'000u);
}

TEST(DatasetNames, AreOpenLineages) {
  const auto name = [](std::string_view uri) {
    const Dataset dataset = DatasetOfUri(uri);
    return StrCat(dataset.space, " | ", dataset.name);
  };
  EXPECT_EQ(name("s3://bucket/a/b.csv"), "s3://bucket | a/b.csv");
  EXPECT_EQ(name("https://ada:secret@host:8443/x/y.csv?token=secret#z"),
            "https://host:8443 | x/y.csv");
  EXPECT_EQ(name("https://host"), "https://host | /");
  EXPECT_EQ(name("file:///data/./x.csv"), "file | /data/x.csv");
  EXPECT_EQ(name("/data/y/../x"), "file | /data/x");
  EXPECT_EQ(DatasetAt("x/").name, (std::filesystem::current_path() / "x").string());
}

}  // namespace
}  // namespace marquee
