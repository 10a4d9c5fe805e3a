#include "notify/text_template.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/template.h"
#include "base/text.h"

namespace marquee::notify {
namespace {

// What a name stands for whatever the message.
std::optional<std::string> SecretOf(std::string_view name, const TemplateNames& names) {
  if (name.starts_with("env.")) {
    const std::string variable(name.substr(4));
    if (const char* const value = names.environment(variable.c_str())) return value;
    throw Error(Code::kInvalidArgument,
                StrCat("'{{ ", name, " }}': the environment has no ", variable), "set it");
  }
  if (!name.starts_with("file.")) return std::nullopt;
  std::string bytes = ReadFile(std::string(name.substr(5)));
  while (bytes.ends_with('\n') || bytes.ends_with('\r')) bytes.pop_back();
  return bytes;
}

[[noreturn]] void RefuseUnknownName(std::string_view name, const std::vector<std::string>& known) {
  throw Error(Code::kInvalidArgument,
              StrCat("'{{ ", name, " }}' is not known", DidYouMean(name, known)),
              StrCat("there are ", known.empty() ? "" : StrCat(Join(known, ", "), ", "),
                     "env.NAME and file.PATH"));
}

std::string AsHtml(std::string text) {
  text = ReplaceAll(ReplaceAll(text, "&", "&amp;"), "<", "&lt;");
  return ReplaceAll(ReplaceAll(text, ">", "&gt;"), "\"", "&quot;");
}

std::string ShownText(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.AsString();
  if (!value.is_array()) return value.Dump();
  std::vector<std::string> parts;
  for (const Json& element : value.AsArray()) parts.push_back(ShownText(element));
  return Join(parts, ", ");
}

}  // namespace

std::string ResolveSecrets(std::string_view text, const TemplateNames& names) {
  std::string out;
  ForEachTemplatePart(
      text, [&](std::string_view plain) { out += plain; },
      [&](std::string_view name) {
        const auto secret = SecretOf(name, names);
        if (!secret) RefuseUnknownName(name, {});
        out += *secret;
      });
  return out;
}

TextTemplate::TextTemplate(std::string_view text, const TemplateNames& names) {
  ForEachTemplatePart(
      text,
      [&](std::string_view plain) {
        if (!plain.empty()) parts_.push_back({false, std::string(plain)});
      },
      [&](std::string_view name) {
        if (auto secret = SecretOf(name, names)) {
          parts_.push_back({false, *std::move(secret)});
        } else if (std::ranges::find(names.known, name) != names.known.end()) {
          parts_.push_back({true, std::string(name)});
        } else {
          RefuseUnknownName(name, names.known);
        }
      });
}

std::string TextTemplate::Render(const Message& message) const {
  std::string out;
  for (const Part& part : parts_) {
    out += part.is_name ? ShownText(message.Value(part.text)) : part.text;
  }
  return out;
}

std::string TextTemplate::RenderHtml(const Message& message) const {
  std::string out;
  for (const Part& part : parts_) {
    out += part.is_name ? AsHtml(ShownText(message.Value(part.text))) : part.text;
  }
  return out;
}

Json TextTemplate::RenderValue(const Message& message) const {
  if (parts_.size() == 1 && parts_.front().is_name) return message.Value(parts_.front().text);
  return Render(message);
}

JsonTemplate::JsonTemplate(const Json& value, const TemplateNames& names) : plain_(value) {
  if (value.is_string()) {
    kind_ = Kind::kText;
    text_ = TextTemplate(value.AsString(), names);
  } else if (value.is_array()) {
    kind_ = Kind::kArray;
    for (const Json& each : value.AsArray()) children_.emplace_back("", JsonTemplate(each, names));
  } else if (value.is_object()) {
    kind_ = Kind::kObject;
    for (const auto& [key, each] : value.AsObject()) {
      children_.emplace_back(key, JsonTemplate(each, names));
    }
  }
}

Json JsonTemplate::Render(const Message& message) const {
  if (kind_ == Kind::kText) return text_.RenderValue(message);
  if (kind_ == Kind::kPlain) return plain_;
  Json json = kind_ == Kind::kArray ? Json::MakeArray() : Json::MakeObject();
  for (const auto& [key, child] : children_) {
    if (kind_ == Kind::kArray) {
      json.Append(child.Render(message));
    } else {
      json[key] = child.Render(message);
    }
  }
  return json;
}

}  // namespace marquee::notify
