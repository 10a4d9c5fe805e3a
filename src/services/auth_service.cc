#include "services/auth_service.h"

#include <array>

#include "auth/secrets.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "http/params.h"
#include "http/url.h"

namespace marquee {
namespace {

constexpr int64_t kMaxExpirySeconds = int64_t{100} * 365 * 86'400;

Json TimeOrNull(int64_t ms) { return ms == 0 ? Json() : Json(FormatUtc(ms)); }

// A form field, at most once (RFC 6749, section 3.2).
std::string FormField(const std::vector<http::Param>& form, std::string_view name) {
  std::string value;
  bool found = false;
  for (const http::Param& param : form) {
    if (param.name != name) continue;
    if (found) throw auth::GrantError(400, "invalid_request", StrCat(name, " is given twice"));
    found = true;
    value = param.value;
  }
  return value;
}

std::vector<http::Param> FormOf(const http::Request& request) {
  const std::string type = AsciiLower(request.FindHeader("Content-Type").value_or(""));
  if (!type.starts_with("application/x-www-form-urlencoded")) {
    throw auth::GrantError(400, "invalid_request",
                           "the body must be a form: Content-Type "
                           "application/x-www-form-urlencoded");
  }
  try {
    return http::ParseQuery(request.body);
  } catch (const Error&) {
    throw auth::GrantError(400, "invalid_request", "the body is no form");
  }
}

// Standard base64, with or without padding, as base64url without.
std::string Base64UrlOf(std::string_view base64) {
  while (base64.ends_with('=')) base64.remove_suffix(1);
  return ReplaceAll(ReplaceAll(base64, "+", "-"), "/", "_");
}

// RFC 6749, section 2.3.1: both parts are form-encoded before they are put together.
void ReadBasic(const http::Request& request, auth::GrantRequest* grant) {
  const std::string_view header = request.FindHeader("Authorization").value_or("");
  if (AsciiLower(header.substr(0, 6)) != "basic ") return;
  const std::optional<std::string> text = auth::FromBase64Url(Base64UrlOf(Trim(header.substr(6))));
  const size_t colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    throw auth::GrantError(401, "invalid_client", "Authorization: Basic is malformed");
  }
  try {
    grant->client_id = http::PercentDecode(text->substr(0, colon), "client_id");
    grant->client_secret = http::PercentDecode(text->substr(colon + 1), "client_secret");
  } catch (const Error&) {
    throw auth::GrantError(401, "invalid_client", "Authorization: Basic is malformed");
  }
}

auth::GrantRequest GrantRequestOf(const http::Request& request) {
  const std::vector<http::Param> form = FormOf(request);
  auth::GrantRequest grant{.grant_type = FormField(form, "grant_type"),
                           .username = FormField(form, "username"),
                           .password = FormField(form, "password"),
                           .client_id = FormField(form, "client_id"),
                           .client_secret = FormField(form, "client_secret"),
                           .refresh_token = FormField(form, "refresh_token"),
                           .scope = FormField(form, "scope"),
                           .address = request.remote_address};
  ReadBasic(request, &grant);
  return grant;
}

Json RenderGrant(const auth::GrantAnswer& answer) {
  Json json = Json::MakeObject({{"access_token", answer.access_token},
                                {"token_type", "Bearer"},
                                {"expires_in", answer.expires_in_s},
                                {"scope", answer.scope}});
  if (!answer.refresh_token.empty()) json["refresh_token"] = answer.refresh_token;
  return json;
}

http::Response NotStored(http::Response response) {
  response.headers.push_back({"Cache-Control", "no-store"});
  response.headers.push_back({"Pragma", "no-cache"});
  return response;
}

http::Response RenderGrantError(std::string_view error, const http::StatusError& why) {
  http::Response response = http::Json(
      Json::MakeObject({{"error", error}, {"error_description", why.message()}}), why.status());
  response.headers = why.headers();
  if (why.status() == 401) {
    response.headers.push_back({"WWW-Authenticate", R"(Basic realm="marquee")"});
  }
  return NotStored(std::move(response));
}

http::Role RoleField(const Json& body) {
  const Json& role = body.At("role");
  const std::optional<http::Role> parsed =
      role.is_string() ? http::ParseRole(role.AsString()) : std::nullopt;
  if (!parsed) RefuseField("role", role, "viewer, service, operator or admin");
  return *parsed;
}

auth::KeyInfo WantedKey(const Json& body, int64_t now_ms) {
  static const std::array<std::string, 4> kFields = {"role", "name", "expires_in_s", "paths"};
  RequireObject("the body", body, kFields);
  auth::KeyInfo wanted;
  wanted.role = RoleField(body);
  if (const Json* name = GivenField(body, "name")) {
    if (!name->is_string()) RefuseField("name", *name, "a string");
    wanted.name = name->AsString();
  }
  if (const Json* expires = GivenField(body, "expires_in_s")) {
    const bool good =
        expires->is_int() && expires->AsInt() > 0 && expires->AsInt() <= kMaxExpirySeconds;
    if (!good) RefuseField("expires_in_s", *expires, "a whole number from 1 to 3153600000");
    wanted.expires_ms = now_ms + expires->AsInt() * 1000;
  }
  if (const Json* paths = GivenField(body, "paths")) {
    if (!paths->is_array()) RefuseField("paths", *paths, "an array of strings");
    for (const Json& path : paths->AsArray()) {
      if (!path.is_string()) RefuseField("paths", *paths, "an array of strings");
      wanted.paths.push_back(path.AsString());
    }
  }
  return wanted;
}

}  // namespace

