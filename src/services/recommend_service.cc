#include "services/recommend_service.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/text.h"
#include "http/params.h"
#include "services/render.h"

namespace marquee {
namespace {

constexpr int64_t kMaxCount = 1000;
constexpr size_t kMaxTextBytes = 256;

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

std::string_view UserIdOfQuery(const http::Request& request) {
  const std::optional<std::string_view> id = request.FindQuery("user_id");
  if (!id) {
    throw Error(Code::kInvalidArgument, "query parameter 'user_id' is missing",
                "ask for /recommend?user_id=42");
  }
  return CheckedId("user_id", *id);
}

// How many are asked for, by either name.
int CountOfQuery(const http::Request& request) {
  if (request.FindQuery("k") && request.FindQuery("num_recommendations")) {
    throw Error(Code::kInvalidArgument, "both k and num_recommendations are given",
                "they mean the same: give one");
  }
  const std::string_view name = request.FindQuery("k") ? "k" : "num_recommendations";
  return static_cast<int>(http::QueryInt(request, name, 10, 1, kMaxCount));
}

// The rows with most ratings, ties by row. O(items).
std::vector<int32_t> PopularRows(const Catalog& catalog, int limit) {
  std::vector<int32_t> rows(static_cast<size_t>(catalog.size()));
  std::iota(rows.begin(), rows.end(), 0);
  const auto kept = std::min<ptrdiff_t>(limit, catalog.size());
  std::ranges::partial_sort(rows, rows.begin() + kept, [&](int32_t a, int32_t b) {
    const int64_t count_a = catalog.at(a).num_ratings;
    const int64_t count_b = catalog.at(b).num_ratings;
    return count_a != count_b ? count_a > count_b : a < b;
  });
  rows.resize(static_cast<size_t>(kept));
  return rows;
}

}  // namespace

http::Response RecommendService::Recommend(const http::Request& request) const {
  http::RequireKnownQuery(request, {"user_id", "num_recommendations", "k"});
  const std::string_view user_id = UserIdOfQuery(request);
  return http::Json(RenderRecommendation(engine_.Recommend(user_id, CountOfQuery(request))));
}

http::Response RecommendService::RecommendTo(const http::Request& request) const {
  http::RequireKnownQuery(request, {"num_recommendations", "k"});
  const std::string_view user_id = CheckedId("user_id", request.PathParam("user_id"));
  return http::Json(RenderRecommendation(engine_.Recommend(user_id, CountOfQuery(request))));
}

http::Response RecommendService::Similar(const http::Request& request) const {
  http::RequireKnownQuery(request, {"k"});
  const std::string_view item_id = CheckedId("item_id", request.PathParam("item_id"));
  return http::Json(RenderSimilar(item_id, engine_.Similar(item_id, CountOfQuery(request))));
}

http::Response RecommendService::Items(const http::Request& request) const {
  http::RequireKnownQuery(request, {"q", "limit"});
  const std::string_view query = Trim(CheckedText("q", request.FindQuery("q").value_or("")));
  const auto limit = static_cast<int>(http::QueryInt(request, "limit", 20, 1, kMaxCount));
  const auto bundle = engine_.bundle();
  const Catalog& catalog = *bundle->catalog;
  return http::Json(RenderItems(
      query, catalog, query.empty() ? PopularRows(catalog, limit) : catalog.Search(query, limit)));
}

http::Response RecommendService::Item(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  const std::string_view item_id = CheckedId("item_id", request.PathParam("item_id"));
  const auto bundle = engine_.bundle();
  const std::optional<int32_t> row = bundle->catalog->Find(item_id);
  if (!row) {
    throw Error(Code::kNotFound, StrCat("item '", item_id, "' is unknown"),
                "GET /items?q= finds items by title");
  }
  return http::Json(RenderItem(bundle->catalog->at(*row)));
}

http::Response RecommendService::User(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  return http::Json(RenderUser(engine_.User(CheckedId("user_id", request.PathParam("user_id")))));
}

}  // namespace marquee
