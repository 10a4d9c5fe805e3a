#include "pipelines/champion_alias.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace marquee {
namespace {

const std::string kAlias = "champion";

}  // namespace

ChampionAlias::ChampionAlias(Recording recording, ModelStore& store)
    : recording_(std::move(recording)),
      store_(store),
      note_(store.published_file().parent_path() / "champion.json") {}

std::optional<ModelVersion> ChampionAlias::ReadNote() const {
  if (!std::filesystem::exists(note_)) return std::nullopt;
  try {
    const Json json = Json::Parse(ReadFile(note_));
    return ModelVersion{json.GetString("type"), json.GetInt("version")};
  } catch (const Error&) {
    return std::nullopt;  // a broken note is written anew
  }
}

void ChampionAlias::Point() {
  const std::optional<Published> published = store_.ReadPublished();
  if (!published) return;
  const ModelVersion& champion = published->champion;
  const int64_t registered =
      RegisterVersion(recording_, store_, store_.Find(champion.type, champion.version));
  recording_.log->SetAlias(recording_.model, kAlias, registered);
  told_.reset();
  WriteFileAtomic(
      note_, Json::MakeObject({{"type", champion.type}, {"version", champion.version}}).Pretty());
}

std::optional<ModelVersion> ChampionAlias::Follow() {
  const std::optional<Published> published = store_.ReadPublished();
  if (!published) return std::nullopt;
  const auto alias = recording_.log->FindAlias(recording_.model, kAlias);
  if (!alias || ReadNote() != published->champion) {
    Point();
    return std::nullopt;
  }
  const std::vector<ModelManifest> versions = store_.List();
  const auto named = std::ranges::find(versions, alias->run_id, &ModelManifest::run_id);
  const bool known = named != versions.end() && !alias->run_id.empty();
  if (known && named->id == published->champion) {
    told_.reset();
    return std::nullopt;
  }
  if (std::exchange(told_, alias->version) == alias->version) return std::nullopt;
  if (known) return named->id;
  throw Error(Code::kNotFound,
              StrCat("the alias ", kAlias, " names version ", alias->version, " of ",
                     recording_.model, ", which this home did not train"),
              StrCat(published->champion.name(),
                     " answers as before; give the alias to a version "
                     "that marquee train made here"));
}

}  // namespace marquee
