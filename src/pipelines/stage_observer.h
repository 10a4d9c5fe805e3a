// Epochs as progress of one stage. Inside the module only.
#pragma once

#include <string>
#include <utility>

#include "base/cancel.h"
#include "base/progress.h"
#include "base/text.h"
#include "models/model.h"

namespace marquee {

class StageObserver : public TrainObserver {
 public:
  StageObserver(std::string stage, Progress& progress, const CancelToken& cancel)
      : stage_(std::move(stage)), progress_(progress), cancel_(cancel) {
    progress_.Update(stage_, -1, "");
  }
  void OnEpoch(const Epoch& epoch) override {
    progress_.Update(stage_, static_cast<double>(epoch.epoch) / epoch.epochs,
                     StrCat("epoch ", epoch.epoch, "/", epoch.epochs));
  }
  bool ShouldStop() const override { return cancel_.requested(); }

 private:
  const std::string stage_;
  Progress& progress_;
  const CancelToken& cancel_;
};

}  // namespace marquee
