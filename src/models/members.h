// The models inside a model that combines others: named, trained, saved and loaded as its parts.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/definition.h"
#include "models/registry.h"

namespace marquee {

// The members of `text`, "ials,ease,item-knn", in that order, with their settings: those of
// `settings` named "<type>.<key>" ("ials.factors"). Each has the given seed and threads. Throws
// invalid_argument, naming `key`, for no member, an unknown or repeated one, and one that has
// members itself; and for a setting of a type that is no member.
std::vector<TrainRequest> ParseMembers(std::string_view key, const TrainInput& input);

// Trains one of them; `observer` is asked to stop, epochs are not reported. As TrainModel.
std::unique_ptr<Model> TrainMember(const TrainRequest& member, const Interactions& data,
                                   TrainObserver& observer);

// As parts of a model file, named by their types.
void SaveMembers(ModelWriter& writer, const std::vector<std::unique_ptr<Model>>& members);
// The parts that the setting "members", a list of names, names. Throws data_loss.
std::vector<std::unique_ptr<Model>> LoadMembers(const ModelReader& reader,
                                                const std::shared_ptr<const IdDictionary>& items);

// Training data for weights or rankers on top of members: some users are held out whole, as in
// strong generalization, and of each a part of the items is to be found from the rest.
struct HeldOutUsers {
  struct User {
    std::vector<int32_t> columns;  // the history to fold in
    std::vector<float> values;
    std::vector<int64_t> times_s;
    std::vector<int32_t> targets;       // ascending, none of the history
    std::vector<std::string> features;  // as Interactions::UserFeatures

    SparseRow history() const { return {columns, values, times_s}; }
  };
  Interactions train;  // the others'; dictionaries and content as they were
  std::vector<User> users;
};

// Holds out a tenth of the users with at least five interactions, at most `max_users` and none when
// that leaves no user with interactions; of each a fifth of the items, at random by `seed`, are
// targets. O(nnz).
HeldOutUsers HoldOutUsers(const Interactions& data, int32_t max_users, uint64_t seed);
// The same with `users`, rows ascending, in place of that tenth.
HeldOutUsers HoldOutThese(const Interactions& data, std::span<const int32_t> users, uint64_t seed);
// Up to `max_users` users with at least five interactions, in `folds` parts, each ascending; all
// empty when there are fewer than two for each part.
std::vector<std::vector<int32_t>> UserFolds(const Interactions& data, int folds, int32_t max_users,
                                            uint64_t seed);

}  // namespace marquee
