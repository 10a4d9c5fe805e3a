// Tokens and key sets as strangers write them: refused or read, never a crash.
#include <cstddef>
#include <cstdint>

#include "auth/jose.h"
#include "base/error.h"
#include "http/url.h"

using namespace marquee;

namespace {

void Try(auto function) {
  try {
    function();
  } catch (const Error&) {
  }
}

const auth::KeySet& Keys() {
  static const auth::KeySet keys = auth::KeySet::Parse(
      R"({"keys": [{"kty": "EC", "kid": "e", "crv": "P-256",
          "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
          "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
  return keys;
}

}  // namespace

// The first byte chooses what the rest is.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      Try([&] { Keys().Verify(text); });
      break;
    case 1:
      Try([&] { auth::KeySet::Parse(text); });
      break;
    default:
      Try([&] { http::ParseQuery(text); });
  }
  return 0;
}
