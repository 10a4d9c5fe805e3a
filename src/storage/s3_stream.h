// Internal: objects of S3 that are read and written in parts.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/object_store.h"
#include "storage/s3_client.h"

namespace marquee::storage {

// Marks an object as the work of one writer, so that whoever gets no answer can ask whose it is.
inline constexpr std::string_view kWriterHeader = "x-amz-meta-marquee-writer";

// What HEAD says of an object.
struct S3Head {
  ObjectInfo info;
  std::string tag;     // ETag
  std::string writer;  // kWriterHeader
};
// Nothing for a missing object. One round trip.
std::optional<S3Head> HeadOf(const S3Client& client, std::string_view key);

// Reads by ranges; those that go on where the last one ended are fetched in larger and larger
// blocks, up to 4 MiB, and handed out from there. At most a round trip a Read.
class S3Reader : public ObjectReader {
 public:
  S3Reader(std::shared_ptr<const S3Client> client, S3Head head);
  std::string Read(int64_t offset, size_t max_bytes) override;

 private:
  std::string Fetch(int64_t offset, size_t bytes) const;

  const std::shared_ptr<const S3Client> client_;
  const std::string tag_;
  std::string block_;
  int64_t block_at_ = 0;
  int64_t next_ = 0;  // where the last Read ended
  size_t ahead_;
};

// One PUT when it is small; otherwise an upload in parts, given up by the destructor when there was
// no Commit. Memory of one part. Write sends a part when it is full, and waits for it.
class S3Writer : public ObjectWriter {
 public:
  S3Writer(std::shared_ptr<const S3Client> client, std::string key);
  ~S3Writer() override;
  S3Writer(const S3Writer&) = delete;
  S3Writer& operator=(const S3Writer&) = delete;

  void Write(std::string_view bytes) override;
  void Commit() override;

 private:
  size_t PartBytes() const;
  void Begin();
  void SendPart();
  void Complete();

  const std::shared_ptr<const S3Client> client_;
  const std::string key_;
  const std::string id_;  // kWriterHeader
  std::string part_;
  std::string upload_id_;          // "": nothing was sent
  std::vector<std::string> tags_;  // of the parts that were sent
};

}  // namespace marquee::storage
