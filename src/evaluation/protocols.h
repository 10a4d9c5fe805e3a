// Internal: the protocols, one file each.
#pragma once

#include <memory>

#include "evaluation/evaluate.h"
#include "evaluation/split.h"
#include "models/model.h"

namespace marquee {

struct ProtocolRun {
  const Interactions& data;
  const EvaluateRequest& request;
  TrainObserver& observer;
  Progress& progress;

  bool validation() const { return request.segment == "validation"; }
  std::unique_ptr<Model> Train(const Interactions& train) const {
    return TrainModel(request.train, train, observer);
  }
};

// Each fills all of the result but request, settings and seconds.
//
// Liang et al. 2018, section 4.3: whole users are held out; of each, a fifth of the items is to be
// found from the rest.
void StrongGeneralization(const ProtocolRun& run, EvaluateResult& result);
// Both segments by one model: they train on the same users. Each run asks for one segment.
void StrongGeneralizationOfBoth(const ProtocolRun& validation, const ProtocolRun& test,
                                BothSegments& results);
RankingSplit SplitStrongGeneralization(const Interactions& data, const EvaluateRequest& request);

// Trains before a moment T, asks for what users met from T on. T is the time of the event after
// the first (1 - test_share) of all; validation does the same within what lies before T. Items that
// nobody met before T cannot be asked for.
void GlobalTimeSplit(const ProtocolRun& run, EvaluateResult& result);
RankingSplit SplitByTime(const Interactions& data, const EvaluateRequest& request);

// Predicts ratings left out at random (or by the given files, one fold or all five): RMSE, MAE and
// R squared over all ratings. Validation: as many ratings again, left out of the rest. Files whose
// ratings are among those of the data get its genres and years.
void RatingHoldout(const ProtocolRun& run, EvaluateResult& result);

// He et al. 2017: each user's last item among 99 others, by the published files. Of equal scores
// the last item's ranks behind. Sampled, so only to compare with published tables. Validation: each
// user's last item of the training file among 99 drawn from what the user did not meet in it.
void NcfLeaveOneOut(const ProtocolRun& run, EvaluateResult& result);

// Sequence models' protocol (Kang and McAuley 2018, "Self-attentive sequential recommendation",
// section 4.3): items with fewer than five events are dropped; of each user with three events or
// more the last is for test, the one before for validation, and each is to be found among all items
// that were not met before it. All ratings count. Models train on what is left, and are told of all
// that lies before the item asked for: in the test segment of the validation item too.
//
// Of equal times the item with the higher id is the later one (interactions have no other order).
void LeaveOneOutFull(const ProtocolRun& run, EvaluateResult& result);
RankingSplit SplitLeaveOneOut(const Interactions& data, const EvaluateRequest& request);

}  // namespace marquee
