// Texts of channels with what a message says put in: "{{ title }}".
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "notify/message.h"

namespace marquee::notify {

// What names in a file of channels may be.
struct TemplateNames {
  std::vector<std::string> known;                       // of messages
  std::function<const char*(const char*)> environment;  // of {{ env.NAME }}
};

// `text` with {{ env.NAME }} and {{ file.PATH }} put in, the last line end of a file left out;
// other names are refused, so for what is no text of a message. Throws invalid_argument that names
// a variable which is not set, and what ReadFile throws.
std::string ResolveSecrets(std::string_view text, const TemplateNames& names);

// Immutable.
class TextTemplate {
 public:
  TextTemplate() = default;
  // Resolves secrets at once; they are not looked at for names again. Throws invalid_argument for a
  // name that is not known, with those that are.
  TextTemplate(std::string_view text, const TemplateNames& names);

  bool empty() const { return parts_.empty(); }
  // A name of which the message has nothing is "".
  std::string Render(const Message& message) const;
  // The same as HTML: values are no markup.
  std::string RenderHtml(const Message& message) const;
  // The value itself, of whatever type, when the text is one name.
  Json RenderValue(const Message& message) const;

 private:
  struct Part {
    bool is_name;
    std::string text;
  };
  std::vector<Part> parts_;
};

// A JSON value whose texts are templates. Immutable.
class JsonTemplate {
 public:
  JsonTemplate() = default;
  // Throws as TextTemplate does.
  JsonTemplate(const Json& value, const TemplateNames& names);
  Json Render(const Message& message) const;

 private:
  Json plain_;  // of what is no text, array or object
  enum class Kind { kPlain, kText, kArray, kObject } kind_ = Kind::kPlain;
  TextTemplate text_;
  std::vector<std::pair<std::string, JsonTemplate>> children_;
};

}  // namespace marquee::notify
