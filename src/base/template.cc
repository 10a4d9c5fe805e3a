#include "base/template.h"

#include "base/error.h"
#include "base/text.h"

namespace marquee {

void ForEachTemplatePart(std::string_view text, const std::function<void(std::string_view)>& plain,
                         const std::function<void(std::string_view name)>& named) {
  while (true) {
    const size_t open = text.find("{{");
    plain(text.substr(0, open));
    if (open == std::string_view::npos) return;
    const size_t close = text.find("}}", open);
    if (close == std::string_view::npos) {
      throw Error(Code::kInvalidArgument,
                  StrCat("'", text.substr(open, 40), "' begins a template that does not end"),
                  "write {{ name }}");
    }
    named(Trim(text.substr(open + 2, close - open - 2)));
    text = text.substr(close + 2);
  }
}

}  // namespace marquee
