#include "services/record_fields.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "http/body.h"
#include "http/params.h"
#include "services/json_body.h"
#include "services/recommend_query.h"

namespace marquee {
namespace {

constexpr size_t kMaxGenres = 64;
constexpr size_t kMaxTitleBytes = 1024;

void CheckWhole(const Json& fields, std::string_view field, int64_t min, int64_t max) {
  const Json* value = GivenField(fields, field);
  if (value == nullptr) return;
  if (value->is_int() && value->AsInt() >= min && value->AsInt() <= max) return;
  RefuseField(field, *value, StrCat("a whole number from ", min, " to ", max, ", or null"));
}

bool IsText(const Json& value, size_t max_bytes) {
  return value.is_string() && !Trim(value.AsString()).empty() &&
         value.AsString().size() <= max_bytes;
}

void CheckText(const Json& fields, std::string_view field) {
  const Json* value = GivenField(fields, field);
  if (value == nullptr || IsText(*value, 256)) return;
  RefuseField(field, *value, "a string of 1 to 256 bytes, or null");
}

void CheckGenres(const Json& fields) {
  const Json* value = GivenField(fields, "genres");
  if (value == nullptr) return;
  const bool fits =
      value->is_array() && value->size() <= kMaxGenres &&
      std::ranges::all_of(value->AsArray(), [](const Json& genre) {
        return IsText(genre, 64) && genre.AsString().find_first_of("|,;") == std::string::npos;
      });
  if (!fits) RefuseField("genres", *value, "an array of names without | , and ;");
}

// The bracket of gold.users.
int AgeGroup(int64_t age) {
  int group = 1;
  for (const int first : {18, 25, 35, 45, 50, 56}) {
    if (age >= first) group = first;
  }
  return group;
}

}  // namespace

const std::vector<std::string>& ItemFields() {
  static const std::vector<std::string> fields = {"title", "year", "genres", "age_rating",
                                                  "available"};
  return fields;
}

const std::vector<std::string>& UserFields() {
  static const std::vector<std::string> fields = {"name", "gender", "age", "occupation"};
  return fields;
}

Json PatchOf(const http::Request& request, const std::vector<std::string>& fields,
             std::string_view id_field) {
  http::RequireKnownQuery(request, {});
  Json body = Json::Parse(http::DecodedBody(request, kMaxJsonBodyBytes));
  std::vector<std::string> known = fields;
  if (!id_field.empty()) known.insert(known.begin(), std::string(id_field));
  RequireObject("the body", body, known);
  return body;
}

std::string IdOfBody(const Json& body, std::string_view id_field) {
  const Json* id = GivenField(body, id_field);
  if (id == nullptr) {
    throw Error(Code::kInvalidArgument, StrCat("field '", id_field, "' is missing"),
                StrCat("give ", id_field));
  }
  const std::string text = IdField(id_field, *id);
  if (text != Trim(text)) RefuseField(id_field, *id, "without blanks around it");
  return std::string(CheckedId(id_field, text));
}

Json WithoutField(const Json& object, std::string_view field) {
  Json rest = Json::MakeObject();
  for (const auto& [name, value] : object.AsObject()) {
    if (name != field) rest[name] = value;
  }
  return rest;
}

void CheckItemFields(const Json& fields) {
  const Json* title = fields.Find("title");
  if (title != nullptr && !IsText(*title, kMaxTitleBytes)) {
    RefuseField("title", *title, StrCat("a string of 1 to ", kMaxTitleBytes, " bytes"));
  }
  CheckWhole(fields, "year", 1800, 2099);
  CheckWhole(fields, "age_rating", 0, 99);
  CheckGenres(fields);
  const Json* available = GivenField(fields, "available");
  if (available != nullptr && !available->is_bool()) {
    RefuseField("available", *available, "true or false");
  }
}

void CheckUserFields(const Json& fields) {
  CheckText(fields, "name");
  CheckText(fields, "gender");
  CheckText(fields, "occupation");
  CheckWhole(fields, "age", 0, 130);
}

ItemChange ItemChangeOf(const Record& record) {
  ItemChange change{.item_id = record.id};
  change.deleted = record.deleted;
  change.added_ms = record.added ? record.created_ms : 0;
  change.revision = record.revision;
  for (const auto& [field, value] : record.fields.AsObject()) {
    const bool none = value.is_null();
    if (field == "title") change.title = value.AsString();
    if (field == "year") change.year = none ? 0 : static_cast<int32_t>(value.AsInt());
    if (field == "age_rating") change.age_rating = none ? -1 : static_cast<int32_t>(value.AsInt());
    if (field == "available") change.available = none || value.AsBool();
    if (field != "genres") continue;
    change.genres.emplace();
    if (none) continue;
    for (const Json& genre : value.AsArray()) change.genres->push_back(genre.AsString());
  }
  return change;
}

std::vector<std::string> UserFeaturesOf(const Record& record) {
  std::vector<std::string> features;
  if (const Json* age = GivenField(record.fields, "age")) {
    features.push_back(StrCat("age=", AgeGroup(age->AsInt())));
  }
  for (const std::string_view field : {"gender", "occupation"}) {
    if (const Json* value = GivenField(record.fields, field)) {
      features.push_back(StrCat(field, "=", value->AsString()));
    }
  }
  return features;
}

std::string ETagOf(int64_t revision) { return StrCat("\"", revision, "\""); }

void CheckIfMatch(const http::Request& request, int64_t revision) {
  const std::optional<std::string_view> wanted = request.FindHeader("If-Match");
  if (!wanted) return;
  for (const std::string_view tag : Split(*wanted, ",")) {
    if (Trim(tag) == "*" || Trim(tag) == ETagOf(revision)) return;
  }
  throw http::StatusError(
      412, Code::kFailedPrecondition,
      StrCat("If-Match is ", wanted->substr(0, 80), ": it is ", ETagOf(revision), " by now"),
      "read it again, and repeat the change if it still fits");
}

}  // namespace marquee
