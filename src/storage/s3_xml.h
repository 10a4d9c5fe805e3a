// The XML of S3's answers, and of what is sent. Pure functions; what cannot be read throws
// unavailable: whoever answered is no S3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/object_store.h"

namespace marquee::storage {

// <Error>: what S3 says went wrong.
struct S3Fault {
  std::string code;         // "NoSuchKey"
  std::string message;      // for people
  std::string region = {};  // where the bucket is, when that is what is wrong
};

// Nothing when the answer is none.
std::optional<S3Fault> ParseFault(std::string_view xml);

// <ListBucketResult>
struct ObjectPage {
  std::vector<ObjectInfo> objects;   // with whole keys
  std::vector<std::string> folders;  // whole, with '/' at the end
  std::string next = {};             // the token of the next page; "": this is the last
};
ObjectPage ParseObjectPage(std::string_view xml);

struct Upload {
  std::string key;
  std::string id;
  int64_t begun_ms;
};
// <ListMultipartUploadsResult>
struct UploadPage {
  std::vector<Upload> uploads;
  std::string next_key = {};  // "": this is the last
  std::string next_id = {};
};
UploadPage ParseUploadPage(std::string_view xml);

// <InitiateMultipartUploadResult>: its UploadId.
std::string ParseUploadId(std::string_view xml);
// <CompleteMultipartUpload>: the tags of parts 1, 2, ...
std::string WriteParts(const std::vector<std::string>& tags);

// <Delete>, quietly: only what goes wrong is answered.
std::string WriteDelete(const std::vector<std::string>& keys);
// <DeleteResult>: the first that went wrong.
std::optional<S3Fault> ParseDeleteResult(std::string_view xml);

}  // namespace marquee::storage
