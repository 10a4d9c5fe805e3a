// Internal: rows that several of the stores look for or write.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tracking/entities.h"
#include "tracking/sql.h"

namespace marquee::tracking {

inline constexpr std::string_view kRunNameTag = "mlflow.runName";

// What a run is known by inside.
struct RunRow {
  int64_t run = 0;
  int64_t experiment_id = 0;
  bool deleted = false;
};
// Throws not_found.
RunRow FindRun(Session& session, const std::string& run_id);
// Throws invalid_argument too, for one that is deleted.
RunRow FindActiveRun(Session& session, const std::string& run_id);

// The row of a logged model. Throws not_found.
int64_t FindLoggedModel(Session& session, const std::string& model_id);

// Throws not_found, and invalid_argument for an experiment that is deleted.
void RequireActiveExperiment(Session& session, int64_t experiment_id);

// The value of a metric, from its column `value` and the one behind it, is_nan.
double ReadMetricValue(const Rows& rows, int column);

// A table of keys and values of things: "run_tags" of "run".
struct PairTable {
  std::string_view table;
  std::string_view id;
};
inline constexpr PairTable kExperimentTags{"experiment_tags", "experiment_id"};
inline constexpr PairTable kRunTags{"run_tags", "run"};
inline constexpr PairTable kParams{"params", "run"};
inline constexpr PairTable kLoggedModelTags{"logged_model_tags", "model"};
inline constexpr PairTable kLoggedModelParams{"logged_model_params", "model"};
inline constexpr PairTable kRegisteredModelTags{"registered_model_tags", "model"};

// Adds the pairs, or gives their keys the new values; of a key that comes twice the last.
void PutPairs(Session& session, const PairTable& table, int64_t id,
              std::span<const KeyValue> pairs);
inline void PutPair(Session& session, const PairTable& table, int64_t id, const KeyValue& pair) {
  PutPairs(session, table, id, {&pair, 1});
}
// Whether it was there.
bool DeletePair(Session& session, const PairTable& table, int64_t id, const std::string& key);
// Params: adds what is new. Throws invalid_argument for a key that has another value. `owner` is
// for the message: "run ID='...'".
void AddParams(Session& session, const PairTable& table, int64_t id, std::span<const Param> params,
               const std::string& owner);

inline constexpr size_t kMaxPaddedList = 500;

// Values for "in (...)", as many as one of a few lengths: the last is repeated. So a few statements
// serve lists of any length. REQUIRES: 1 to kMaxPaddedList items.
template <typename T>
SqlValues PaddedList(std::span<const T> items) {
  size_t length = 1;
  for (const size_t known : {size_t{10}, size_t{100}, kMaxPaddedList}) {
    if (length < items.size()) length = known;
  }
  SqlValues values(items.begin(), items.end());
  values.resize(length, values.back());
  return values;
}

// Calls body(part) for parts of at most kMaxPaddedList.
template <typename Body>
void ForEachPart(std::span<const int64_t> ids, const Body& body) {
  for (size_t i = 0; i < ids.size(); i += kMaxPaddedList) {
    body(ids.subspan(i, std::min(kMaxPaddedList, ids.size() - i)));
  }
}

// All pairs of these things, by key: calls add(id, pair).
void ReadPairs(Session& session, const PairTable& table, std::span<const int64_t> ids,
               const std::function<void(int64_t id, KeyValue pair)>& add);

}  // namespace marquee::tracking