Json RenderKey(const auth::KeyInfo& key, int64_t now_ms) {
  Json paths = Json::MakeArray();
  for (const std::string& path : key.paths) paths.Append(path);
  const char* state = key.revoked_ms != 0 ? "revoked" : "expired";
  return Json::MakeObject({{"id", key.id},
                           {"name", key.name},
                           {"role", http::RoleName(key.role)},
                           {"paths", std::move(paths)},
                           {"state", key.ValidAt(now_ms) ? "valid" : state},
                           {"created", FormatUtc(key.created_ms)},
                           {"expires", TimeOrNull(key.expires_ms)},
                           {"revoked", TimeOrNull(key.revoked_ms)}});
}

Json RenderNewKey(const auth::AccountStore::NewKey& made, int64_t now_ms) {
  Json json = RenderKey(made.info, now_ms);
  json["key"] = made.key;
  return json;
}

Json RenderAuditEntry(const auth::AuditEntry& entry) {
  return Json::MakeObject({{"id", entry.id},
                           {"at", FormatUtc(entry.at_ms)},
                           {"who", entry.who},
                           {"role", entry.role},
                           {"address", entry.address},
                           {"method", entry.method},
                           {"route", entry.route},
                           {"target", entry.target},
                           {"status", entry.status == 0 ? Json() : Json(entry.status)},
                           {"request_id", TextOrNull(entry.request_id)}});
}

auth::GrantAnswer AuthService::Grant(const http::Request& request,
                                     const auth::GrantRequest& grant) const {
  auth::GrantAnswer answer = grants_.Grant(grant);
  audit_.Append({.who = answer.who,
                 .role = answer.scope,
                 .address = request.remote_address,
                 .method = request.method,
                 .route = request.route,
                 .target = request.path,
                 .status = 200,
                 .request_id = request.id});
  return answer;
}

http::Response AuthService::TokenForAirflow(const http::Request& request) const {
  auth::GrantRequest grant{.grant_type = "password", .address = request.remote_address};
  const std::string type = AsciiLower(request.FindHeader("Content-Type").value_or(""));
  try {
    if (type.starts_with("application/x-www-form-urlencoded")) {
      const std::vector<http::Param> form = FormOf(request);
      grant.username = FormField(form, "username");
      grant.password = FormField(form, "password");
    } else {
      const Json body = Json::Parse(request.body);
      grant.username = body.GetString("username");
      grant.password = body.GetString("password");
    }
    const auth::GrantAnswer answer = Grant(request, grant);
    return NotStored(http::Json(Json::MakeObject({{"access_token", answer.access_token}}), 201));
  } catch (const auth::GrantError&) {
    throw Error(Code::kUnauthenticated, "Invalid credentials", "send a user and its password");
  }
}

http::Response AuthService::Token(const http::Request& request) const {
  try {
    return NotStored(http::Json(RenderGrant(Grant(request, GrantRequestOf(request)))));
  } catch (const auth::GrantError& error) {
    return RenderGrantError(error.error(), error);
  } catch (const http::StatusError& error) {
    return RenderGrantError("too_many_requests", error);
  }
}

http::Response AuthService::PublicKeys(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  return http::Json(tokens_.PublicKeys());
}

http::Response AuthService::ListKeys(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  Json keys = Json::MakeArray();
  for (const auth::KeyInfo& key : accounts_.ListKeys()) {
    keys.Append(RenderKey(key, clock_.NowMs()));
  }
  return http::Json(Json::MakeObject({{"keys", std::move(keys)}}));
}

http::Response AuthService::CreateKey(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  const int64_t now_ms = clock_.NowMs();
  const auto made = accounts_.CreateKey(WantedKey(Json::Parse(request.body), now_ms));
  return NotStored(http::Json(RenderNewKey(made, now_ms), 201));
}

http::Response AuthService::RevokeKey(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  accounts_.RevokeKey(request.PathParam("key_id"));
  http::Response response;
  response.status = 204;
  return response;
}

http::Response AuthService::Audit(const http::Request& request) const {
  http::RequireKnownQuery(request, {"limit", "before"});
  const int64_t limit = http::QueryInt(request, "limit", 100, 1, 1000);
  const int64_t before = http::QueryInt(request, "before", 0, 0, int64_t{1} << 60);
  const std::vector<auth::AuditEntry> page = audit_.Page(before, limit + 1);
  Json entries = Json::MakeArray();
  for (const auth::AuditEntry& entry : page) {
    if (entries.size() < static_cast<size_t>(limit)) entries.Append(RenderAuditEntry(entry));
  }
  const bool more = page.size() > static_cast<size_t>(limit);
  return http::Json(
      Json::MakeObject({{"entries", std::move(entries)},
                        {"next", more ? Json(page[static_cast<size_t>(limit) - 1].id) : Json()}}));
}

}  // namespace marquee
