#include <algorithm>
#include <tuple>

#include "evaluation/protocols.h"
#include "evaluation/ranking.h"

namespace marquee {
namespace {

constexpr size_t kFewestEvents = 5;  // of an item
constexpr size_t kFewestItems = 3;   // of a user to be scored: one to train, two to ask for

struct Event {
  int64_t time_s;
  int32_t item;  // of the split
  float value;
};

// Row in all data -> row in the split, -1: too rarely met. Rows of the split go by id.
std::vector<int32_t> AddFrequentItems(const Interactions& data, InteractionsBuilder* builder) {
  std::vector<int32_t> item_of(static_cast<size_t>(data.num_items()), -1);
  std::vector<int32_t> kept;
  for (const int32_t item : RowsInIdOrder(data.items())) {
    if (data.by_item().Row(item).size() < kFewestEvents) continue;
    item_of[static_cast<size_t>(item)] = builder->AddItem(data.items().Name(item));
    kept.push_back(item);
  }
  builder->SetContent(ContentOf(data.content(), kept));
  return item_of;
}

// From the first to the last; of equal times the lower id first, since rows go by id.
std::vector<Event> EventsOf(const SparseRow& row, std::span<const int32_t> item_of) {
  std::vector<Event> events;
  for (size_t i = 0; i < row.size(); ++i) {
    const int32_t item = item_of[static_cast<size_t>(row.columns[i])];
    if (item >= 0) events.push_back({row.times_s[i], item, row.values[i]});
  }
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return std::tie(a.time_s, a.item) < std::tie(b.time_s, b.item);
  });
  return events;
}

}  // namespace

RankingSplit SplitLeaveOneOut(const Interactions& data, const EvaluateRequest& request) {
  InteractionsBuilder builder;
  const std::vector<int32_t> item_of = AddFrequentItems(data, &builder);
  const size_t after_target = request.segment == "validation" ? 1 : 0;
  RowCollector fold_in, targets;
  std::vector<int32_t> trained_users, scored_users;
  for (const int32_t user : RowsInIdOrder(data.users())) {
    const std::vector<Event> events = EventsOf(data.by_user().Row(user), item_of);
    if (events.empty()) continue;
    const bool scored = events.size() >= kFewestItems;
    const size_t trained = scored ? events.size() - 2 : events.size();
    const int32_t row = builder.AddUser(data.users().Name(user));
    trained_users.push_back(user);
    for (size_t i = 0; i < trained; ++i)
      builder.Add(row, events[i].item, events[i].value, events[i].time_s);
    if (!scored) continue;
    scored_users.push_back(user);
    const size_t asked = events.size() - 1 - after_target;
    for (size_t i = 0; i < asked; ++i)
      fold_in.Add(events[i].item, events[i].value, events[i].time_s);
    targets.Add(events[asked].item, events[asked].value, events[asked].time_s);
    fold_in.EndRow();
    targets.EndRow();
  }
  builder.SetUserContent(UserContentOf(data, trained_users));
  RankingSplit split{builder.Build(), {}, {}, UserContentOf(data, scored_users)};
  split.fold_in = fold_in.Take(split.train.num_items());
  split.targets = targets.Take(split.train.num_items());
  return split;
}

void LeaveOneOutFull(const ProtocolRun& run, EvaluateResult& result) {
  EvaluateRanking(run, SplitLeaveOneOut(run.data, run.request), result);
}

}  // namespace marquee
