#include "titles/described.h"

#include "base/hash.h"
#include "base/text.h"
#include "models/item_content.h"
#include "titles/folders.h"
#include "titles/tables.h"

namespace marquee::titles {
namespace {

// The columns as the query gives them.
enum Column {
  kId,
  kTitle,
  kAdded,
  kAudience,
  kType,
  kDecade,
  kLength,
  kGenres,
  kCountries,
  kPeople,
  kText
};

void AddList(std::string_view kind, std::string_view list, std::vector<std::string>* marks) {
  if (list.empty()) return;
  for (const std::string_view part : Split(list, ", ")) marks->push_back(StrCat(kind, ":", part));
}

void AddWords(std::string_view kind, std::string_view text, std::vector<std::string>* marks) {
  for (const std::string& word : TitleWords(text)) marks->push_back(StrCat(kind, ":", word));
}

DescribedTitle Describe(const lake::Chunk& chunk, size_t row) {
  const auto text = [&](Column column) {
    return chunk.IsNull(column, row) ? std::string() : std::string(chunk.Text(column, row));
  };
  DescribedTitle title{.show_id = text(kId),
                       .title = text(kTitle),
                       .year_added = chunk.IsNull(kAdded, row) ? 0 : chunk.Int32(kAdded)[row],
                       .audience = text(kAudience),
                       .marks = {}};
  for (const auto& [kind, column] :
       {std::pair{"type", kType}, {"decade", kDecade}, {"length", kLength}}) {
    if (!chunk.IsNull(column, row)) title.marks.push_back(StrCat(kind, ":", text(column)));
  }
  AddList("genre", text(kGenres), &title.marks);
  AddList("country", text(kCountries), &title.marks);
  AddList("person", text(kPeople), &title.marks);
  AddWords("title", title.title, &title.marks);
  AddWords("word", text(kText), &title.marks);
  return title;
}

}  // namespace

bool DescribedTitle::is_held_out() const { return Fnv1a(show_id) % 5 == 0; }

std::vector<DescribedTitle> ReadDescribedTitles(TaskContext& context) {
  const std::filesystem::path file = context.settings.data / kFeaturesFile;
  RequireFile(file, "marquee flow run netflix_data_processing");
  Tables tables(context);
  tables.StreamFeatures(file);
  const auto result = tables.session().Query(
      "select show_id, title, year_added, content_category, type, cast(decade as varchar), "
      "coalesce(concat(cast(duration_minutes // 15 * 15 as varchar), ' min'), "
      "concat(cast(seasons as varchar), ' seasons')), listed_in, country, "
      "concat_ws(', ', director, \"cast\"), description from titles.features order by line limit "
      "200000");
  std::vector<DescribedTitle> titles;
  while (const lake::Chunk* chunk = result->Next()) {
    context.cancel.ThrowIfRequested("reading titles");
    for (size_t row = 0; row < chunk->size(); ++row) titles.push_back(Describe(*chunk, row));
  }
  return titles;
}

}  // namespace marquee::titles
