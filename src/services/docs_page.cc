#include "services/docs_page.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "http/params.h"
#include "services/embedded_file.h"

namespace marquee {
namespace {

std::string_view FileText(std::string_view path) {
  const std::span<const EmbeddedFile> files = EmbeddedFiles();
  return std::ranges::find(files, path, &EmbeddedFile::path)->text;
}

// A scalar as YAML 1.2 types it (the core schema); yaml-cpp marks what was quoted with "!".
Json ScalarOf(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;
  if (text == "true" || text == "false") return text == "true";
  if (const auto whole = ParseInt(text)) return *whole;
  if (const auto number = ParseDouble(text)) return *number;
  return text;
}

Json JsonOf(const YAML::Node& node) {
  if (node.IsNull()) return Json();
  if (node.IsScalar()) return ScalarOf(node);
  if (node.IsSequence()) {
    Json array = Json::MakeArray();
    for (const YAML::Node& element : node) array.Append(JsonOf(element));
    return array;
  }
  Json object = Json::MakeObject();
  for (const auto& entry : node) object[entry.first.Scalar()] = JsonOf(entry.second);
  return object;
}

std::string OpenApiAsJson() {
  try {
    return JsonOf(YAML::Load(std::string(FileText("api/openapi.yaml")))).Dump();
  } catch (const YAML::Exception& error) {
    throw Error(Code::kInternal, StrCat("api/openapi.yaml: ", error.what()));
  }
}

}  // namespace

http::Response DocsPage(const http::Request& request) {
  http::RequireKnownQuery(request, {});
  http::Response response = http::Html(std::string(FileText("src/services/docs_page.html")));
  response.headers.push_back(
      {"Content-Security-Policy",
       "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src "
       "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"});
  return response;
}

http::Response OpenApiJson(const http::Request& request) {
  static const std::string text = OpenApiAsJson();
  http::RequireKnownQuery(request, {});
  return http::JsonText(text);
}

http::Response OpenApiYaml(const http::Request& request) {
  http::RequireKnownQuery(request, {});
  http::Response response;
  response.content_type = "application/yaml; charset=utf-8";
  response.body = FileText("api/openapi.yaml");
  return response;
}

}  // namespace marquee
