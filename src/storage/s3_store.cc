#include "storage/s3_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/text.h"
#include "storage/s3_client.h"
#include "storage/s3_stream.h"
#include "storage/s3_xml.h"

namespace marquee::storage {
namespace {

// What other tools put there to show a folder, or what no key of ours can be.
bool IsMarker(std::string_view key) { return key.empty() || key.ends_with('/'); }

}  // namespace

S3Store::S3Store(S3Options options, const Clock& clock)
    : client_(std::make_shared<const S3Client>(std::move(options), clock)) {}

S3Store::~S3Store() = default;

std::string S3Store::Get(std::string_view key) const {
  CheckKey(key);
  return client_->Call({.method = "GET", .key = client_->WholeKey(key)}).body;
}

std::unique_ptr<ObjectReader> S3Store::Open(std::string_view key) const {
  CheckKey(key);
  std::optional<S3Head> head = HeadOf(*client_, key);
  if (head) return std::make_unique<S3Reader>(client_, std::move(*head));
  // HEAD has no body to say whether it is the object or the bucket that is missing.
  client_->Call(
      {.method = "GET", .key = client_->WholeKey(key), .headers = {{"Range", "bytes=0-0"}}});
  throw Error(Code::kNotFound, StrCat("the object ", key, " was not there a moment ago"),
              "try again");
}

bool S3Store::PutIfAbsent(std::string_view key, std::string_view bytes, int64_t) {
  CheckKey(key);
  const std::string writer = NewRunId();
  const S3Answer answer =
      client_->Call({.method = "PUT",
                     .key = client_->WholeKey(key),
                     .headers = {{"If-None-Match", "*"}, {std::string(kWriterHeader), writer}},
                     .body = std::string(bytes)},
                    {412});
  if (answer.status != 412) return true;
  // An attempt whose answer was lost may have created it: libcurl too repeats what a kept
  // connection did not answer.
  const std::optional<S3Head> head = HeadOf(*client_, key);
  return head && head->writer == writer;
}

void S3Store::Put(std::string_view key, std::string_view bytes) {
  CheckKey(key);
  client_->Call({.method = "PUT", .key = client_->WholeKey(key), .body = std::string(bytes)});
}

std::unique_ptr<ObjectWriter> S3Store::Create(std::string_view key) {
  CheckKey(key);
  return std::make_unique<S3Writer>(client_, std::string(key));
}

void S3Store::Delete(std::string_view key) {
  CheckKey(key);
  S3Request request{.method = "DELETE", .key = client_->WholeKey(key)};
  const S3Answer answer = client_->Call(request, {404});
  const std::optional<S3Fault> fault = ParseFault(answer.body);
  if (fault && fault->code == "NoSuchBucket") client_->ThrowFault(request, answer.status, *fault);
}

void S3Store::DeleteFolder(std::string_view folder) {
  CheckKey(folder);
  ForEachPage(WholePrefix(PrefixOf(folder)), false,
              [&](const ObjectPage& page) { DeleteAll(page.objects); });
}

void S3Store::DeleteAll(const std::vector<ObjectInfo>& objects) const {
  if (objects.empty()) return;
  std::vector<std::string> keys;
  for (const ObjectInfo& object : objects) keys.push_back(object.key);
  S3Request request{.method = "POST", .query = {{"delete", ""}}, .body = WriteDelete(keys)};
  request.headers = {{"Content-MD5", ToBase64(HashBytes(HashKind::kMd5, request.body))}};
  const S3Answer answer = client_->Call(request);
  if (const auto fault = ParseDeleteResult(answer.body)) {
    client_->ThrowFault(request, answer.status, *fault);
  }
}

std::optional<ObjectInfo> S3Store::Stat(std::string_view key) const {
  CheckKey(key);
  std::optional<S3Head> head = HeadOf(*client_, key);
  if (!head) return std::nullopt;
  return std::move(head->info);
}

std::string S3Store::WholePrefix(std::string_view prefix) const {
  const std::string& own = client_->options().prefix;
  return own.empty() ? std::string(prefix) : StrCat(own, "/", prefix);
}

// Calls visit(page) for each page of what is below a whole prefix.
template <typename Visit>
void S3Store::ForEachPage(const std::string& prefix, bool one_level, const Visit& visit) const {
  std::string token;
  do {
    S3Request request{.method = "GET",
                      .query = {{"list-type", "2"},
                                {"max-keys", StrCat(client_->options().page_size)},
                                {"prefix", prefix}}};
    if (one_level) request.query.push_back({"delimiter", "/"});
    if (!token.empty()) request.query.push_back({"continuation-token", token});
    ObjectPage page = ParseObjectPage(client_->Call(std::move(request)).body);
    token = std::exchange(page.next, {});
    visit(page);
  } while (!token.empty());
}

std::vector<ObjectInfo> S3Store::List(std::string_view prefix) const {
  const size_t slash = prefix.rfind('/');
  if (slash != std::string_view::npos) CheckKey(prefix.substr(0, slash));
  const size_t own = WholePrefix("").size();
  std::vector<ObjectInfo> found;
  ForEachPage(WholePrefix(prefix), false, [&](ObjectPage& page) {
    for (ObjectInfo& object : page.objects) {
      object.key.erase(0, own);
      if (!IsMarker(object.key)) found.push_back(std::move(object));
    }
  });
  // Amazon lists by key; a gateway over folders need not.
  std::ranges::sort(found, {}, &ObjectInfo::key);
  return found;
}

FolderListing S3Store::ListFolder(std::string_view folder) const {
  const std::string prefix = WholePrefix(PrefixOf(folder));
  const size_t own = WholePrefix("").size();
  FolderListing listing;
  ForEachPage(prefix, true, [&](ObjectPage& page) {
    for (ObjectInfo& object : page.objects) {
      object.key.erase(0, own);
      if (!IsMarker(object.key)) listing.objects.push_back(std::move(object));
    }
    for (const std::string& whole : page.folders) {
      std::string name = whole.substr(prefix.size());
      if (name.ends_with('/')) name.pop_back();
      if (!name.empty()) listing.folders.push_back(std::move(name));
    }
  });
  std::ranges::sort(listing.objects, {}, &ObjectInfo::key);
  std::ranges::sort(listing.folders);
  return listing;
}

std::vector<std::string> S3Store::Folders(std::string_view folder) const {
  return ListFolder(folder).folders;
}

int64_t S3Store::RemoveLeftovers(std::string_view folder, int64_t older_than_ms) {
  const std::string prefix = WholePrefix(PrefixOf(folder));
  std::vector<Upload> old;
  UploadPage page;
  do {
    S3Request request{.method = "GET", .query = {{"uploads", ""}, {"prefix", prefix}}};
    if (!page.next_key.empty()) {
      request.query.push_back({"key-marker", page.next_key});
      request.query.push_back({"upload-id-marker", page.next_id});
    }
    page = ParseUploadPage(client_->Call(std::move(request)).body);
    std::ranges::copy_if(page.uploads, std::back_inserter(old),
                         [&](const Upload& upload) { return upload.begun_ms < older_than_ms; });
  } while (!page.next_key.empty());
  for (const Upload& upload : old) {
    client_->Call({.method = "DELETE", .key = upload.key, .query = {{"uploadId", upload.id}}},
                  {404});
  }
  return static_cast<int64_t>(old.size());
}

}  // namespace marquee::storage
