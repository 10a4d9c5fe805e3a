#include "sources/delimited.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/text.h"

namespace marquee::sources {
namespace {

constexpr size_t kBlockBytes = 64 << 10;
constexpr size_t kMinReach = 1 << 10;
constexpr size_t kFirstBudget = 16 << 20;
constexpr size_t kMaxRawBytes = 1000;

struct ByteKinds {
  bool non_ascii;
  bool nul;
};

// Eight bytes a step; a byte of (word - kLow) & ~word has its high bit when a byte of word is 0.
ByteKinds Inspect(std::string_view text) {
  constexpr uint64_t kHigh = 0x8080808080808080u;
  constexpr uint64_t kLow = 0x0101010101010101u;
  uint64_t high = 0;
  uint64_t zero = 0;
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    high |= word;
    zero |= (word - kLow) & ~word;
  }
  for (; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    high |= byte;
    zero |= byte == 0 ? kHigh : 0;
  }
  return {(high & kHigh) != 0, (zero & kHigh) != 0};
}

std::string_view WithoutCarriageReturn(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// The first `limit` bytes of `line`, cut between characters.
std::string ReadableRaw(std::string_view line, size_t limit, Encoding encoding) {
  size_t size = std::min(line.size(), limit);
  const bool cut = size < line.size();
  if (cut && encoding == Encoding::kUtf8) {
    for (int i = 0; i < 3 && size > 1 && (line[size] & 0xC0) == 0x80; ++i) --size;
  }
  const std::string_view kept = line.substr(0, size);
  std::string text = encoding == Encoding::kUtf8 ? ToValidUtf8(kept) : Latin1ToUtf8(kept);
  if (text.find('\0') != std::string::npos)
    text = ReplaceAll(text, std::string_view("\0", 1), "\u2400");
  return cut ? text + "\u2026" : text;
}

}  // namespace

DelimitedReader::DelimitedReader(std::unique_ptr<ByteSource> source, DelimitedOptions options)
    : source_(std::move(source)),
      options_(std::move(options)),
      buffer_(kBlockBytes),
      budget_(kFirstBudget) {
  MARQUEE_CHECK(!options_.separator.empty() && options_.separator.size() <= 3);
}

bool DelimitedReader::Next(Record* record) {
  for (;;) {
    const size_t line_end = FindLineEnd();
    if (line_end > options_.max_record_bytes) return SkipOverlongLine(record);
    const std::string_view line = WithoutCarriageReturn(Available().substr(0, line_end));
    if (line.empty()) {
      if (begin_ == end_) return false;
      Consume(line_end + 1);
      ++line_;
      continue;
    }
    if (options_.quotes && std::memchr(line.data(), '"', line.size()) != nullptr)
      return ReadQuoted(line_end, record);
    SplitPlain(line);
    Accept(line_end, record);
    return true;
  }
}

// Keeps what is unread and reads more behind it; false at the end of the source.
bool DelimitedReader::Refill() {
  if (at_end_) return false;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  const size_t count = source_->Read(buffer_.data() + end_, buffer_.size() - end_);
  end_ += count;
  at_end_ = count == 0;
  return !at_end_;
}

// Bytes before the line break, or before the end of the file. May be one more than
// max_record_bytes: then the line is too long, and its end is not known.
size_t DelimitedReader::FindLineEnd() {
  if (at_start_) {
    while (end_ - begin_ < 3 && Refill()) {
    }
    if (Available().starts_with("\xEF\xBB\xBF")) begin_ += 3;
    at_start_ = false;
  }
  size_t searched = 0;
  for (;;) {
    const std::string_view text = Available();
    const size_t found = text.find('\n', searched);
    if (found != std::string_view::npos) return found;
    searched = text.size();
    if (searched > options_.max_record_bytes || !Refill()) return searched;
  }
}

bool DelimitedReader::SkipOverlongLine(Record* record) {
  // There are more than max_record_bytes of it; how many more depends on where the reads cut.
  raw_ = ReadableRaw(Available(), std::min(options_.max_record_bytes, kMaxRawBytes),
                     options_.encoding);
  reason_ = StrCat("the line is longer than ", options_.max_record_bytes, " bytes");
  *record = {line_++, {}, reason_, raw_};
  for (;;) {
    const size_t found = Available().find('\n');
    if (found != std::string_view::npos) {
      Consume(found + 1);
      return true;
    }
    begin_ = end_;
    if (!Refill()) return true;
  }
}

// Every line of a hostile file could open a quote that is looked for in vain to the limit. What is
// looked at in vain is paid from a budget that good records earn: so the work stays linear, and
// some stray quotes do not shorten the reach.
bool DelimitedReader::ReadQuoted(size_t first_line_end, Record* record) {
  const size_t reach = std::max(first_line_end + 1,
                                std::min(std::max(budget_, kMinReach), options_.max_record_bytes));
  Split split = SplitQuoted(Available().substr(0, reach));
  while (split == Split::kNeedsMore && looked_at_ < reach) {
    Refill();
    split = SplitQuoted(Available().substr(0, reach));
  }
  if (split == Split::kDone && Accept(looked_at_, record)) return true;
  budget_ -= std::min(budget_, looked_at_);
  if (split == Split::kDone) return true;
  return Reject(split == Split::kTextAfterQuote ? "there is text after a closing quote"
                                                : "a quote is never closed",
                record);
}

// Splits the record at the front of `text` into fields_. looked_at_ says how far that went: the
// record's size without the line break when it is done.
DelimitedReader::Split DelimitedReader::SplitQuoted(std::string_view text) {
  const bool whole = at_end_ && text.size() == end_ - begin_;
  looked_at_ = text.size();
  fields_.clear();
  unescaped_.clear();
  unescaped_.reserve(text.size());  // views into it must stay
  size_t at = 0;
  size_t line_end = std::min(text.find('\n'), text.size());
  for (;;) {
    if (at < text.size() && text[at] == '"') {
      const size_t start = at + 1;
      size_t close = start;
      for (;; close += 2) {
        close = text.find('"', close);
        if (close == std::string_view::npos) return whole ? Split::kNeverClosed : Split::kNeedsMore;
        if (close + 1 == text.size() && !whole) return Split::kNeedsMore;
        if (close + 1 == text.size() || text[close + 1] != '"') break;
      }
      fields_.push_back(Unescape(text.substr(start, close - start)));
      at = close + 1;
      if (at > line_end) line_end = std::min(text.find('\n', at), text.size());
      if (line_end == text.size() && !whole) return Split::kNeedsMore;
      const std::string_view rest = text.substr(at, line_end - at);
      if (rest.empty() || rest == "\r") break;
      if (!rest.starts_with(options_.separator)) {
        looked_at_ = line_end;
        return Split::kTextAfterQuote;
      }
      at += options_.separator.size();
    } else {
      const std::string_view rest = text.substr(0, line_end);
      const size_t separator = FindSeparator(rest, at);
      if (separator == std::string_view::npos) {
        fields_.push_back(WithoutCarriageReturn(rest.substr(at)));
        break;
      }
      fields_.push_back(rest.substr(at, separator - at));
      at = separator + options_.separator.size();
    }
  }
  looked_at_ = line_end;
  return Split::kDone;
}

void DelimitedReader::SplitPlain(std::string_view line) {
  fields_.clear();
  size_t at = 0;
  for (;;) {
    const size_t separator = FindSeparator(line, at);
    if (separator == std::string_view::npos) break;
    fields_.push_back(line.substr(at, separator - at));
    at = separator + options_.separator.size();
  }
  fields_.push_back(line.substr(at));
}

// False when it turns out malformed: `record` says so then.
bool DelimitedReader::Accept(size_t consumed, Record* record) {
  const std::string_view text = Available().substr(0, consumed);
  const ByteKinds kinds = Inspect(text);
  if (kinds.nul || (options_.num_fields != 0 && fields_.size() != options_.num_fields)) {
    Reject(kinds.nul ? "there is a NUL byte in the line"
                     : StrCat("the line has ", fields_.size(), " fields, must have ",
                              options_.num_fields),
           record);
    return false;
  }
  if (kinds.non_ascii) ConvertFields(consumed);
  *record = {line_, fields_, {}, {}};
  line_ += 1 + std::count(text.begin(), text.end(), '\n');
  budget_ = std::min(budget_ + 4 * consumed, kFirstBudget);
  Consume(consumed + 1);
  return true;
}

bool DelimitedReader::Reject(std::string reason, Record* record) {
  const size_t line_end = FindLineEnd();
  reason_ = std::move(reason);
  raw_ = ReadableRaw(WithoutCarriageReturn(Available().substr(0, line_end)), kMaxRawBytes,
                     options_.encoding);
  *record = {line_++, {}, reason_, raw_};
  Consume(line_end + 1);
  return true;
}

// The last line may lack its break.
void DelimitedReader::Consume(size_t size) { begin_ = std::min(begin_ + size, end_); }

size_t DelimitedReader::FindSeparator(std::string_view text, size_t from) const {
  if (options_.separator.size() == 1) return text.find(options_.separator[0], from);
  for (;; ++from) {
    from = text.find(options_.separator[0], from);
    if (from == std::string_view::npos || text.substr(from).starts_with(options_.separator))
      return from;
  }
}

std::string_view DelimitedReader::Unescape(std::string_view quoted) {
  size_t quote = quoted.find('"');
  if (quote == std::string_view::npos) return quoted;
  const size_t start = unescaped_.size();
  size_t at = 0;
  for (; quote != std::string_view::npos; quote = quoted.find('"', at)) {
    unescaped_.append(quoted.substr(at, quote + 1 - at));
    at = quote + 2;
  }
  unescaped_.append(quoted.substr(at));
  return std::string_view(unescaped_).substr(start);
}

void DelimitedReader::ConvertFields(size_t record_bytes) {
  converted_.clear();
  converted_.reserve(2 * record_bytes);  // Latin-1 at most doubles; views into it must stay
  for (std::string_view& field : fields_) {
    if (!Inspect(field).non_ascii) continue;
    const size_t start = converted_.size();
    if (options_.encoding == Encoding::kLatin1) {
      converted_.append(Latin1ToUtf8(field));
    } else if (IsValidUtf8(field)) {
      continue;
    } else {
      converted_.append(ToValidUtf8(field));
    }
    field = std::string_view(converted_).substr(start);
  }
}

}  // namespace marquee::sources
