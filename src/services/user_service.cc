#include "services/user_service.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "http/params.h"
#include "http/url.h"
#include "services/cursor.h"
#include "services/people.h"
#include "services/recommend_query.h"
#include "services/record_fields.h"
#include "services/render.h"

namespace marquee {
namespace {

constexpr auto kUser = RecordStore::Kind::kUser;
constexpr std::string_view kScope = "/users";

[[noreturn]] void ThrowUnknownUser(std::string_view user_id) {
  throw Error(Code::kNotFound, StrCat("no user '", user_id, "'"), "check the id");
}

// What the data says of a user, as fields.
Json LoadedFields(const ModelBundle& bundle, std::string_view user_id) {
  Json fields = Json::MakeObject();
  const std::optional<int32_t> row = bundle.FindUser(user_id);
  if (!row) return fields;
  for (const std::string& feature : bundle.interactions.UserFeatures(*row)) {
    const size_t equals = feature.find('=');
    const std::string value = feature.substr(equals + 1);
    const std::optional<int64_t> number = ParseInt(value);
    const std::string name = feature.substr(0, equals);
    fields[name] = name == "age" && number ? Json(*number) : Json(value);
  }
  return fields;
}

Json FieldsOf(const ModelBundle& bundle, const std::string& user_id,
              const std::optional<Record>& record) {
  const Json loaded = LoadedFields(bundle, user_id);
  Json user = Json::MakeObject({{"user_id", user_id}});
  for (const std::string& field : UserFields()) {
    const Json* value = record ? record->fields.Find(field) : nullptr;
    if (value == nullptr) value = loaded.Find(field);
    user[field] = value == nullptr ? Json() : *value;
  }
  return user;
}

}  // namespace

bool UserService::IsKnown(const std::string& user_id) const {
  return engine_.bundle()->FindUser(user_id) || !engine_.live().Entries(user_id).empty();
}

http::Response UserService::List(const http::Request& request) const {
  http::RequireKnownQuery(request, {"limit", "cursor"});
  const auto limit = static_cast<size_t>(http::QueryInt(request, "limit", 100, 1, 1000));
  PeoplePlace from;
  if (const std::optional<std::string_view> cursor = request.FindQuery("cursor")) {
    const std::string place = DecodeCursor(kScope, *cursor);
    const size_t blank = place.find(' ');
    from.row = static_cast<int32_t>(ParseInt(place.substr(0, blank)).value_or(0));
    from.after = place.substr(blank + 1);
  }
  PeopleWalk walk(engine_, live_.store(), from);
  const auto bundle = engine_.bundle();
  Json users = Json::MakeArray();
  PeoplePlace last;
  Json next;
  while (const std::optional<std::string> user_id = walk.Next()) {
    if (users.size() == limit) {
      next = EncodeCursor(kScope, StrCat(last.row, " ", last.after));
      break;
    }
    users.Append(FieldsOf(*bundle, *user_id, live_.store().Find(kUser, *user_id)));
    last = walk.place();
  }
  return http::Json(Json::MakeObject({{"users", std::move(users)}, {"next_cursor", next}}));
}

http::Response UserService::Get(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  return Rendered(std::string(CheckedId("user_id", request.PathParam("user_id"))), 200);
}

http::Response UserService::Rendered(const std::string& user_id, int status) const {
  const std::optional<Record> record = live_.store().Find(kUser, user_id);
  const bool known = IsKnown(user_id);
  if (!record && !known) ThrowUnknownUser(user_id);
  const UserProfile none{user_id, 0, 0, 0, 0, {}};
  Json user = RenderUser(known ? engine_.User(user_id) : none);
  const Json fields = FieldsOf(*engine_.bundle(), user_id, record);
  for (const auto& [field, value] : fields.AsObject()) user[field] = value;
  http::Response response = http::Json(user, status);
  response.headers.push_back({"ETag", ETagOf(record ? record->revision : 0)});
  return response;
}

http::Response UserService::Add(const http::Request& request) const {
  const Json body = PatchOf(request, UserFields(), "user_id");
  const std::string user_id = IdOfBody(body, "user_id");
  CheckUserFields(body);
  const bool known = IsKnown(user_id);
  live_.store().Update(kUser, user_id, [&](std::optional<Record> old) {
    if (old || known) {
      throw Error(Code::kAlreadyExists, StrCat("user '", user_id, "' exists"),
                  StrCat("change it with PATCH /users/", user_id));
    }
    Record record;
    record.fields = WithoutField(body, "user_id");
    record.added = true;
    return record;
  });
  live_.Refresh();
  http::Response response = Rendered(user_id, 201);
  response.headers.push_back({"Location", "/users/" + http::PercentEncode(user_id)});
  return response;
}

http::Response UserService::Change(const http::Request& request) const {
  const Json patch = PatchOf(request, UserFields(), "");
  const std::string user_id(CheckedId("user_id", request.PathParam("user_id")));
  CheckUserFields(patch);
  const bool known = IsKnown(user_id);
  live_.store().Update(kUser, user_id, [&](std::optional<Record> old) {
    if (!old && !known) ThrowUnknownUser(user_id);
    Record record = old.value_or(Record{});
    CheckIfMatch(request, record.revision);
    for (const auto& [field, value] : patch.AsObject()) record.fields[field] = value;
    return record;
  });
  live_.Refresh();
  return Rendered(user_id, 200);
}

http::Response UserService::Delete(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  const std::string user_id(CheckedId("user_id", request.PathParam("user_id")));
  live_.store().BeginErasure(user_id);
  live_.Refresh();
  Json gone = erase_(user_id);
  live_.Refresh();
  return http::Json(gone);
}

}  // namespace marquee
