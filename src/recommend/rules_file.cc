#include "recommend/rules_file.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace marquee {

void RulesFile::Load(int64_t now_ms) {
  file_.Changed();
  Read(now_ms);
}

void RulesFile::Poll(int64_t now_ms) {
  try {
    if (file_.Changed()) return Read(now_ms);
  } catch (const Error& error) {
    LogError(StrCat("the old rules hold: ", error.message()));
    engine_.RefuseRules(error.message());
  }
  engine_.UpdateRules(now_ms);
}

void RulesFile::Read(int64_t now_ms) {
  engine_.SetRules(std::make_shared<Rules>(file_.exists() ? ReadRules(file_.path()) : Rules()),
                   now_ms);
  if (file_.exists()) LogInfo(StrCat("rules taken up: ", file_.path().string()));
  for (const std::string& warning : engine_.rules_state().warnings) {
    LogWarning(StrCat(file_.path().string(), ": ", warning));
  }
}

}  // namespace marquee
