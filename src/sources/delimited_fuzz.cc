// Bytes -> the delimited reader, with settings from the first bytes. Checks what every caller
// relies on: valid UTF-8 without NUL, growing line numbers, the right number of fields, and the
// same records wherever the stream is cut.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "sources/delimited.h"

namespace marquee::sources {
namespace {

void CheckText(std::string_view text) {
  MARQUEE_CHECK(IsValidUtf8(text));
  MARQUEE_CHECK(text.find('\0') == std::string_view::npos);
}

std::vector<std::string> ReadAll(const std::string& text, const DelimitedOptions& options,
                                 size_t piece) {
  DelimitedReader reader(OpenMemoryBytes(text, piece), options);
  std::vector<std::string> all;
  Record record;
  int64_t line = 0;
  while (reader.Next(&record)) {
    MARQUEE_CHECK(record.line > line);
    line = record.line;
    std::string shown = StrCat(record.line, record.malformed, record.raw);
    CheckText(record.malformed);
    CheckText(record.raw);
    if (record.malformed.empty()) {
      MARQUEE_CHECK(options.num_fields == 0 || record.fields.size() == options.num_fields);
      for (const std::string_view field : record.fields) {
        CheckText(field);
        shown += StrCat("|", field);
      }
    }
    all.push_back(std::move(shown));
  }
  return all;
}

}  // namespace
}  // namespace marquee::sources

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace marquee::sources;
  if (size < 2) return 0;
  constexpr const char* kSeparators[] = {",", "\t", "|", "::"};
  DelimitedOptions options;
  options.separator = kSeparators[data[0] & 3];
  options.quotes = (data[0] & 4) != 0;
  options.encoding = (data[0] & 8) != 0 ? Encoding::kLatin1 : Encoding::kUtf8;
  options.num_fields = data[0] >> 5;
  options.max_record_bytes = (data[0] & 16) != 0 ? 64 : 1 << 20;
  const std::string text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto whole = ReadAll(text, options, 1 << 16);
  MARQUEE_CHECK(ReadAll(text, options, 1 + data[1] % 64) == whole);
  return 0;
}
