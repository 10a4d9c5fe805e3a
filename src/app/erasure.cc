#include "app/erasure.h"

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

}  // namespace marquee
