#include <array>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "lake/actions.h"

namespace marquee::lake {
namespace {

constexpr std::array<std::string_view, 1> kReaderFeatures = {"timestampNtz"};
// Writer features that ask nothing of us unless the table uses them, which is checked.
constexpr std::array<std::string_view, 3> kWriterFeatures = {"timestampNtz", "appendOnly",
                                                             "invariants"};

template <size_t n>
bool IsKnown(const std::array<std::string_view, n>& known, std::string_view feature) {
  for (const std::string_view name : known) {
    if (name == feature) return true;
  }
  return false;
}

[[noreturn]] void Lack(std::string_view use, std::string_view feature) {
  throw Error(Code::kFailedPrecondition,
              StrCat(use, " this table needs feature ", feature, ", which is not supported"),
              "drop the feature with the program that wrote the table, or copy its rows to a new "
              "table");
}

std::string Configured(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.configuration.find(key);
  return found == metadata.configuration.end() ? std::string() : found->second;
}

}  // namespace

void CheckReadable(const Protocol& protocol, const Metadata& metadata) {
  for (const std::string& feature : protocol.reader_features) {
    if (!IsKnown(kReaderFeatures, feature)) Lack("reading", feature);
  }
  const std::string mapping = Configured(metadata, "delta.columnMapping.mode");
  if (!mapping.empty() && mapping != "none") Lack("reading", "columnMapping");
  if (protocol.min_reader_version == 2) return;  // column mapping, which is off
  if (protocol.min_reader_version < 1 || protocol.min_reader_version > 3) {
    Lack("reading", StrCat("minReaderVersion ", protocol.min_reader_version));
  }
}

void CheckWritable(const Protocol& protocol, const Metadata& metadata) {
  CheckReadable(protocol, metadata);
  for (const std::string& feature : protocol.writer_features) {
    if (!IsKnown(kWriterFeatures, feature)) Lack("writing", feature);
  }
  if (protocol.min_writer_version > 2 && protocol.min_writer_version != 7) {
    Lack("writing", StrCat("minWriterVersion ", protocol.min_writer_version));
  }
  if (metadata.schema_string.find("\"delta.invariants\"") != std::string::npos) {
    Lack("writing", "invariants");
  }
}

}  // namespace marquee::lake
