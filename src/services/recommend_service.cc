#include "services/recommend_service.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "http/body.h"
#include "http/params.h"
#include "services/json_body.h"
#include "services/recommend_query.h"
#include "services/render.h"

namespace marquee {
namespace {

constexpr size_t kMaxUsers = 1000;
constexpr size_t kMaxBatchItems = 100'000;

}  // namespace

http::Response RecommendService::Recommend(const http::Request& request) const {
  return Answer(QueryOfParameters(request, true), request);
}

http::Response RecommendService::RecommendTo(const http::Request& request) const {
  return Answer(QueryOfParameters(request, false), request);
}

http::Response RecommendService::Session(const http::Request& request) const {
  const Json body = BodyOf(request, {"items"});
  RecommendQuery query = QueryOfBody(body);
  query.session = IdsOf(body, "items", kMaxRecommended);
  query.session_ms = clock_.NowMs();
  return Answer(std::move(query), request);
}

http::Response RecommendService::ByTaste(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  const Json json = Json::Parse(http::DecodedBody(request, kMaxJsonBodyBytes));
  const bool bare = json.is_object() && json.Find("preferences") == nullptr;
  const Json body =
      bare ? Json::MakeObject({{"preferences", json}}) : BodyOf(request, {"preferences"});
  RecommendQuery query = QueryOfBody(body);
  query.tastes = TastesOf(body.At("preferences"));
  return Answer(std::move(query), request);
}

http::Response RecommendService::Batch(const http::Request& request) const {
  const Json body = BodyOf(request, {"user_ids"});
  RecommendQuery query = QueryOfBody(body);
  std::vector<std::string> user_ids = IdsOf(body, "user_ids", kMaxUsers);
  if (user_ids.size() * static_cast<size_t>(query.k) > kMaxBatchItems) {
    throw Error(Code::kInvalidArgument,
                StrCat(user_ids.size(), " users with ", query.k, " titles each: must be at most ",
                       kMaxBatchItems, " titles in all"),
                "ask for fewer users at once, or fewer titles");
  }
  query.request_id = request.id;
  query.deadline = request.deadline;
  std::string text = R"({"recommendations":[)";
  for (std::string& user_id : user_ids) {
    query.user_id = std::move(user_id);
    if (text.back() == '}') text += ',';
    text += RenderRecommendation(engine_.Recommend(query), request.id);
  }
  return http::JsonText(text + "]}");
}

http::Response RecommendService::Answer(RecommendQuery query, const http::Request& request) const {
  query.request_id = request.id;
  query.deadline = request.deadline;
  const std::string_view experiment = request.FindQuery("experiment").value_or("");
  if (!experiment.empty() && request.caller.role < http::Role::kOperator) {
    throw Error(Code::kPermissionDenied, StrCat("experiment=", experiment, " is for operators"),
                "leave experiment out, or use a key of role operator");
  }
  const ServedList served = recommender_.Recommend(std::move(query), experiment);
  return http::JsonText(RenderServed(served, request.id));
}

http::Response RecommendService::Similar(const http::Request& request) const {
  http::RequireKnownQuery(request, {"k"});
  const std::string_view item_id = CheckedId("item_id", request.PathParam("item_id"));
  return http::JsonText(
      RenderSimilar(item_id, engine_.Similar(item_id, CountOfQuery(request)), request.id));
}

}  // namespace marquee
