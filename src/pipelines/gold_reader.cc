#include "pipelines/gold_reader.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace marquee {
namespace {

constexpr std::string_view kTables[] = {"gold.interactions", "gold.users", "gold.items"};

// Rows must come as 0, 1, 2, ... : the tables are dense by construction.
void CheckNextRow(std::string_view table, int32_t row, int64_t expected) {
  if (row == expected) return;
  throw Error(Code::kDataLoss, StrCat(table, ": row ", row, " stands where ", expected, " should"),
              "make the gold tables again: marquee gold --force");
}

constexpr std::string_view kUserFeatures[] = {"age", "gender", "occupation"};  // ascending

// `described`: the table has what is known of people, which those of older versions lack.
int64_t ReadUsers(lake::Session& session, bool described, InteractionsBuilder* builder) {
  const std::string features = described ? "cast(age_group as varchar), gender, occupation"
                                         : "cast(null as varchar), cast(null as varchar), "
                                           "cast(null as varchar)";
  const auto result = session.Query(StrCat("select cast(user_row as integer), user_id, ", features,
                                           " from gold.users order by user_row"));
  UserContent content;
  bool known = false;
  while (const lake::Chunk* chunk = result->Next()) {
    const auto rows = chunk->Int32(0);
    for (size_t i = 0; i < chunk->size(); ++i) {
      CheckNextRow("gold.users", rows[i], builder->AddUser(chunk->Text(1, i)));
      std::vector<std::string>& own = content.features.emplace_back();
      for (size_t f = 0; f < std::size(kUserFeatures); ++f) {
        if (!chunk->IsNull(2 + f, i))
          own.push_back(StrCat(kUserFeatures[f], "=", chunk->Text(2 + f, i)));
      }
      known = known || !own.empty();
    }
  }
  const auto users = static_cast<int64_t>(content.features.size());
  if (known) builder->SetUserContent(std::move(content));
  return users;
}

std::vector<CatalogItem> ReadItems(lake::Session& session, InteractionsBuilder* builder) {
  const auto result = session.Query(
      "select cast(item_row as integer), item_id, coalesce(title, ''), "
      "cast(coalesce(year, 0) as integer), genres, cast(coalesce(n_ratings, 0) as bigint), "
      "cast(coalesce(mean_rating, 0) as double) from gold.items order by item_row");
  std::vector<CatalogItem> items;
  while (const lake::Chunk* chunk = result->Next()) {
    const auto rows = chunk->Int32(0);
    for (size_t i = 0; i < chunk->size(); ++i) {
      CheckNextRow("gold.items", rows[i], builder->AddItem(chunk->Text(1, i)));
      items.push_back(
          {.item_id = std::string(chunk->Text(1, i)),
           .title = std::string(chunk->Text(2, i)),
           .year = chunk->Int32(3)[i],
           .genres = chunk->IsNull(4, i) ? std::vector<std::string>() : chunk->TextList(4, i),
           .num_ratings = chunk->Int64(5)[i],
           .mean_rating = chunk->Double(6)[i]});
    }
  }
  return items;
}

ItemContent ContentOf(const std::vector<CatalogItem>& items) {
  ItemContent content;
  for (const CatalogItem& item : items) {
    content.titles.push_back(item.title);
    content.genres.push_back(item.genres);
    content.years.push_back(item.year);
  }
  return content;
}

// `same_items`: the rows of the interactions are those of gold.items as it was read; else they are
// found by the ids, and interactions with titles that are not there are left out.
void ReadInteractions(lake::Session& session, int64_t users, int64_t items, bool same_items,
                      InteractionsBuilder* builder) {
  const std::string_view from =
      same_items ? "gold.interactions x"
                 : "gold.interactions x join gold.items i on i.item_id = x.item_id";
  const auto result =
      session.Query(StrCat("select cast(x.user_row as integer), cast(", same_items ? "x" : "i",
                           ".item_row as integer), cast(x.rating as float), "
                           "cast(floor(epoch(x.rated_at)) as bigint) from ",
                           from));
  while (const lake::Chunk* chunk = result->Next()) {
    const auto user_rows = chunk->Int32(0), item_rows = chunk->Int32(1);
    const auto ratings = chunk->Float(2);
    const auto times = chunk->Int64(3);
    for (size_t i = 0; i < chunk->size(); ++i) {
      if (user_rows[i] < 0 || user_rows[i] >= users || item_rows[i] < 0 || item_rows[i] >= items) {
        throw Error(Code::kDataLoss,
                    StrCat("gold.interactions: user row ", user_rows[i], ", item row ",
                           item_rows[i], " are not in gold.users and gold.items"),
                    "make the gold tables again: marquee gold --force");
      }
      builder->Add(user_rows[i], item_rows[i], ratings[i], times[i]);
    }
  }
}

}  // namespace

std::vector<lake::TableVersion> GoldVersions(const lake::Lake& lake) {
  std::vector<lake::TableVersion> versions;
  for (const std::string_view table : kTables) {
    versions.push_back({std::string(table), lake.Read(table).version});
  }
  return versions;
}

GoldData ReadGold(lake::Session& session, const lake::Lake& lake,
                  const std::vector<lake::TableVersion>& versions) {
  GoldData gold;
  gold.versions = versions;
  int64_t interactions = 0;
  bool described = false;
  bool same_items = true;
  for (const lake::TableVersion& version : versions) {
    const lake::Snapshot snapshot =
        lake.CreateView(session, version.table, {.version = version.version, .timestamp_ms = {}});
    if (version.table == kTables[0]) interactions = std::max<int64_t>(0, snapshot.num_rows());
    if (version.table == kTables[2])
      same_items = snapshot.version == lake.Read(version.table).version;
    for (const lake::Field& field : snapshot.fields)
      described = described || (version.table == kTables[1] && field.name == "age_group");
  }
  InteractionsBuilder builder;
  builder.Reserve(interactions);
  const int64_t users = ReadUsers(session, described, &builder);
  gold.items = ReadItems(session, &builder);
  ReadInteractions(session, users, static_cast<int64_t>(gold.items.size()), same_items, &builder);
  builder.SetContent(ContentOf(gold.items));
  gold.interactions = builder.Build();
  return gold;
}

}  // namespace marquee
