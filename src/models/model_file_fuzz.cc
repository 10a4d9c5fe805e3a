// LoadModel of arbitrary bytes: only an Error may escape, and what loads can be used. Each input is
// tried as it is, and once more with its checksums made right, without which no mutation would get
// past them.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "models/registry.h"

namespace marquee {
namespace {

constexpr size_t kHeaderSize = 128;
constexpr size_t kFooterSize = 96;
constexpr size_t kDigestSize = 64;

void SignSections(std::string_view body, Json* contents) {
  if (contents->Find("sections") == nullptr || !contents->At("sections").is_array()) return;
  for (Json& section : (*contents)["sections"].AsArray()) {
    if (!section.is_object()) continue;
    const auto offset = static_cast<uint64_t>(section.GetInt("offset"));
    const auto size = static_cast<uint64_t>(section.GetInt("bytes"));
    if (offset > body.size() || size > body.size() - offset) continue;
    section["sha256"] = HashHex(HashKind::kSha256, body.substr(offset, size));
  }
}

// `bytes` with the checksums it should have; as it is when it has no table of contents to sign.
std::string Signed(std::string bytes) {
  if (bytes.size() < kHeaderSize + kFooterSize) return bytes;
  const std::string_view header(bytes.data(), kHeaderSize - kDigestSize);
  bytes.replace(kHeaderSize - kDigestSize, kDigestSize, HashHex(HashKind::kSha256, header));
  uint64_t toc_offset = 0;
  std::string footer = bytes.substr(bytes.size() - kFooterSize, kFooterSize - kDigestSize);
  std::memcpy(&toc_offset, footer.data(), sizeof toc_offset);
  const size_t end = bytes.size() - kFooterSize;
  if (toc_offset < kHeaderSize || toc_offset > end) return bytes;
  std::string toc = bytes.substr(toc_offset, end - toc_offset);
  bytes.resize(toc_offset);
  try {
    Json contents = Json::Parse(toc);
    SignSections(bytes, &contents);
    toc = contents.Dump();
  } catch (const Error&) {
    // Signed as it is: the reader has to refuse it.
  }
  const uint64_t toc_size = toc.size();
  std::memcpy(footer.data() + sizeof toc_offset, &toc_size, sizeof toc_size);
  return bytes + toc + footer + HashHex(HashKind::kSha256, toc + footer);
}

void LoadAndUse(std::string_view bytes) {
  try {
    const std::unique_ptr<Model> model = LoadModelBytes(bytes, "fuzz");
    const int32_t n = model->items().size();
    if (n == 0) return;
    const std::vector<int32_t> columns = {0, n};
    const std::vector<float> values = {4, 5};
    const std::vector<int64_t> times = {1, 2};
    const SparseRow history{columns, values, times};
    std::vector<float> scores(static_cast<size_t>(n));
    model->Score(history, scores);
    model->Score({}, scores);
    model->SimilarItems(n - 1, 3);
    model->Explain(history, n - 1, 3);
    const std::vector<RatingQuery> queries = {{n - 1, 3}};
    model->PredictRatings(history, queries);
    const std::vector<std::string> features = {"clan=0", "clan=1"};
    model->FoldWith({}, features)->Score(scores);
    model->PredictRatingsWith(history, features, queries);
  } catch (const Error&) {
    // Refused, as it should be.
  }
}

}  // namespace
}  // namespace marquee

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  marquee::LoadAndUse(bytes);
  marquee::LoadAndUse(marquee::Signed(bytes));
  return 0;
}
