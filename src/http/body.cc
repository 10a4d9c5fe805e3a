#include "http/body.h"

#include <zlib.h>

#include <algorithm>

#include "base/text.h"

namespace marquee::http {
namespace {

constexpr int kGzipOnly = 16;
constexpr size_t kBlock = 64 << 10;

class Inflater {
 public:
  explicit Inflater(const std::string& packed) {
    if (inflateInit2(&stream_, kGzipOnly + MAX_WBITS) != Z_OK) throw std::bad_alloc();
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // The next bytes, at the end of `out`; whether there may be more.
  bool Next(std::string* out) {
    const size_t size = out->size();
    out->resize(size + kBlock);
    stream_.next_out = reinterpret_cast<Bytef*>(out->data() + size);
    stream_.avail_out = kBlock;
    const int code = inflate(&stream_, Z_NO_FLUSH);
    out->resize(size + kBlock - stream_.avail_out);
    if (code == Z_STREAM_END && stream_.avail_in == 0) return false;
    const bool stuck = stream_.avail_in == 0 && stream_.avail_out > 0;
    if (code != Z_OK || stuck) {
      throw Error(Code::kInvalidArgument, "the body is not whole gzip",
                  "pack it again, or send it as it is");
    }
    return true;
  }

 private:
  z_stream stream_{};
};

std::string Unpack(const std::string& packed, size_t max_bytes) {
  Inflater inflater(packed);
  std::string body;
  while (inflater.Next(&body)) {
    if (body.size() > max_bytes) break;
  }
  if (body.size() > max_bytes) {
    throw StatusError(413, Code::kInvalidArgument,
                      StrCat("the body unpacks to more than ", max_bytes, " bytes"),
                      "send it in smaller requests");
  }
  return body;
}

}  // namespace

std::string DecodedBody(const Request& request, size_t max_bytes) {
  const std::string encoding =
      AsciiLower(Trim(request.FindHeader("Content-Encoding").value_or("")));
  if (encoding.empty() || encoding == "identity") return request.body;
  if (encoding == "gzip" || encoding == "x-gzip") return Unpack(request.body, max_bytes);
  throw StatusError(415, Code::kInvalidArgument, StrCat("Content-Encoding is '", encoding, "'"),
                    "send gzip, or nothing packed", {{"Accept-Encoding", "gzip"}});
}

void ForEachPiece(const Request& request, const std::function<void(std::string_view)>& take) {
  if (request.reader == nullptr) {
    if (!request.body.empty()) take(request.body);
    return;
  }
  for (std::string_view piece = request.reader->Next(); !piece.empty();
       piece = request.reader->Next()) {
    take(piece);
  }
}

}  // namespace marquee::http
