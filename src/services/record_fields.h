// Titles and people as clients write them: bodies, fields, revisions. Everything here throws
// invalid_argument that names the field and its value, unless it says otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "http/message.h"
#include "recommend/overlay.h"
#include "records/record_store.h"

namespace marquee {

const std::vector<std::string>& ItemFields();  // title, year, genres, age_rating, available
const std::vector<std::string>& UserFields();  // name, gender, age, occupation

// The body: an object of `fields`, and of `id_field` where it is not empty. No query parameters.
Json PatchOf(const http::Request& request, const std::vector<std::string>& fields,
             std::string_view id_field);
std::string IdOfBody(const Json& body, std::string_view id_field);
Json WithoutField(const Json& object, std::string_view field);

// null is "not known" for all but the title.
void CheckItemFields(const Json& fields);
void CheckUserFields(const Json& fields);

ItemChange ItemChangeOf(const Record& record);
// As gold.users has them: {"age=25", "gender=M", "occupation=..."}, the age by its bracket.
std::vector<std::string> UserFeaturesOf(const Record& record);

std::string ETagOf(int64_t revision);
// Throws StatusError 412 when the request has If-Match, and none of its tags is that of `revision`.
void CheckIfMatch(const http::Request& request, int64_t revision);

}  // namespace marquee
