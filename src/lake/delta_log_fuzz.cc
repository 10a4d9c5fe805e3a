// Bytes as the commits of a Delta log: whatever they are, only an Error may come of them.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "lake/actions.h"
#include "lake/delta_path.h"
#include "lake/snapshot.h"

namespace marquee::lake {
namespace {

// Commits are separated by a line "---".
void ReplayAll(std::string_view bytes) {
  TableState state;
  for (const std::string_view commit : Split(bytes, "\n---\n")) {
    const std::vector<Action> actions = ParseCommit(commit, "fuzz.json");
    const std::vector<Action> again = ParseCommit(FormatCommit(actions) + "{}", "again.json");
    if (again.size() != actions.size()) __builtin_trap();
    state.Apply(actions);
    ++state.version;
  }
  if (!state.protocol || !state.metadata) return;
  CheckReadable(*state.protocol, *state.metadata);
  ScanSql(MakeSnapshot("fuzz.table", state), "/nowhere");
}

}  // namespace
}  // namespace marquee::lake

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  marquee::lake::ParseLogName(bytes);
  try {
    marquee::lake::ReplayAll(bytes);
  } catch (const marquee::Error&) {
  }
  return 0;
}
