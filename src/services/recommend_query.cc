#include "services/recommend_query.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "http/params.h"
#include "services/json_body.h"

namespace marquee {
namespace {

constexpr int64_t kMaxYear = 9999;
constexpr int64_t kMaxAge = 99;
constexpr size_t kMaxTextBytes = 256;

// The user first: in some routes it stands in the path.
const std::vector<std::string> kFields = {"user_id",  "num_recommendations",
                                          "k",        "offset",
                                          "genres",   "exclude",
                                          "min_year", "max_year",
                                          "max_age",  "diversity"};

std::vector<std::string> WithExperiment(std::vector<std::string> fields) {
  fields.push_back("experiment");
  return fields;
}
const std::vector<std::string> kParameters = WithExperiment(kFields);

int64_t WholeNumber(std::string_view field, const Json* value, int64_t fallback, int64_t min,
                    int64_t max) {
  if (value == nullptr) return fallback;
  if (!value->is_int() || value->AsInt() < min || value->AsInt() > max) {
    RefuseField(field, *value, StrCat("a whole number from ", min, " to ", max));
  }
  return value->AsInt();
}

std::vector<std::string> TextsOf(const Json& body, std::string_view field) {
  std::vector<std::string> texts;
  const Json* values = GivenField(body, field);
  if (values == nullptr) return texts;
  if (!values->is_array()) RefuseField(field, *values, "an array of strings");
  for (const Json& value : values->AsArray()) {
    texts.emplace_back(CheckedId(field, IdField(field, value)));
  }
  return texts;
}

}  // namespace

std::string_view CheckedText(std::string_view name, std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    throw Error(Code::kInvalidArgument,
                StrCat(name, " has ", text.size(), " bytes: must be at most ", kMaxTextBytes),
                StrCat("shorten ", name));
  }
  return text;
}

std::string_view CheckedId(std::string_view name, std::string_view id) {
  if (id.empty()) {
    throw Error(Code::kInvalidArgument, StrCat(name, " is empty"),
                StrCat("give ", name, " a value, such as 42"));
  }
  return CheckedText(name, id);
}

int CountOfQuery(const http::Request& request) {
  if (request.FindQuery("k") && request.FindQuery("num_recommendations")) {
    throw Error(Code::kInvalidArgument, "both k and num_recommendations are given",
                "they mean the same: give one");
  }
  const std::string_view name = request.FindQuery("k") ? "k" : "num_recommendations";
  return static_cast<int>(http::QueryInt(request, name, 10, 1, kMaxRecommended));
}

ItemFilter FilterOfParameters(const http::Request& request) {
  ItemFilter filter;
  filter.genres = http::QueryList(request, "genres");
  filter.exclude = http::QueryList(request, "exclude");
  filter.min_year = static_cast<int32_t>(http::QueryInt(request, "min_year", 0, 0, kMaxYear));
  filter.max_year = static_cast<int32_t>(http::QueryInt(request, "max_year", 0, 0, kMaxYear));
  filter.max_age = static_cast<int32_t>(http::QueryInt(request, "max_age", -1, 0, kMaxAge));
  return filter;
}

RecommendQuery QueryOfParameters(const http::Request& request, bool user_in_query) {
  RecommendQuery query;
  if (user_in_query) {
    http::RequireKnownQuery(request, kParameters);
    const std::optional<std::string_view> id = request.FindQuery("user_id");
    if (!id) {
      throw Error(Code::kInvalidArgument, "query parameter 'user_id' is missing",
                  "ask for /recommend?user_id=42");
    }
    query.user_id = CheckedId("user_id", *id);
  } else {
    http::RequireKnownQuery(request, std::span(kParameters).subspan(1));
    query.user_id = CheckedId("user_id", request.PathParam("user_id"));
  }
  query.k = CountOfQuery(request);
  query.skip = static_cast<int>(http::QueryInt(request, "offset", 0, 0, kMaxRecommended));
  query.filter = FilterOfParameters(request);
  query.diversity = http::QueryNumber(request, "diversity", 0, 0, 1);
  return query;
}

Json BodyOf(const http::Request& request, std::initializer_list<std::string_view> required) {
  std::vector<std::string> known = kFields;
  known.insert(known.end(), required.begin(), required.end());
  return ObjectOf(request, required, known);
}

RecommendQuery QueryOfBody(const Json& body) {
  RecommendQuery query;
  if (const Json* user = GivenField(body, "user_id")) {
    query.user_id = CheckedId("user_id", IdField("user_id", *user));
  }
  const std::string_view count = GivenField(body, "k") != nullptr ? "k" : "num_recommendations";
  query.k = static_cast<int>(
      WholeNumber(count, GivenOnce(body, "k", "num_recommendations"), 10, 1, kMaxRecommended));
  query.skip =
      static_cast<int>(WholeNumber("offset", GivenField(body, "offset"), 0, 0, kMaxRecommended));
  query.filter.genres = TextsOf(body, "genres");
  query.filter.exclude = TextsOf(body, "exclude");
  query.filter.min_year =
      static_cast<int32_t>(WholeNumber("min_year", GivenField(body, "min_year"), 0, 0, kMaxYear));
  query.filter.max_year =
      static_cast<int32_t>(WholeNumber("max_year", GivenField(body, "max_year"), 0, 0, kMaxYear));
  query.filter.max_age =
      static_cast<int32_t>(WholeNumber("max_age", GivenField(body, "max_age"), -1, 0, kMaxAge));
  if (const Json* diversity = GivenField(body, "diversity")) {
    if (!diversity->is_number() || !(diversity->AsDouble() >= 0 && diversity->AsDouble() <= 1)) {
      RefuseField("diversity", *diversity, "a number from 0 to 1");
    }
    query.diversity = diversity->AsDouble();
  }
  return query;
}

std::vector<std::string> IdsOf(const Json& body, std::string_view field, size_t max) {
  std::vector<std::string> ids = TextsOf(body, field);
  if (ids.size() > max) {
    throw Error(Code::kInvalidArgument,
                StrCat(field, " has ", ids.size(), " entries: must be at most ", max),
                "ask in smaller parts");
  }
  return ids;
}

std::map<std::string, double> TastesOf(const Json& preferences) {
  constexpr double kMaxTaste = 1e6;
  if (!preferences.is_object())
    RefuseField("preferences", preferences, R"(an object such as {"comedy": 5})");
  std::map<std::string, double> tastes;
  for (const auto& [genre, weight] : preferences.AsObject()) {
    if (!weight.is_number() || !(std::abs(weight.AsDouble()) <= kMaxTaste)) {
      RefuseField("the preference for " + genre, weight, "a number from -1e6 to 1e6");
    }
    tastes[genre] = weight.AsDouble();
  }
  return tastes;
}

}  // namespace marquee
