#include "http/message.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/text.h"

namespace marquee::http {
namespace {

struct Status {
  int number;
  std::string_view phrase;
};

constexpr std::array kStatuses = std::to_array<Status>({
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
});

bool SameName(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::optional<std::string_view> Request::FindHeader(std::string_view name) const {
  for (const Header& header : headers) {
    if (SameName(header.name, name)) return header.value;
  }
  return std::nullopt;
}

const std::string& Request::PathParam(std::string_view name) const {
  const auto found = std::ranges::find(path_params, name, &Param::name);
  MARQUEE_CHECK(found != path_params.end());
  return found->value;
}

std::optional<std::string_view> Request::FindQuery(std::string_view name) const {
  const std::vector<std::string_view> values = AllQuery(name);
  if (values.size() > 1) {
    throw Error(Code::kInvalidArgument,
                StrCat("query parameter '", name, "' is given ", values.size(), " times"),
                "give it once");
  }
  if (values.empty()) return std::nullopt;
  return values.front();
}

std::vector<std::string_view> Request::AllQuery(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Param& param : query) {
    if (param.name == name) values.push_back(param.value);
  }
  return values;
}

Response Json(const marquee::Json& body, int status) { return JsonText(body.Dump(), status); }

Response JsonText(std::string text, int status) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(text);
  return response;
}

Response Html(std::string text) {
  Response response;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::move(text);
  return response;
}

Response Problem(const Error& error, int status, std::string_view request_id) {
  const bool inside = error.code() == Code::kInternal;
  const std::string message = inside ? "something went wrong inside" : error.message();
  const std::string hint =
      inside ? StrCat("the server's log has the cause, with request id ", request_id)
             : error.hint();
  Response response = Json(marquee::Json::MakeObject({
                               {"type", "about:blank"},
                               {"title", ReasonPhrase(status)},
                               {"status", status},
                               {"detail", message},
                               {"code", CodeName(error.code())},
                               {"message", message},
                               {"hint", hint},
                               {"request_id", request_id},
                           }),
                           status);
  response.content_type = "application/problem+json";
  return response;
}

std::string_view ReasonPhrase(int status) {
  const auto found = std::ranges::find(kStatuses, status, &Status::number);
  return found == kStatuses.end() ? std::string_view() : found->phrase;
}

}  // namespace marquee::http
