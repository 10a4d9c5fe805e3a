#include "sources/delimited.h"

#include <gmock/gmock.h>

#include "base/clock.h"
#include "base/text.h"

namespace marquee::sources {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

// A record that owns its text: "line: field~field" or "line! reason [raw]".
std::vector<std::string> Read(std::string text, DelimitedOptions options, size_t piece = 1 << 16) {
  DelimitedReader reader(OpenMemoryBytes(std::move(text), piece), std::move(options));
  std::vector<std::string> records;
  Record record;
  while (reader.Next(&record)) {
    if (!record.malformed.empty()) {
      records.push_back(StrCat(record.line, "! ", record.malformed, " [", record.raw, "]"));
      continue;
    }
    const std::vector<std::string> fields(record.fields.begin(), record.fields.end());
    records.push_back(StrCat(record.line, ": ", Join(fields, "~")));
  }
  return records;
}

DelimitedOptions Csv(size_t num_fields = 0) {
  DelimitedOptions options;
  options.num_fields = num_fields;
  return options;
}

DelimitedOptions Bare(std::string separator, Encoding encoding = Encoding::kUtf8) {
  DelimitedOptions options;
  options.separator = std::move(separator);
  options.quotes = false;
  options.encoding = encoding;
  return options;
}

TEST(DelimitedReader, SplitsAtSeparatorsOfOneToThreeBytes) {
  EXPECT_THAT(Read("1,2,3\n", Bare(",")), ElementsAre("1: 1~2~3"));
  EXPECT_THAT(Read("1\t2\t\n", Bare("\t")), ElementsAre("1: 1~2~"));
  EXPECT_THAT(Read("1::Mission: Impossible::Drama\n", Bare("::")),
              ElementsAre("1: 1~Mission: Impossible~Drama"));
  EXPECT_THAT(Read("a<=>b<=c<=>\n", Bare("<=>")), ElementsAre("1: a~b<=c~"));
}

TEST(DelimitedReader, TakesCrLfAndALastLineWithoutBreak) {
  EXPECT_THAT(Read("a,b\r\nc,d\r\ne,f", Csv()), ElementsAre("1: a~b", "2: c~d", "3: e~f"));
  EXPECT_THAT(Read("a,b\r\nc,\"d\"\r\ne,\"f\"", Csv()), ElementsAre("1: a~b", "2: c~d", "3: e~f"));
}

TEST(DelimitedReader, CountsBlankLinesButGivesThemNot) {
  EXPECT_THAT(Read("\n\r\na\n\nb\n\n", Csv()), ElementsAre("3: a", "5: b"));
  EXPECT_THAT(Read("", Csv()), ElementsAre());
}

TEST(DelimitedReader, UnquotesFieldsWithSeparatorsQuotesAndLineBreaks) {
  EXPECT_THAT(
      Read("1,\"a, b\",x\n2,\"say \"\"hi\"\"\",y\n3,\"two\nlines\r\n\",z\n4,\"\",w\n", Csv(3)),
      ElementsAre("1: 1~a, b~x", "2: 2~say \"hi\"~y", "3: 3~two\nlines\r\n~z", "6: 4~~w"));
}

TEST(DelimitedReader, AQuoteInsideABareFieldIsText) {
  EXPECT_THAT(Read("1,6\" record,x\n2,a\"\"b,y\n", Csv(3)),
              ElementsAre("1: 1~6\" record~x", "2: 2~a\"\"b~y"));
}

TEST(DelimitedReader, GivesTheSameWhereverTheBytesAreCut) {
  const std::string text =
      "\xEF\xBB\xBFid,name\r\n1,\"a\"\"b\",\n\n2,\"x\r\ny\"\r\n3,\"open\nZo\xEB,4";
  const auto whole = Read(text, Csv());
  for (size_t piece = 1; piece < text.size(); ++piece)
    EXPECT_EQ(Read(text, Csv(), piece), whole) << piece;
  EXPECT_THAT(whole, ElementsAre("1: id~name", "2: 1~a\"b~", "4: 2~x\r\ny",
                                 "6! a quote is never closed [3,\"open]", "7: Zo\u00EB~4"));
}

TEST(DelimitedReader, SkipsAByteOrderMarkOnlyInFront) {
  EXPECT_THAT(Read("\xEF\xBB\xBF"
                   "a,b\n\xEF\xBB\xBF"
                   "c,d\n",
                   Csv()),
              ElementsAre("1: a~b", "2: \uFEFFc~d"));
  EXPECT_THAT(Read("\xEF\xBB", Csv()), ElementsAre("1: \u00EF\u00BB"));
}

TEST(DelimitedReader, DecodesLatin1) {
  EXPECT_THAT(Read("73::Mis\xE9rables, Les (1995)::Drama\n", Bare("::", Encoding::kLatin1)),
              ElementsAre("1: 73~Mis\u00E9rables, Les (1995)~Drama"));
}

TEST(DelimitedReader, MendsInvalidUtf8FieldByField) {
  EXPECT_THAT(Read("Caf\xE9,Z\u00FCrich,\xFF\n", Csv()),
              ElementsAre("1: Caf\u00E9~Z\u00FCrich~\u00FF"));
}

TEST(DelimitedReader, ReportsAWrongNumberOfFieldsWithTheLine) {
  EXPECT_THAT(Read("1,2,3\n1,2\n1,2,3,4\n4,5,6\n", Csv(3)),
              ElementsAre("1: 1~2~3", "2! the line has 2 fields, must have 3 [1,2]",
                          "3! the line has 4 fields, must have 3 [1,2,3,4]", "4: 4~5~6"));
}

TEST(DelimitedReader, ReportsNulBytesAndShowsThem) {
  EXPECT_THAT(Read(std::string("a,b\nc\0,d\ne,f\n", 13), Csv(2)),
              ElementsAre("1: a~b", "2! there is a NUL byte in the line [c\u2400,d]", "3: e~f"));
}

TEST(DelimitedReader, ReportsTextAfterAClosingQuote) {
  EXPECT_THAT(Read("\"a\"x,b\nc,d\n", Csv(2)),
              ElementsAre("1! there is text after a closing quote [\"a\"x,b]", "2: c~d"));
}

TEST(DelimitedReader, AStrayQuoteCostsOneLine) {
  EXPECT_THAT(Read("1,\"oops,x\n2,b,y\n3,\"c, d\",z\n", Csv(3)),
              ElementsAre("1! there is text after a closing quote [1,\"oops,x]", "2: 2~b~y",
                          "3: 3~c, d~z"));
  EXPECT_THAT(Read("1,\"oops,x\n2,b,y\n", Csv(3)),
              ElementsAre("1! a quote is never closed [1,\"oops,x]", "2: 2~b~y"));
}

TEST(DelimitedReader, LooksForAClosingQuoteOnlySoFar) {
  DelimitedOptions options = Csv(2);
  options.max_record_bytes = 100;
  std::string text = "1,\"open\n";
  for (int i = 0; i < 50; ++i) text += "2,b\n";
  text += "3,\"c\"\n";
  const auto records = Read(text, options);
  EXPECT_THAT(records, SizeIs(52));
  EXPECT_EQ(records.front(), "1! a quote is never closed [1,\"open]");
  EXPECT_EQ(records.back(), "52: 3~c");
}

// Each of these lines opens a quote that closes and opens again in every later line: looked at to
// the end for each line, they would be 60 GB.
TEST(DelimitedReader, ManyOpenQuotesTakeLinearTime) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += i % 2 == 0 ? "x\",\"\n" : "\"\",\"\"\n";
  const double start = SteadySeconds();
  EXPECT_THAT(Read(text, Csv(2)), SizeIs(100'000));
  EXPECT_LT(SteadySeconds() - start, 30);
}

TEST(DelimitedReader, ALineOverTheLimitIsReportedAndSkipped) {
  DelimitedOptions options = Csv(2);
  options.max_record_bytes = 1000;
  const std::string fits = "a," + std::string(998, 'x');
  const std::string over = "b," + std::string(999, 'y');
  for (const size_t piece : {7, 1000, 100'000}) {
    const auto records = Read(fits + "\n" + over + "\nc,d\n" + over, options, piece);
    EXPECT_THAT(records,
                ElementsAre(StrCat("1: a~", std::string(998, 'x')),
                            StartsWith("2! the line is longer than 1000 bytes [b,yyy"), "3: c~d",
                            StartsWith("4! the line is longer than 1000 bytes [b,yyy")));
  }
}

TEST(DelimitedReader, CutsTheRawLineBetweenCharacters) {
  const auto records = Read(std::string(999, 'x') + "\u00E9tude,1\n", Csv(3));
  EXPECT_THAT(records, ElementsAre(HasSubstr(std::string(999, 'x') + "\u2026]")));
}

TEST(DelimitedReader, AQuotedFieldMayBeAsLongAsALine) {
  const std::string cell(700'000, 'z');
  EXPECT_THAT(Read("1,\"" + cell + "\n\"\n2,b\n", Csv(2)),
              ElementsAre("1: 1~" + cell + "\n", "3: 2~b"));
}

}  // namespace
}  // namespace marquee::sources
