// What is asked of the engine, from what clients send. Everything here throws invalid_argument that
// names the parameter or field and its value.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "http/message.h"
#include "recommend/query.h"

namespace marquee {

constexpr int kMaxRecommended = 1000;  // items of one answer

// `text`, at most 256 bytes.
std::string_view CheckedText(std::string_view name, std::string_view text);
// The same, and not empty.
std::string_view CheckedId(std::string_view name, std::string_view id);

// How many are asked for: k or num_recommendations, 1 to 1,000; 10 without either.
int CountOfQuery(const http::Request& request);

// genres and exclude (lists with commas), min_year, max_year, max_age and max_age.
ItemFilter FilterOfParameters(const http::Request& request);

// k or num_recommendations, offset, genres and exclude (lists with commas), min_year, max_year,
// max_age and diversity; user_id too, of the query or else of the path.
RecommendQuery QueryOfParameters(const http::Request& request, bool user_in_query);

// The body as an object that has `required` and no fields but those of QueryOfBody.
Json BodyOf(const http::Request& request, std::initializer_list<std::string_view> required);
// The same fields as QueryOfParameters; genres and exclude are arrays, user_id may be left out.
RecommendQuery QueryOfBody(const Json& body);
// An array of at most `max` strings or integers.
std::vector<std::string> IdsOf(const Json& body, std::string_view field, size_t max);
// An object of genres and numbers from -1e6 to 1e6.
std::map<std::string, double> TastesOf(const Json& preferences);

}  // namespace marquee
