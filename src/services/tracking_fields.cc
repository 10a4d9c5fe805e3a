#include "services/tracking_fields.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/json_fields.h"
#include "base/text.h"

namespace marquee {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;

Json QueryAsJson(const http::Request& request) {
  Json object = Json::MakeObject();
  for (const http::Param& param : request.query) {
    Json& field = object[param.name];
    if (field.is_null()) {
      field = param.value;
    } else {
      if (!field.is_array()) field = Json(Json::Array{std::move(field)});
      field.Append(param.value);
    }
  }
  return object;
}

void CheckContentType(const http::Request& request) {
  const std::string type(request.FindHeader("Content-Type").value_or(""));
  if (AsciiLower(Trim(type.substr(0, type.find(';')))) == "application/json") return;
  throw Error(Code::kInvalidArgument,
              StrCat("Bad Request. Content-Type must be one of ['application/json'], and is '",
                     ToValidUtf8(type), "'."),
              "send Content-Type: application/json");
}

Json BodyAsJson(const http::Request& request) {
  if (request.method != "DELETE" || !request.body.empty()) CheckContentType(request);
  try {
    Json body = Json::Parse(request.body);
    if (body.is_object()) return body;
  } catch (const Error&) {  // as MLflow has it: what is missing then is named by who needs it
  }
  return Json::MakeObject();
}

std::optional<int64_t> WholeNumber(const Json& value) {
  if (value.is_int()) return value.AsInt();
  if (value.is_string()) return ParseInt(Trim(value.AsString()));
  if (!value.is_number()) return std::nullopt;
  const double number = std::trunc(value.AsDouble());
  if (!(number >= -kTwoTo63 && number < kTwoTo63)) return std::nullopt;
  return static_cast<int64_t>(number);
}

std::optional<double> Number(const Json& value) {
  if (value.is_number()) return value.AsDouble();
  if (value.is_bool()) return value.AsBool() ? 1 : 0;
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.AsString();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return ParseDouble(text);
}

}  // namespace

TrackingFields TrackingFields::Of(const http::Request& request) {
  const bool in_query = request.method == "GET" || request.method == "HEAD";
  auto root = std::make_shared<const Json>(in_query ? QueryAsJson(request) : BodyAsJson(request));
  const Json* const object = root.get();
  return {std::move(root), object, ""};
}

const Json* TrackingFields::Find(std::string_view name) const { return GivenField(*object_, name); }

std::string TrackingFields::PathOf(std::string_view name) const {
  return path_.empty() ? std::string(name) : StrCat(path_, ".", name);
}

void TrackingFields::RefuseMissing(std::string_view name) const {
  throw Error(Code::kInvalidArgument,
              StrCat("Missing value for required parameter '", PathOf(name),
                     "'. See the API docs for more information about request parameters."),
              StrCat("give ", name));
}

std::optional<std::string> TrackingFields::OptionalText(std::string_view name) const {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_int()) return std::to_string(value->AsInt());  // as ids are sometimes sent
  if (!value->is_string()) RefuseField(PathOf(name), *value, "a string");
  return value->AsString();
}

std::string TrackingFields::Text(std::string_view name) const {
  return OptionalText(name).value_or("");
}

std::string TrackingFields::PresentText(std::string_view name) const {
  std::optional<std::string> text = OptionalText(name);
  if (!text) RefuseMissing(name);
  return *std::move(text);
}

std::string TrackingFields::RequiredText(std::string_view name) const {
  std::string text = PresentText(name);
  if (text.empty()) RefuseMissing(name);
  return text;
}

std::optional<int64_t> TrackingFields::Int(std::string_view name) const {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  const std::optional<int64_t> number = WholeNumber(*value);
  if (!number) RefuseField(PathOf(name), *value, "a whole number");
  return number;
}

int64_t TrackingFields::RequiredInt(std::string_view name) const {
  const std::optional<int64_t> number = Int(name);
  if (!number) RefuseMissing(name);
  return *number;
}

int64_t TrackingFields::IntWithin(std::string_view name, int64_t fallback, int64_t min,
                                  int64_t max) const {
  const int64_t number = Int(name).value_or(fallback);
  if (number < min || number > max) {
    RefuseField(PathOf(name), number, StrCat("a whole number from ", min, " to ", max));
  }
  return number;
}

double TrackingFields::RequiredDouble(std::string_view name) const {
  const Json* value = Find(name);
  if (value == nullptr) RefuseMissing(name);
  const std::optional<double> number = Number(*value);
  if (!number) RefuseField(PathOf(name), *value, "a number");
  return *number;
}

bool TrackingFields::Bool(std::string_view name, bool fallback) const {
  const Json* value = Find(name);
  if (value == nullptr) return fallback;
  if (value->is_bool()) return value->AsBool();
  const std::string text = value->is_string() ? AsciiLower(value->AsString()) : value->Dump();
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  RefuseField(PathOf(name), *value, "true or false");
}

std::vector<std::string> TrackingFields::Texts(std::string_view name) const {
  const Json* value = Find(name);
  if (value == nullptr) return {};
  if (!value->is_array()) return {PresentText(name)};
  std::vector<std::string> texts;
  for (const Json& element : value->AsArray()) {
    texts.push_back(IdField(PathOf(name), element));
  }
  return texts;
}

std::vector<TrackingFields> TrackingFields::Objects(std::string_view name) const {
  const Json* value = Find(name);
  if (value == nullptr) return {};
  if (!value->is_array()) RefuseField(PathOf(name), *value, "a list");
  std::vector<TrackingFields> objects;
  objects.reserve(value->size());
  for (const Json& element : value->AsArray()) {
    std::string path = StrCat(PathOf(name), "[", objects.size(), "]");
    if (!element.is_object()) RefuseField(path, element, "an object");
    objects.push_back({root_, &element, std::move(path)});
  }
  return objects;
}

TrackingFields TrackingFields::RequiredObject(std::string_view name) const {
  const Json* value = Find(name);
  if (value == nullptr) RefuseMissing(name);
  if (!value->is_object()) RefuseField(PathOf(name), *value, "an object");
  return {root_, value, PathOf(name)};
}

}  // namespace marquee
