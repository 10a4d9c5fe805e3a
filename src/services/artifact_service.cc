#include "services/artifact_service.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "http/body.h"
#include "http/range.h"
#include "http/url.h"
#include "http/wire.h"
#include "services/tracking_fields.h"
#include "services/tracking_json.h"
#include "services/tracking_requests.h"
#include "tracking/artifact_path.h"

namespace marquee {
namespace {

struct ContentType {
  std::string_view suffix;
  std::string_view type;
};
constexpr std::array kContentTypes = std::to_array<ContentType>({
    {".csv", "text/csv"},
    {".gif", "image/gif"},
    {".html", "text/html"},
    {".jpeg", "image/jpeg"},
    {".jpg", "image/jpeg"},
    {".json", "application/json"},
    {".md", "text/markdown"},
    {".pdf", "application/pdf"},
    {".png", "image/png"},
    {".py", "text/x-python"},
    {".svg", "image/svg+xml"},
    {".txt", "text/plain"},
    {".yaml", "text/plain"},
    {".yml", "text/plain"},
    {"MLmodel", "text/plain"},
});

std::string ContentTypeOf(std::string_view name) {
  const auto found = std::ranges::find_if(
      kContentTypes, [&](const ContentType& known) { return name.ends_with(known.suffix); });
  return std::string(found == kContentTypes.end() ? "application/octet-stream" : found->type);
}

// RFC 6266: what is no plain name goes escaped.
std::string AttachmentNamed(const std::string& name) {
  const auto plain = [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '%';
  };
  if (std::ranges::all_of(name, plain)) return StrCat("attachment; filename=\"", name, "\"");
  return StrCat("attachment; filename*=UTF-8''", http::PercentEncode(name));
}

// A part of an artifact, read as it is sent.
class ArtifactSource : public http::BodySource {
 public:
  ArtifactSource(std::unique_ptr<storage::ObjectReader> reader, http::ByteRange part)
      : reader_(std::move(reader)), part_(part) {}
  uint64_t size_bytes() const override { return part_.size_bytes; }
  std::string Next(size_t max_bytes) override {
    const auto wanted =
        static_cast<size_t>(std::min<uint64_t>(max_bytes, part_.size_bytes - given_));
    std::string bytes = reader_->Read(static_cast<int64_t>(part_.first + given_), wanted);
    given_ += bytes.size();
    return bytes;
  }

 private:
  const std::unique_ptr<storage::ObjectReader> reader_;
  const http::ByteRange part_;
  uint64_t given_ = 0;
};

// Any bytes are a file: a type other than JSON is none of our business.
std::string PathOf(const http::Request& request) {
  return tracking::CheckedArtifactPath(request.PathParam("path"));
}

}  // namespace

Json RenderFilesBelow(const tracking::ArtifactStore& artifacts, const std::string& root_uri,
                      const std::string& path) {
  const std::string below = tracking::CheckedArtifactPath(path);
  const std::string root = tracking::PathOfArtifactUri(root_uri);
  Json json = RenderFiles(artifacts.List(below.empty() ? root : StrCat(root, "/", below)), below);
  json["root_uri"] = root_uri;
  return json;
}

http::Response ArtifactService::Upload(const http::Request& request) const {
  const auto file = artifacts_.Create(PathOf(request));
  http::ForEachPiece(request, [&](std::string_view piece) { file->Write(piece); });
  file->Commit();
  return NothingToSay();
}

http::Response ArtifactService::Download(const http::Request& request) const {
  auto reader = artifacts_.Open(PathOf(request));
  const storage::ObjectInfo info = reader->info();
  const std::string name = info.key.substr(info.key.rfind('/') + 1);
  const auto size = static_cast<uint64_t>(info.size_bytes);
  const std::optional<http::ByteRange> range = http::RangeOf(request, size);
  http::Response response;
  response.content_type = ContentTypeOf(name);
  response.headers = {{"Content-Disposition", AttachmentNamed(name)},
                      {"Accept-Ranges", "bytes"},
                      {"ETag", StrCat("\"", info.modified_ms, "-", info.size_bytes, "\"")},
                      {"Last-Modified", http::HttpDate(info.modified_ms / 1000)}};
  if (range) {
    response.status = 206;
    response.headers.push_back({"Content-Range", http::ContentRange(*range, size)});
  }
  response.source =
      std::make_shared<ArtifactSource>(std::move(reader), range.value_or(http::ByteRange{0, size}));
  return response;
}

http::Response ArtifactService::List(const http::Request& request) const {
  const std::string path = TrackingFields::Of(request).Text("path");
  return http::Json(RenderFiles(artifacts_.List(tracking::CheckedArtifactPath(path)), ""));
}

http::Response ArtifactService::Delete(const http::Request& request) const {
  artifacts_.Delete(PathOf(request));
  return NothingToSay();
}

http::Response ArtifactService::ListOfRun(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  const std::string root = store_.GetRun(RunIdOf(fields)).info.artifact_uri;
  return http::Json(RenderFilesBelow(artifacts_, root, fields.Text("path")));
}

http::Response ArtifactService::RefuseMultipart(const http::Request&) const {
  throw http::StatusError(501, Code::kUnimplemented,
                          "Multipart upload is not supported for the current artifact repository",
                          "send the file in one piece, of any size");
}

}  // namespace marquee
