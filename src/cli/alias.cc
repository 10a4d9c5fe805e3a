#include "cli/alias.h"

#include "base/error.h"
#include "base/log.h"
#include "pipelines/champion_alias.h"

namespace marquee::cli {

void PointAlias(Context& context, ModelStore& store) {
  if (context.recording().log == nullptr) return;
  try {
    ChampionAlias(context.recording(), store).Point();
  } catch (const Error& error) {
    LogWarning("the alias of the champion is not moved yet: " + error.message());
  }
}

}  // namespace marquee::cli
