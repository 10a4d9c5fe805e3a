#include "services/catalog_service.h"

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "http/params.h"
#include "http/url.h"
#include "recommend/charts.h"
#include "services/cursor.h"
#include "services/recommend_query.h"
#include "services/record_fields.h"
#include "services/render.h"

namespace marquee {
namespace {

// What a list is of, limit and cursor aside.
std::string ScopeOf(const http::Request& request) {
  std::string scope = request.route;
  for (const http::Param& param : request.query) {
    if (param.name != "limit" && param.name != "cursor")
      scope += StrCat("&", param.name, "=", param.value);
  }
  return scope;
}

std::string PlaceText(const TitlePosition& position) {
  return StrCat(position.grade, " ", position.num_ratings, " ", position.row);
}

TitlePosition PlaceOf(const std::string& text) {
  const std::vector<std::string_view> parts = Split(text, " ");
  const auto number = [&](size_t i) {
    return i < parts.size() ? ParseInt(parts[i]).value_or(0) : 0;
  };
  return {static_cast<int32_t>(number(0)), number(1), static_cast<int32_t>(number(2))};
}

[[noreturn]] void ThrowUnknownItem(std::string_view item_id) {
  throw Error(Code::kNotFound, StrCat("item '", item_id, "' is unknown"),
              "GET /items?q= finds items by title");
}

constexpr int kMaxDays = 3650;
constexpr int kTrendingDays = 7;

ChartQuery ChartOfParameters(const http::Request& request) {
  ChartQuery query;
  query.k = CountOfQuery(request);
  query.skip = static_cast<int>(http::QueryInt(request, "offset", 0, 0, kMaxRecommended));
  query.filter = FilterOfParameters(request);
  return query;
}

// `days`: without the parameter.
ChartQuery WindowOfParameters(const http::Request& request, int days) {
  http::RequireKnownQuery(request, {"days", "k", "num_recommendations", "offset", "genres",
                                    "exclude", "min_year", "max_year", "max_age"});
  ChartQuery query = ChartOfParameters(request);
  query.days = request.FindQuery("days")
                   ? static_cast<int>(http::QueryInt(request, "days", days, 1, kMaxDays))
                   : days;
  return query;
}

}  // namespace

http::Response CatalogService::Popular(const http::Request& request) const {
  const Recommendation chart = PopularChart(engine_, WindowOfParameters(request, 0));
  return http::JsonText(RenderRecommendation(chart, request.id));
}

http::Response CatalogService::Trending(const http::Request& request) const {
  const Recommendation chart = TrendingChart(engine_, WindowOfParameters(request, kTrendingDays));
  return http::JsonText(RenderRecommendation(chart, request.id));
}

http::Response CatalogService::New(const http::Request& request) const {
  http::RequireKnownQuery(request, {"k", "num_recommendations", "offset", "genres", "exclude",
                                    "min_year", "max_year", "max_age"});
  const Recommendation chart = NewChart(engine_, ChartOfParameters(request));
  return http::JsonText(RenderRecommendation(chart, request.id));
}

http::Response CatalogService::Items(const http::Request& request) const {
  http::RequireKnownQuery(request,
                          {"q", "limit", "genres", "min_year", "max_year", "max_age", "cursor"});
  TitleQuery query;
  query.text = Trim(CheckedText("q", request.FindQuery("q").value_or("")));
  query.limit = static_cast<int>(http::QueryInt(request, "limit", 20, 1, kMaxRecommended));
  query.filter = FilterOfParameters(request);
  const std::string scope = ScopeOf(request);
  if (const std::optional<std::string_view> cursor = request.FindQuery("cursor")) {
    query.after = PlaceOf(DecodeCursor(scope, *cursor));
  }
  const auto bundle = engine_.bundle();
  const TitlePage page = bundle->catalog->Search(query);
  const Json next = page.next ? Json(EncodeCursor(scope, PlaceText(*page.next))) : Json();
  return http::Json(RenderItems(query.text, *bundle->catalog, page.rows, next));
}

http::Response CatalogService::Item(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  return Written(std::string(CheckedId("item_id", request.PathParam("item_id"))), 200);
}

// The title as it is now.
http::Response CatalogService::Written(const std::string& item_id, int status) const {
  const auto bundle = engine_.bundle();
  const std::optional<int32_t> row = bundle->catalog->Find(item_id);
  if (!row || bundle->catalog->at(*row).deleted) ThrowUnknownItem(item_id);
  const CatalogItem& item = bundle->catalog->at(*row);
  http::Response response = http::Json(RenderItem(item), status);
  response.headers.push_back({"ETag", ETagOf(item.revision)});
  return response;
}

http::Response CatalogService::AddItem(const http::Request& request) const {
  const Json body = PatchOf(request, ItemFields(), "item_id");
  const std::string item_id = IdOfBody(body, "item_id");
  CheckItemFields(body);
  const auto bundle = engine_.bundle();
  const bool loaded = bundle->catalog->Find(item_id) &&
                      !bundle->catalog->at(*bundle->catalog->Find(item_id)).deleted;
  if (GivenField(body, "title") == nullptr) {
    throw Error(Code::kInvalidArgument, "field 'title' is missing", "give title");
  }
  live_.store().Update(RecordStore::Kind::kItem, item_id, [&](std::optional<Record> old) {
    if (old ? !old->deleted : loaded) {
      throw Error(Code::kAlreadyExists, StrCat("item '", item_id, "' exists"),
                  StrCat("change it with PATCH /items/", item_id));
    }
    Record record;
    for (const std::string& field : ItemFields()) {  // what is not given is not known
      const Json* value = body.Find(field);
      record.fields[field] = value == nullptr ? Json() : *value;
    }
    record.added = true;
    return record;
  });
  live_.Refresh();
  http::Response response = Written(item_id, 201);
  response.headers.push_back({"Location", "/items/" + http::PercentEncode(item_id)});
  return response;
}

http::Response CatalogService::ChangeItem(const http::Request& request) const {
  const Json patch = PatchOf(request, ItemFields(), "");
  const std::string item_id(CheckedId("item_id", request.PathParam("item_id")));
  CheckItemFields(patch);
  const bool loaded = engine_.bundle()->catalog->Find(item_id).has_value();
  live_.store().Update(RecordStore::Kind::kItem, item_id, [&](std::optional<Record> old) {
    if (old ? old->deleted : !loaded) ThrowUnknownItem(item_id);
    Record record = old.value_or(Record{});
    CheckIfMatch(request, record.revision);
    for (const auto& [field, value] : patch.AsObject()) record.fields[field] = value;
    return record;
  });
  live_.Refresh();
  return Written(item_id, 200);
}

http::Response CatalogService::DeleteItem(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  const std::string item_id(CheckedId("item_id", request.PathParam("item_id")));
  const bool loaded = engine_.bundle()->catalog->Find(item_id).has_value();
  live_.store().Update(RecordStore::Kind::kItem, item_id, [&](std::optional<Record> old) {
    if (old ? old->deleted : !loaded) ThrowUnknownItem(item_id);
    Record record = old.value_or(Record{});
    CheckIfMatch(request, record.revision);
    record.deleted = true;
    return record;
  });
  live_.Refresh();
  http::Response response;
  response.status = 204;
  return response;
}

}  // namespace marquee
