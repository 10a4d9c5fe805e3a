// Delimited text as a stream of records: MovieLens' '::', '|' and tab files, and CSV.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sources/byte_source.h"

namespace marquee::sources {

enum class Encoding {
  kUtf8,    // an invalid byte is read as Latin-1
  kLatin1,  // ISO-8859-1
};

struct DelimitedOptions {
  std::string separator = ",";  // 1..3 bytes of ASCII
  // RFC 4180: a field that starts with '"' ends at the next lone '"'; inside it "" is '"', and
  // separators and line breaks are text. A '"' inside a bare field is text.
  bool quotes = true;
  Encoding encoding = Encoding::kUtf8;
  size_t num_fields = 0;  // of every record; 0 accepts any number
  // A longer line is malformed; also how far the end of a quoted field is looked for, so raise it
  // only for cells beyond it. Memory stays within about twice this.
  size_t max_record_bytes = 1 << 20;
};

// Valid until the next Next().
struct Record {
  int64_t line = 0;                          // 1-based line on which it starts
  std::span<const std::string_view> fields;  // unquoted, valid UTF-8; of no meaning when malformed
  std::string_view malformed;                // why it could not be split, "" when it could
  std::string_view raw;  // when malformed: its first line as valid UTF-8, cut to 1,000 bytes, NUL
                         // shown as U+2400
};

// Not thread-safe. Blank lines are no records; lines end with LF or CRLF; a byte order mark is
// skipped. After a malformed record, reading goes on at the line after the one on which it starts,
// so a stray quote costs one line.
class DelimitedReader {
 public:
  DelimitedReader(std::unique_ptr<ByteSource> source, DelimitedOptions options);

  // False at the end. Throws only what the ByteSource throws.
  bool Next(Record* record);
  void set_num_fields(size_t num_fields) { options_.num_fields = num_fields; }

 private:
  enum class Split { kDone, kNeedsMore, kNeverClosed, kTextAfterQuote };

  std::string_view Available() const { return {buffer_.data() + begin_, end_ - begin_}; }
  bool Refill();
  size_t FindLineEnd();
  bool SkipOverlongLine(Record* record);
  bool ReadQuoted(size_t first_line_end, Record* record);
  Split SplitQuoted(std::string_view text);
  void SplitPlain(std::string_view line);
  bool Accept(size_t consumed, Record* record);
  bool Reject(std::string reason, Record* record);
  void Consume(size_t size);
  size_t FindSeparator(std::string_view text, size_t from) const;
  std::string_view Unescape(std::string_view quoted);
  void ConvertFields(size_t record_bytes);

  std::unique_ptr<ByteSource> source_;
  DelimitedOptions options_;
  std::vector<char> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool at_end_ = false;
  bool at_start_ = true;
  int64_t line_ = 1;
  size_t budget_;  // of bytes that may be looked at in vain for the end of a quote
  size_t looked_at_ = 0;
  std::vector<std::string_view> fields_;
  std::string unescaped_;
  std::string converted_;
  std::string reason_;
  std::string raw_;
};

}  // namespace marquee::sources
