#include "models/model_file.h"

#include <gmock/gmock.h>

#include <cstring>
#include <limits>

#include "base/error_matchers.h"
#include "base/text.h"

namespace marquee::model_file_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr size_t kHeaderSize = 128;
constexpr size_t kFooterSize = 96;

class ModelFile : public testing::Test {
 protected:
  // One section of each type.
  std::string Write() {
    ModelWriter writer(Path(), "toy");
    writer.SetSettings(Json::MakeObject({{"factors", 2}, {"rate", 0.5}}));
    writer.Add("floats", std::vector<float>{1, 2, 3, 4, 5, 6}, {3, 2});
    writer.Add("doubles", std::vector<double>{0.1}, {1});
    writer.Add("ints", std::vector<int32_t>{-1, 7}, {2});
    writer.Add("longs", std::vector<int64_t>{1ll << 40}, {1});
    writer.AddStrings("names", std::vector<std::string>{"", "Amélie", "x"});
    writer.AddJson("extra", Json::MakeObject({{"a", 1}}));
    writer.Finish();
    return ReadFile(Path());
  }
  std::filesystem::path Path() const { return dir_.path() / "model"; }

  TempDir dir_;
};

// The file with another table of contents, its checksums right: what only a broken or hostile
// writer would make.
std::string WithContents(const std::string& file, const std::string& toc) {
  uint64_t toc_offset = 0;
  const std::string footer = file.substr(file.size() - kFooterSize);
  std::memcpy(&toc_offset, footer.data(), sizeof toc_offset);
  std::string made = file.substr(0, toc_offset) + toc;
  std::string start = footer.substr(0, 32);
  const uint64_t size = toc.size();
  std::memcpy(start.data() + 8, &size, sizeof size);
  return made + start + HashHex(HashKind::kSha256, toc + start);
}

std::string ContentsOf(const std::string& file) {
  uint64_t offset = 0, size = 0;
  std::memcpy(&offset, file.data() + file.size() - kFooterSize, sizeof offset);
  std::memcpy(&size, file.data() + file.size() - kFooterSize + 8, sizeof size);
  return file.substr(offset, size);
}

