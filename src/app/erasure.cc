#include "app/erasure.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "pipelines/model_store.h"

namespace marquee {
namespace {

Json Names(const std::vector<std::string>& names) {
  return Json(Json::Array(names.begin(), names.end()));
}

}  // namespace

Json Erased::ToJson(std::string_view user_id) const {
  return Json::MakeObject({{"user_id", user_id},
                           {"events", events},
                           {"rows", data.rows},
                           {"tables", Names(data.tables)},
                           {"reports", Names(data.reports)},
                           {"models_deleted", Names(data.deleted)},
                           {"models_to_train", Names(data.to_train)}});
}

Erased Eraser::Erase(const std::string& user_id, Progress& progress, const CancelToken& cancel) {
  const std::lock_guard lock(mutex_);
  Erased erased;
  records_.BeginErasure(user_id);
  erased.events = log_.EraseUser(user_id);
  if (std::filesystem::exists(environment_.home().lake())) {
    ModelStore models(environment_.home().models(), environment_.clock());
    const auto session = environment_.engine().NewSession();
    erased.data = EraseUser({*session, environment_.clock(), progress, cancel}, environment_.lake(),
                            models, environment_.home().reports(), user_id);
  }
  records_.FinishErasure(user_id);
  return erased;
}

void Eraser::FinishAll(Progress& progress, const CancelToken& cancel) {
  for (const Erasure& erasure : records_.Erasures()) {
    if (erasure.user_id.empty()) continue;
    try {
      Erase(erasure.user_id, progress, cancel);
      LogInfo(StrCat("finished an erasure that was asked for at ", FormatUtc(erasure.requested_ms),
                     " and cut off"));
    } catch (const Error& error) {
      if (error.code() == Code::kCancelled) throw;
      LogError(StrCat("an erasure asked for at ", FormatUtc(erasure.requested_ms),
                      " is not finished: ", error.what()));
    }
  }
}

}  // namespace marquee
