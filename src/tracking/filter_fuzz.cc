// Fuzz target: filters and orders of every scope. What is taken is whole; what is not is refused.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/error.h"
#include "tracking/filter.h"

namespace marquee::tracking {
namespace {

void Filter(const std::string& text, const SearchScope& scope) {
  try {
    for (const Comparison& comparison : ParseFilter(text, scope)) {
      const bool is_null_test = comparison.comparator == Comparator::kIsNull ||
                                comparison.comparator == Comparator::kIsNotNull;
      MARQUEE_CHECK(is_null_test == std::holds_alternative<std::monostate>(comparison.value));
    }
  } catch (const Error& error) {
    MARQUEE_CHECK(error.code() == Code::kInvalidArgument);
  }
}

void OrderBy(const std::string& text, const SearchScope& scope) {
  try {
    MARQUEE_CHECK(ParseOrderBy({&text, 1}, scope).size() == 1);
  } catch (const Error& error) {
    MARQUEE_CHECK(error.code() == Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace marquee::tracking

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const auto* scope :
       {&marquee::tracking::RunScope(), &marquee::tracking::ModelVersionScope()}) {
    marquee::tracking::Filter(text, *scope);
    marquee::tracking::OrderBy(text, *scope);
  }
  return 0;
}