TEST_F(ModelFile, WhatWasWrittenIsReadBack) {
  Write();
  const ModelReader reader(Path());
  EXPECT_EQ(reader.model_type(), "toy");
  EXPECT_EQ(reader.SettingInt("factors"), 2);
  EXPECT_EQ(reader.SettingDouble("rate"), 0.5);
  EXPECT_THAT(reader.Floats("floats", {3, 2}), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(reader.Floats("floats", {-1, 2}), testing::SizeIs(6));
  EXPECT_THAT(reader.Doubles("doubles", {1}), ElementsAre(0.1));
  EXPECT_THAT(reader.Ints("ints", {2}), ElementsAre(-1, 7));
  EXPECT_THAT(reader.Longs("longs", {-1}), ElementsAre(1ll << 40));
  EXPECT_THAT(reader.Strings("names"), ElementsAre("", "Amélie", "x"));
  EXPECT_EQ(reader.JsonValue("extra").GetInt("a"), 1);
}

TEST_F(ModelFile, BytesAtAnOddAddressAreRead) {
  const std::string shifted = "x" + Write();
  const ModelReader reader(std::string_view(shifted).substr(1), "f");
  EXPECT_THAT(reader.Doubles("doubles", {1}), ElementsAre(0.1));
}

TEST_F(ModelFile, EmptyArraysAreKept) {
  {
    ModelWriter writer(Path(), "toy");
    writer.Add("none", std::vector<float>{}, {0, 4});
    writer.AddStrings("no names", {});
    writer.Finish();
  }
  const ModelReader reader(Path());
  EXPECT_THAT(reader.Floats("none", {0, 4}), IsEmpty());
  EXPECT_THAT(reader.Strings("no names"), IsEmpty());
}

TEST_F(ModelFile, NothingAppearsWithoutFinish) {
  {
    ModelWriter writer(Path(), "toy");
    writer.Add("floats", std::vector<float>{1}, {1});
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
}

TEST_F(ModelFile, AnotherKindOfFileIsRefused) {
  WriteFileAtomic(Path(), "PAR1 something else");
  EXPECT_THAT([&] { ModelReader{Path()}; },
              ThrowsError(Code::kInvalidArgument, HasSubstr("model is not a model file")));
  WriteFileAtomic(Path(), "");
  EXPECT_THAT([&] { ModelReader{Path()}; },
              ThrowsError(Code::kInvalidArgument, HasSubstr("is not a model file")));
}

TEST_F(ModelFile, ANewerFormatNamesTheProgramThatReadsIt) {
  std::string bytes = Write();
  bytes[8] = 2;
  bytes.replace(16, 5, "9.8.7");
  bytes.replace(kHeaderSize - 64, 64,
                HashHex(HashKind::kSha256, bytes.substr(0, kHeaderSize - 64)));
  try {
    ModelReader(bytes, "new.model");
    FAIL() << "was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kFailedPrecondition);
    EXPECT_EQ(error.message(),
              "model file new.model has format 2: this program reads formats up to 1");
    EXPECT_EQ(error.hint(), "use Marquee 9.8.7 or newer");
  }
}

TEST_F(ModelFile, DamageInASectionNamesIt) {
  std::string bytes = Write();
  bytes[bytes.find("Amélie")] = 'a';
  EXPECT_THAT([&] { ModelReader(bytes, "f"); },
              ThrowsError(Code::kDataLoss, testing::StrEq("model file f is damaged: section "
                                                          "'names' does not match its checksum")));
}

TEST_F(ModelFile, AMissingSectionOrAnotherShapeIsNamed) {
  Write();
  const ModelReader reader(Path());
  EXPECT_THAT([&] { reader.Floats("users", {2}); },
              ThrowsError(Code::kDataLoss, HasSubstr("section 'users' is missing")));
  EXPECT_THAT([&] { reader.Floats("ints", {2}); },
              ThrowsError(Code::kDataLoss, HasSubstr("section 'ints' is int32, not float32")));
  EXPECT_THAT(
      [&] {
        reader.Floats("floats", {-1, 3});
      },
      ThrowsError(Code::kDataLoss, HasSubstr("section 'floats' has shape [3, 2], not [any, 3]")));
  EXPECT_THAT([&] { reader.SettingInt("rate"); },
              ThrowsError(Code::kDataLoss, HasSubstr("setting 'rate' is not a whole number")));
}

TEST_F(ModelFile, AValueThatIsNotFiniteIsRefused) {
  {
    ModelWriter writer(Path(), "toy");
    writer.Add("floats", std::vector<float>{1, std::numeric_limits<float>::quiet_NaN()}, {2});
    writer.Finish();
  }
  const ModelReader reader(Path());
  EXPECT_THAT([&] { reader.Floats("floats", {2}); },
              ThrowsError(Code::kDataLoss, HasSubstr("'floats' holds a value that is not finite")));
}

// Sizes with right checksums around them are still not believed.
TEST_F(ModelFile, SizesOfAHostileTableAreRefused) {
  const std::string file = Write(), toc = ContentsOf(file);
  const auto expect_refused = [&](const std::string& from, const std::string& to,
                                  const std::string& message) {
    ASSERT_THAT(toc, HasSubstr(from));
    const std::string made = WithContents(file, ReplaceAll(toc, from, to));
    EXPECT_THAT([&] { ModelReader(made, "f"); }, ThrowsError(Code::kDataLoss, HasSubstr(message)))
        << from << " -> " << to;
  };
  expect_refused("\"bytes\":24", "\"bytes\":9223372036854775807", "is larger than the file");
  expect_refused("\"bytes\":24", "\"bytes\":-24", "is larger than the file");
  expect_refused("\"bytes\":24", "\"bytes\":20", "not those of its shape");
  expect_refused("[3,2]", "[4611686018427387904,4611686018427387904]", "not those of its shape");
  expect_refused("[3,2]", "[-3,-2]", "not those of its shape");
  expect_refused("[3,2]", "[3,\"2\"]", "the table of contents: ");
  expect_refused("\"offset\":128", "\"offset\":64", "does not follow the section before it");
  expect_refused("\"doubles\"", "\"floats\"", "section 'floats' is there twice");
  expect_refused("\"model\"", "\"modle\"", "the table of contents: ");
}

TEST_F(ModelFile, AHostileListOfStringsIsRefused) {
  const std::string file = Write();
  for (const std::string count : {"[-1]", "[4]", "[9223372036854775807]", "[2,2]", "[]"}) {
    const std::string made =
        WithContents(file, ReplaceAll(ContentsOf(file), "\"type\":\"strings\",\"shape\":[3]",
                                      "\"type\":\"strings\",\"shape\":" + count));
    const ModelReader reader(made, "f");
    EXPECT_THAT([&] { reader.Strings("names"); },
                ThrowsError(Code::kDataLoss, HasSubstr("'names' is not a list of strings")))
        << count;
  }
}

TEST_F(ModelFile, PartsHaveSectionsAndSettingsOfTheirOwn) {
  const TempDir dir;
  const std::vector<float> outer = {1}, inner = {2, 3};
  ModelWriter writer(dir.path() / "f", "outer");
  writer.Add("weights", outer, {1});
  writer.BeginPart("first", "ials");
  writer.SetSettings(Json::MakeObject({{"factors", 8}}));
  writer.Add("weights", inner, {2});
  writer.EndPart();
  writer.SetSettings(Json::MakeObject({{"factors", 4}}));
  writer.Finish();
  const ModelReader reader(dir.path() / "f");
  const ModelReader part = reader.Part("first");
  EXPECT_EQ(reader.model_type(), "outer");
  EXPECT_EQ(part.model_type(), "ials");
  EXPECT_EQ(reader.SettingInt("factors"), 4);
  EXPECT_EQ(part.SettingInt("factors"), 8);
  EXPECT_THAT(reader.Floats("weights", {1}), testing::ElementsAre(1));
  EXPECT_THAT(part.Floats("weights", {2}), testing::ElementsAre(2, 3));
  EXPECT_THAT([&] { reader.Part("second"); },
              ThrowsError(Code::kDataLoss, testing::HasSubstr("part 'second' is missing")));
  EXPECT_THAT([&] { part.Part("first"); },
              ThrowsError(Code::kDataLoss, testing::HasSubstr("(first) is damaged")));
}

}  // namespace
}  // namespace marquee::model_file_test
