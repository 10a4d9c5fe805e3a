#include "lake/delta_schema.h"

#include <gtest/gtest.h>

#include "base/error_matchers.h"
#include "lake/delta_path.h"

namespace marquee::lake {
namespace {

using ::testing::HasSubstr;

TEST(DeltaSchema, TypesGoBothWays) {
  for (const char* type :
       {"BIGINT", "INTEGER", "SMALLINT", "TINYINT", "DOUBLE", "FLOAT", "VARCHAR", "BOOLEAN", "BLOB",
        "DATE", "TIMESTAMP WITH TIME ZONE", "DECIMAL(10,2)", "BIGINT[]", "VARCHAR[][]",
        "MAP(VARCHAR, BIGINT[])", "STRUCT(\"a\" BIGINT, \"b \"\"c\" STRUCT(\"d\" VARCHAR[])[])"}) {
    EXPECT_EQ(SqlTypeOf(DeltaTypeOf(type, "c"), "c"), type);
  }
}

TEST(DeltaSchema, TextLikeAndFixedSizeTypesBecomeTheNearest) {
  EXPECT_EQ(DeltaTypeOf("JSON", "c"), Json("string"));
  EXPECT_EQ(DeltaTypeOf("ENUM('a', 'b,)[')", "c"), Json("string"));
  EXPECT_EQ(SqlTypeOf(DeltaTypeOf("INTEGER[3]", "c"), "c"), "INTEGER[]");
  EXPECT_EQ(SqlTypeOf(DeltaTypeOf("STRUCT(a JSON, b ENUM('x')[])", "c"), "c"),
            "STRUCT(\"a\" VARCHAR, \"b\" VARCHAR[])");
}

TEST(DeltaSchema, TypesWithoutCounterpartAreRefusedWithTheCastToUse) {
  const auto hint = [](const char* type) -> std::string {
    try {
      DeltaTypeOf(type, "total");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kInvalidArgument);
      EXPECT_THAT(error.message(), HasSubstr("column total: type"));
      return error.hint();
    }
    return "not refused";
  };
  EXPECT_EQ(hint("HUGEINT"), "cast it: cast(total as BIGINT)");
  EXPECT_EQ(hint("UBIGINT"), "cast it: cast(total as BIGINT)");
  EXPECT_EQ(hint("UUID"), "cast it: cast(total as VARCHAR)");
  EXPECT_EQ(hint("TIME"), "cast it: cast(total as VARCHAR)");
  EXPECT_EQ(hint("TIMESTAMP"), "cast it: cast(total as TIMESTAMPTZ)");
  EXPECT_EQ(hint("TIMESTAMP_NS"), "cast it: cast(total as TIMESTAMPTZ)");
  EXPECT_EQ(hint("STRUCT(a HUGEINT)"), "cast it: cast(total as BIGINT)");
  EXPECT_EQ(hint("MAP(VARCHAR, INTERVAL)"), "cast it: cast(total as VARCHAR)");
}

TEST(DeltaSchema, UnknownDeltaTypesAreRefusedByName) {
  EXPECT_THAT([] { SqlTypeOf("variant", "payload"); },
              ThrowsError(Code::kFailedPrecondition,
                          HasSubstr("column payload: type \"variant\" is not supported")));
  EXPECT_THAT([] { SqlTypeOf("decimal(10,2); drop", "c"); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("is not supported")));
}

TEST(DeltaSchema, TheSchemaTextKeepsNamesTypesAndComments) {
  const std::vector<Field> fields = {{"id", "long", "dense \"index\""}, {"at", "timestamp", ""}};
  const std::string text = SchemaString(fields);
  EXPECT_EQ(Json::Parse(text), Json::Parse(R"({"type": "struct", "fields": [
      {"name": "id", "type": "long", "nullable": true, "metadata": {"comment": "dense \"index\""}},
      {"name": "at", "type": "timestamp", "nullable": true, "metadata": {}}]})"));
  EXPECT_EQ(SchemaString(ParseSchema(text)), text);
}

TEST(DeltaSchema, NamesThatSparkRefusesAreRefused) {
  CheckColumnName("count_star");
  for (const char* name : {"", "a b", "count_star()", "a,b", "a=b", "a\tb"}) {
    EXPECT_THAT([&] { CheckColumnName(name); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("column name '")))
        << name;
  }
}

TEST(DeltaPath, PathsAreUris) {
  EXPECT_EQ(DecodeLogPath("genre=Film%2520Noir/part-0.parquet"),
            "genre=Film%20Noir/part-0.parquet");
  EXPECT_EQ(EncodeLogPath("genre=Film%20Noir/part-0.parquet"),
            "genre=Film%2520Noir/part-0.parquet");
  EXPECT_EQ(DecodeLogPath("a%20b.parquet"), "a b.parquet");
  EXPECT_EQ(DecodeLogPath("file:///data/a%20b.parquet"), "/data/a b.parquet");
  EXPECT_EQ(DecodeLogPath("file:/data/a.parquet"), "/data/a.parquet");
  EXPECT_EQ(DecodeLogPath("/data/a.parquet"), "/data/a.parquet");
  EXPECT_EQ(DecodeLogPath("a=b:c/x"), "a=b:c/x") << "a colon in a folder is no scheme";
}

TEST(DeltaPath, RefusesWhatItCannotOpen) {
  EXPECT_THAT([] { DecodeLogPath("s3://bucket/a.parquet"); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("files of s3")));
  for (const char* path : {"a%", "a%2", "a%zz"}) {
    EXPECT_THAT([&] { DecodeLogPath(path); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("percent-encoding")));
  }
}

TEST(DeltaPath, LogNamesAreRecognised) {
  EXPECT_EQ(CommitName(7), "00000000000000000007.json");
  EXPECT_EQ(ParseLogName("00000000000000000007.json")->version, 7);
  const auto part = ParseLogName("00000000000000000010.checkpoint.0000000002.0000000003.parquet");
  EXPECT_EQ(part->part, 2);
  EXPECT_EQ(part->parts, 3);
  EXPECT_EQ(
      ParseLogName("00000000000000000010.checkpoint.8f0c2b1e-0000-4000-8000-000000000000.json")
          ->kind,
      LogName::Kind::kUuidCheckpoint);
}

TEST(DeltaPath, OtherNamesArePassedOver) {
  for (const char* name :
       {"_last_checkpoint", "00000000000000000007.crc", "7.json", "0000000000000000000x.json",
        "00000000000000000001.00000000000000000009.compacted.json", "_staged_commits/a.json",
        "99999999999999999999.json",
        "00000000000000000010.checkpoint.0000000004.0000000003.parquet",
        "00000000000000000010.checkpoint.json", ""}) {
    EXPECT_FALSE(ParseLogName(name)) << name;
  }
}

}  // namespace
}  // namespace marquee::lake
