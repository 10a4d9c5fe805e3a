#include "tracking/run_names.h"

#include <array>
#include <cstdint>

#include "base/hash.h"
#include "base/text.h"

namespace marquee::tracking {
namespace {

constexpr std::array kHow = std::to_array<std::string_view>(
    {"able",   "amused", "bold",  "brave",  "bright", "calm",  "clean",  "clever", "crisp", "eager",
     "early",  "fair",   "fleet", "gentle", "grand",  "handy", "honest", "jolly",  "keen",  "kind",
     "lively", "lucky",  "merry", "mellow", "nimble", "noble", "polite", "proud",  "quick", "quiet",
     "rapid",  "rare",   "sharp", "silent", "smart",  "snug",  "steady", "strong", "sunny", "swift",
     "tidy",   "upbeat", "valid", "vivid",  "warm",   "wise",  "witty",  "zesty"});
constexpr std::array kWho = std::to_array<std::string_view>(
    {"badger", "bat",  "bear",  "bee",   "bison", "boar",   "cat",   "colt",  "crab",  "crane",
     "crow",   "deer", "dove",  "eel",   "elk",   "falcon", "finch", "fox",   "frog",  "gnu",
     "goose",  "hare", "hawk",  "heron", "horse", "ibis",   "jay",   "koala", "lark",  "lion",
     "lynx",   "mole", "moose", "newt",  "otter", "owl",    "panda", "pike",  "quail", "raven",
     "robin",  "seal", "shrew", "snail", "stork", "swan",   "toad",  "wren"});

}  // namespace

std::string NameForRun(std::string_view run_id) {
  const uint64_t hash = Fnv1a(run_id);
  return StrCat(kHow[hash % kHow.size()], "-", kWho[hash / 64 % kWho.size()], "-",
                hash / 4096 % 1000);
}

}  // namespace marquee::tracking
