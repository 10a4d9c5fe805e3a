#include "storage/s3_stream.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/text.h"
#include "http/wire.h"

namespace marquee::storage {
namespace {

constexpr size_t kFirstAhead = 256 << 10;
constexpr size_t kMostAhead = 4 << 20;
constexpr size_t kPartsOfOneSize = 1000;
constexpr size_t kMostParts = 10'000;
constexpr size_t kSmall = 1 << 20;

}  // namespace

std::optional<S3Head> HeadOf(const S3Client& client, std::string_view key) {
  const S3Answer answer = client.Call({.method = "HEAD", .key = client.WholeKey(key)}, {404});
  if (answer.status == 404) return std::nullopt;
  const std::optional<int64_t> size = ParseInt(answer.HeaderValue("Content-Length"));
  const auto seconds = http::ParseHttpDate(answer.HeaderValue("Last-Modified"));
  if (!size || !seconds) {
    throw Error(Code::kUnavailable, StrCat("the answer to HEAD ", key, " has no length or no date"),
                "check that the endpoint is one of S3");
  }
  return S3Head{.info = {std::string(key), *size, *seconds * 1000},
                .tag = answer.HeaderValue("ETag"),
                .writer = answer.HeaderValue(kWriterHeader)};
}

S3Reader::S3Reader(std::shared_ptr<const S3Client> client, S3Head head)
    : ObjectReader(std::move(head.info)),
      client_(std::move(client)),
      tag_(std::move(head.tag)),
      ahead_(kFirstAhead) {}

std::string S3Reader::Read(int64_t offset, size_t max_bytes) {
  const auto left = static_cast<size_t>(std::max<int64_t>(info().size_bytes - offset, 0));
  size_t wanted = std::min(max_bytes, left);
  if (wanted == 0) return {};
  const bool goes_on = offset == next_;
  if (offset < block_at_ || offset >= block_at_ + static_cast<int64_t>(block_.size())) {
    ahead_ = goes_on ? std::min(ahead_ * 2, kMostAhead) : kFirstAhead;
    block_ = Fetch(offset, std::min(left, std::max(wanted, goes_on ? ahead_ : wanted)));
    block_at_ = offset;
  }
  const auto at = static_cast<size_t>(offset - block_at_);
  wanted = std::min(wanted, block_.size() - at);
  next_ = offset + static_cast<int64_t>(wanted);
  return block_.substr(at, wanted);
}

std::string S3Reader::Fetch(int64_t offset, size_t bytes) const {
  const int64_t last = offset + static_cast<int64_t>(bytes) - 1;
  S3Request request{.method = "GET",
                    .key = client_->WholeKey(info().key),
                    .headers = {{"Range", StrCat("bytes=", offset, "-", last)}}};
  if (!tag_.empty()) request.headers.push_back({"If-Match", tag_});
  S3Answer answer = client_->Call(std::move(request), {404, 412, 416});
  if (answer.status != 206 || answer.body.size() != bytes) {
    throw Error(Code::kDataLoss,
                StrCat("s3://", client_->options().bucket, "/", client_->WholeKey(info().key),
                       " was deleted or replaced while it was read"),
                "read it again");
  }
  return std::move(answer.body);
}

S3Writer::S3Writer(std::shared_ptr<const S3Client> client, std::string key)
    : client_(std::move(client)), key_(client_->WholeKey(key)), id_(NewRunId()) {}

S3Writer::~S3Writer() {
  if (upload_id_.empty()) return;
  try {
    client_->Call(
        {.method = "DELETE", .key = key_, .query = {{"uploadId", upload_id_}}, .farewell = true},
        {404});
  } catch (const Error& error) {
    // The next sweep finds what is left.
    LogWarning(StrCat("an upload was not given up: ", error.message()));
  }
}

size_t S3Writer::PartBytes() const {
  const size_t doubled = std::min<size_t>(tags_.size() / kPartsOfOneSize, 9);
  return static_cast<size_t>(client_->options().part_bytes) << doubled;
}

void S3Writer::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t part_bytes = PartBytes();
    const size_t taken = std::min(bytes.size(), part_bytes - part_.size());
    // Else doubling would take up to twice the part.
    if (part_.size() + taken > kSmall) part_.reserve(part_bytes);
    part_ += bytes.substr(0, taken);
    bytes.remove_prefix(taken);
    if (part_.size() == part_bytes) SendPart();
  }
}

void S3Writer::Commit() {
  if (upload_id_.empty()) {
    client_->Call({.method = "PUT", .key = key_, .body = std::move(part_)});
    return;
  }
  if (!part_.empty()) SendPart();
  Complete();
  upload_id_.clear();
}

void S3Writer::Begin() {
  const S3Answer answer = client_->Call({.method = "POST",
                                         .key = key_,
                                         .query = {{"uploads", ""}},
                                         .headers = {{std::string(kWriterHeader), id_}}});
  upload_id_ = ParseUploadId(answer.body);
}

void S3Writer::SendPart() {
  if (tags_.size() == kMostParts) {
    throw Error(Code::kResourceExhausted, StrCat(key_, " has more than 10,000 parts"),
                "S3 takes no larger object");
  }
  if (upload_id_.empty()) Begin();
  const S3Answer answer =
      client_->Call({.method = "PUT",
                     .key = key_,
                     .query = {{"partNumber", StrCat(tags_.size() + 1)}, {"uploadId", upload_id_}},
                     .body = std::exchange(part_, {})});
  tags_.push_back(answer.HeaderValue("ETag"));
}

void S3Writer::Complete() {
  S3Request request{.method = "POST",
                    .key = key_,
                    .query = {{"uploadId", upload_id_}},
                    .body = WriteParts(tags_)};
  const S3Answer answer = client_->Call(request, {404});
  if (answer.status != 404) return;
  // An attempt whose answer was lost may have completed it: then the object is ours.
  const S3Answer head = client_->Call({.method = "HEAD", .key = key_}, {404});
  if (head.HeaderValue(kWriterHeader) == id_) return;
  client_->ThrowFault(request, answer.status,
                      ParseFault(answer.body).value_or(S3Fault{"NoSuchUpload", ""}));
}

}  // namespace marquee::storage
