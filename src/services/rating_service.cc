#include "services/rating_service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "http/body.h"
#include "http/params.h"
#include "http/url.h"
#include "services/cursor.h"
#include "services/event_json.h"
#include "services/json_body.h"
#include "services/people.h"
#include "services/recommend_query.h"

namespace marquee {
namespace {

struct Rating {
  std::string user_id;
  std::string item_id;
  float value;
  int64_t time_ms;
};

std::string EscapedPart(std::string_view id) {
  return ReplaceAll(ReplaceAll(id, "%", "%25"), ":", "%3A");
}

std::string RatingId(std::string_view user_id, std::string_view item_id) {
  return StrCat(EscapedPart(user_id), ":", EscapedPart(item_id));
}

Json Render(const Rating& rating) {
  return Json::MakeObject({{"rating_id", RatingId(rating.user_id, rating.item_id)},
                           {"user_id", rating.user_id},
                           {"item_id", rating.item_id},
                           {"rating", ParseDouble(StrCat(rating.value)).value_or(rating.value)},
                           {"timestamp", FormatUtc(rating.time_ms)}});
}

// All ratings of a user that stand, by the title's row.
std::vector<Rating> RatingsOf(const RecommendEngine& engine, const std::string& user_id) {
  const auto bundle = engine.bundle();
  const UserHistory history(*bundle, user_id, engine.live().Entries(user_id));
  std::vector<Rating> ratings;
  const SparseRow& met = history.met();
  for (size_t i = 0; i < met.size(); ++i) {
    if (history.KindOf(met.columns[i]) != EventKind::kRating) continue;
    const std::string& item_id = bundle->catalog->at(met.columns[i]).item_id;
    ratings.push_back({user_id, item_id, met.values[i], met.times_s[i] * 1000});
  }
  return ratings;
}

// The rating that the path names.
Rating RequireRating(const RecommendEngine& engine, const http::Request& request) {
  const std::string& id = request.PathParam("rating_id");
  const size_t colon = id.find(':');
  if (colon == std::string::npos || id.find(':', colon + 1) != std::string::npos) {
    throw Error(Code::kInvalidArgument,
                StrCat("rating_id '", id.substr(0, 80), "' is no id of a rating"),
                "it is <user_id>:<item_id>, as GET /ratings gives it");
  }
  const std::string user_id = http::PercentDecode(id.substr(0, colon), "rating_id");
  const std::string item_id = http::PercentDecode(id.substr(colon + 1), "rating_id");
  const std::vector<Rating> ratings = RatingsOf(engine, user_id);
  const auto found = std::ranges::find(ratings, item_id, &Rating::item_id);
  if (found != ratings.end()) return *found;
  throw Error(Code::kNotFound, StrCat("no rating '", id, "'"),
              "GET /ratings?user_id= lists what a user rated");
}

// Where a page begins: a place among all people, and how many ratings of the next are passed.
struct RatingsPlace {
  PeoplePlace people = {};
  size_t skip = 0;
};

std::string PlaceText(const RatingsPlace& place) {
  return StrCat(place.skip, " ", place.people.row, " ", place.people.after);
}

RatingsPlace PlaceOf(const std::string& text) {
  const size_t first = text.find(' ');
  const size_t second = text.find(' ', first + 1);
  RatingsPlace place;
  place.skip =
      static_cast<size_t>(std::max<int64_t>(0, ParseInt(text.substr(0, first)).value_or(0)));
  place.people.row =
      static_cast<int32_t>(ParseInt(text.substr(first + 1, second - first - 1)).value_or(0));
  place.people.after = text.substr(second + 1);
  return place;
}

// Up to `limit` ratings from `from` on; `next` is where the rest begins, if there is a rest.
template <typename NextPerson, typename Place>
Json Page(const RecommendEngine& engine, NextPerson next_person, Place place_of_walk,
          RatingsPlace from, size_t limit, std::optional<RatingsPlace>* next) {
  Json page = Json::MakeArray();
  while (const std::optional<std::string> user_id = next_person()) {
    const std::vector<Rating> ratings = RatingsOf(engine, *user_id);
    for (size_t i = from.skip; i < ratings.size(); ++i) {
      if (page.size() == limit) {
        *next = RatingsPlace{from.people, i};
        return page;
      }
      page.Append(Render(ratings[i]));
    }
    from = {place_of_walk(), 0};
  }
  return page;
}

}  // namespace

http::Response RatingService::List(const http::Request& request) const {
  http::RequireKnownQuery(request, {"user_id", "limit", "cursor"});
  const auto limit = static_cast<size_t>(http::QueryInt(request, "limit", 100, 1, 1000));
  const std::string user_id(request.FindQuery("user_id").value_or(""));
  const std::string scope = StrCat("/ratings ", user_id);
  RatingsPlace from;
  if (const std::optional<std::string_view> cursor = request.FindQuery("cursor")) {
    from = PlaceOf(DecodeCursor(scope, *cursor));
  }
  std::optional<RatingsPlace> next;
  Json ratings;
  if (request.FindQuery("user_id")) {
    std::optional<std::string> only(CheckedId("user_id", user_id));
    ratings = Page(
        engine_, [&] { return std::exchange(only, std::nullopt); }, [] { return PeoplePlace{}; },
        from, limit, &next);
  } else {
    PeopleWalk walk(engine_, live_.store(), from.people);
    ratings = Page(
        engine_, [&] { return walk.Next(); }, [&] { return walk.place(); }, from, limit, &next);
  }
  const Json cursor = next ? Json(EncodeCursor(scope, PlaceText(*next))) : Json();
  return http::Json(Json::MakeObject({{"ratings", std::move(ratings)}, {"next_cursor", cursor}}));
}

http::Response RatingService::Get(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  return http::Json(Render(RequireRating(engine_, request)));
}

http::Response RatingService::Add(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  const Event event =
      ParseEvent(Json::Parse(http::DecodedBody(request, kMaxJsonBodyBytes)), clock_.NowMs());
  if (event.kind != EventKind::kRating) {
    throw Error(Code::kInvalidArgument, "field 'rating' is missing",
                "give rating; POST /log_interaction takes other events");
  }
  events_.Take(event);
  http::Response response = http::Json(
      Render({event.user_id, event.item_id, static_cast<float>(event.value), event.time_ms}), 201);
  response.headers.push_back(
      {"Location", "/ratings/" + http::PercentEncode(RatingId(event.user_id, event.item_id))});
  return response;
}

http::Response RatingService::Change(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  const Json patch = Json::Parse(http::DecodedBody(request, kMaxJsonBodyBytes));
  const std::vector<std::string> fields = {"rating"};
  RequireObject("the body", patch, fields);
  Rating rating = RequireRating(engine_, request);
  const Json* value = patch.Find("rating");
  if (value == nullptr) return http::Json(Render(rating));
  if (!value->is_number()) RefuseField("rating", *value, "a number");
  rating.value = static_cast<float>(value->AsDouble());
  rating.time_ms = std::max(clock_.NowMs(), rating.time_ms + 1000);
  const Event event{.user_id = rating.user_id,
                    .item_id = rating.item_id,
                    .kind = EventKind::kRating,
                    .value = value->AsDouble(),
                    .time_ms = rating.time_ms};
  CheckEvent(event);
  events_.Take(event);
  return http::Json(Render(rating));
}

http::Response RatingService::Delete(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  const Rating rating = RequireRating(engine_, request);
  events_.Take({.user_id = rating.user_id,
                .item_id = rating.item_id,
                .kind = EventKind::kRemove,
                .time_ms = std::max(clock_.NowMs(), rating.time_ms + 1000)});
  http::Response response;
  response.status = 204;
  return response;
}

}  // namespace marquee
