#include "base/cancel.h"

#include "base/error.h"
#include "base/text.h"

namespace marquee {

void CancelToken::ThrowIfRequested(std::string_view what) const {
  if (requested()) throw Error(Code::kCancelled, StrCat(what, " was cancelled"));
}

}  // namespace marquee
