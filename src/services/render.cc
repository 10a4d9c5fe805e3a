#include "services/render.h"

#include <charconv>
#include <cmath>

#include "base/clock.h"
#include "base/json_fields.h"
#include "base/text.h"

namespace marquee {
namespace {

// The double with the shortest digits that name this float: 0.1f as 0.1, not 0.10000000149.
double ShortDouble(float value) {
  if (!std::isfinite(value)) return value;
  char digits[32];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), value);
  return ParseDouble({digits, static_cast<size_t>(end - digits)}).value_or(value);
}

Json Year(int32_t year) { return year == 0 ? Json() : Json(year); }

Json Strings(const std::vector<std::string>& texts) {
  return Json(Json::Array(texts.begin(), texts.end()));
}

Json RenderRanked(const Recommended& ranked, const CatalogItem& item) {
  Json shown = Json::MakeObject({{"item_id", item.item_id},
                                 {"title", item.title},
                                 {"year", Year(item.year)},
                                 {"genres", Strings(item.genres)},
                                 {"score", ShortDouble(ranked.score)},
                                 {"reason", ranked.reason},
                                 {"source", ranked.source}});
  if (ranked.propensity < 1) shown["propensity"] = ShortDouble(ranked.propensity);
  return shown;
}

// One answer, written as text: every list that is shown passes here.
class AnswerText {
 public:
  // The text of the items is most of an answer, and made once for all who get the same list, which
  // must outlive this.
  explicit AnswerText(const Recommendation& list)
      : items_(list.items.Text([&] { return Render(list); })) {
    constexpr size_t kHead = 400;
    text_.reserve(items_.size() + kHead);
  }
  void Add(std::string_view name, std::string_view text) {
    Name(name);
    AppendJsonString(text, &text_);
  }
  void Add(std::string_view name, int64_t value) {
    Name(name);
    StrAppend(&text_, value);
  }
  void AddOrNull(std::string_view name, std::string_view text) {
    if (!text.empty()) return Add(name, text);
    Name(name);
    text_ += "null";
  }
  // The last.
  std::string WithItems() && {
    Name("items");
    StrAppend(&text_, items_, "}");
    return std::move(text_);
  }

 private:
  static std::string Render(const Recommendation& list) {
    Json::Array array;
    array.reserve(list.items.size());
    for (const Recommended& ranked : list.items) {
      array.push_back(RenderRanked(ranked, list.bundle->catalog->at(ranked.item)));
    }
    return Json(std::move(array)).Dump();
  }
  void Name(std::string_view name) {
    StrAppend(&text_, text_.empty() ? "{\"" : ",\"", name, "\":");
  }

  const std::string& items_;
  std::string text_;
};

AnswerText RenderHead(const Recommendation& recommendation, std::string_view request_id) {
  AnswerText text(recommendation);
  text.AddOrNull("user_id", recommendation.user_id);
  text.Add("model", recommendation.bundle->model->type());
  text.Add("model_version", recommendation.bundle->version);
  text.Add("rung", recommendation.rung);
  if (!recommendation.rung_reason.empty()) text.Add("rung_reason", recommendation.rung_reason);
  text.AddOrNull("request_id", request_id);
  return text;
}

}  // namespace

std::string RenderRecommendation(const Recommendation& recommendation,
                                 std::string_view request_id) {
  return RenderHead(recommendation, request_id).WithItems();
}

std::string RenderServed(const ServedList& served, std::string_view request_id) {
  AnswerText text = RenderHead(served.list, request_id);
  if (!served.experiment.empty()) text.Add("experiment", served.experiment);
  if (!served.arm.empty()) text.Add("arm", served.arm);
  return std::move(text).WithItems();
}

std::string RenderSimilar(std::string_view item_id, const Recommendation& recommendation,
                          std::string_view request_id) {
  AnswerText text(recommendation);
  text.Add("item_id", item_id);
  text.Add("model", recommendation.bundle->model->type());
  text.Add("model_version", recommendation.bundle->version);
  text.AddOrNull("request_id", request_id);
  return std::move(text).WithItems();
}

Json RenderItem(const CatalogItem& item) {
  return Json::MakeObject({{"item_id", item.item_id},
                           {"title", item.title},
                           {"year", Year(item.year)},
                           {"genres", Strings(item.genres)},
                           {"num_ratings", item.num_ratings},
                           {"mean_rating", item.num_ratings > 0 ? Json(item.mean_rating) : Json()},
                           {"age_rating", item.age_rating >= 0 ? Json(item.age_rating) : Json()},
                           {"available", item.available}});
}

Json RenderItems(std::string_view query, const Catalog& catalog, std::span<const int32_t> rows,
                 const Json& next_cursor) {
  Json::Array items;
  items.reserve(rows.size());
  for (const int32_t row : rows) items.push_back(RenderItem(catalog.at(row)));
  return Json::MakeObject({{"query", query.empty() ? Json() : Json(query)},
                           {"items", Json(std::move(items))},
                           {"next_cursor", next_cursor}});
}

Json RenderUser(const UserProfile& user) {
  const auto time = [&](int64_t seconds) {
    return user.num_interactions > 0 ? Json(FormatUtc(seconds * 1000)) : Json();
  };
  return Json::MakeObject(
      {{"user_id", user.user_id},
       {"num_interactions", user.num_interactions},
       {"mean_value", user.num_interactions > 0 ? Json(user.mean_value) : Json()},
       {"first", time(user.first_s)},
       {"last", time(user.last_s)},
       {"top_genres", Strings(user.top_genres)}});
}

}  // namespace marquee
