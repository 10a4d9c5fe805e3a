#include "models/members.h"

#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "models/model_file.h"

namespace marquee {
namespace {

constexpr size_t kFewest = 5;  // interactions of a user who is held out
constexpr size_t kShare = 5;  // one item in so many is a target; one user in twice as many held out

class StopOnly : public TrainObserver {
 public:
  explicit StopOnly(const TrainObserver& observer) : observer_(observer) {}
  void OnEpoch(const Epoch&) override {}
  bool ShouldStop() const override { return observer_.ShouldStop(); }

 private:
  const TrainObserver& observer_;
};

[[noreturn]] void RefuseMembers(std::string_view key, const std::string& text,
                                std::string_view wanted) {
  throw Error(Code::kInvalidArgument, StrCat(key, " is ", text, ": must be ", wanted),
              "name them with commas between: " + StrCat(key, "=ials,ease"));
}

void RequireMember(std::string_view key, const std::string& text, std::string_view name) {
  std::vector<std::string> known;
  for (const ModelType& type : ModelTypes()) {
    if (!type.has_members) known.push_back(type.name);
    if (type.name == name && type.has_members)
      RefuseMembers(key, text, StrCat("models without members of their own, unlike ", name));
  }
  if (std::find(known.begin(), known.end(), name) == known.end())
    RefuseMembers(key, text, StrCat("some of: ", Join(known, ", ")));
}

std::string SettingText(const Json& value) {
  return value.is_string() ? value.AsString() : value.Dump();
}

// A fifth of the row at random become targets, the rest is history.
HeldOutUsers::User Divide(const SparseRow& row, Rng& rng) {
  std::vector<size_t> order(row.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  rng.Shuffle(std::span(order));
  std::vector<bool> target(row.size());
  for (size_t i = 0; i < row.size() / kShare; ++i) target[order[i]] = true;
  HeldOutUsers::User user;
  for (size_t i = 0; i < row.size(); ++i) {
    if (target[i]) {
      user.targets.push_back(row.columns[i]);
      continue;
    }
    user.columns.push_back(row.columns[i]);
    user.values.push_back(row.values[i]);
    user.times_s.push_back(row.times_s[i]);
  }
  return user;
}

// Those with enough interactions to be held out.
std::vector<int32_t> ShuffledUsers(const Interactions& data, uint64_t seed) {
  std::vector<int32_t> users;
  for (int32_t user = 0; user < data.num_users(); ++user) {
    if (data.by_user().Row(user).size() >= kFewest) users.push_back(user);
  }
  Rng(seed).Shuffle(std::span(users));
  return users;
}

}  // namespace

std::vector<TrainRequest> ParseMembers(std::string_view key, const TrainInput& input) {
  const std::string text = input.Text(key);
  std::vector<TrainRequest> members;
  for (const std::string_view part : Split(text, ",")) {
    const std::string name(Trim(part));
    RequireMember(key, text, name);
    const auto same = [&](const TrainRequest& member) { return member.type == name; };
    if (std::any_of(members.begin(), members.end(), same))
      RefuseMembers(key, text, StrCat("different models: ", name, " is there twice"));
    members.push_back({.type = name, .seed = input.seed(), .threads = input.threads});
  }
  for (const auto& [setting, value] : input.settings.AsObject()) {
    const size_t dot = setting.find('.');
    if (dot == std::string::npos) continue;
    const std::string type = setting.substr(0, dot);
    const auto member = std::find_if(members.begin(), members.end(),
                                     [&](const TrainRequest& one) { return one.type == type; });
    if (member == members.end()) {
      throw Error(Code::kInvalidArgument, StrCat(setting, ": ", type, " is not among the members"),
                  StrCat("members: ", text));
    }
    member->settings[setting.substr(dot + 1)] = SettingText(value);
  }
  return members;
}

std::unique_ptr<Model> TrainMember(const TrainRequest& member, const Interactions& data,
                                   TrainObserver& observer) {
  StopOnly stop_only(observer);
  return TrainModel(member, data, stop_only);
}

void SaveMembers(ModelWriter& writer, const std::vector<std::unique_ptr<Model>>& members) {
  for (const std::unique_ptr<Model>& member : members) {
    writer.BeginPart(member->type(), member->type());
    member->Save(writer);
    writer.EndPart();
  }
}

std::vector<std::unique_ptr<Model>> LoadMembers(const ModelReader& reader,
                                                const std::shared_ptr<const IdDictionary>& items) {
  const Json* names = reader.settings().Find("members");
  if (names == nullptr || !names->is_array() || names->size() == 0)
    reader.Refuse("setting 'members' is not a list of models");
  std::vector<std::unique_ptr<Model>> members;
  for (const Json& name : names->AsArray()) {
    if (!name.is_string()) reader.Refuse("setting 'members' is not a list of models");
    const ModelReader part = reader.Part(name.AsString());
    const std::span<const ModelType> types = ModelTypes();
    if (std::none_of(types.begin(), types.end(), [&](const ModelType& one) {
          return one.name == part.model_type() && !one.has_members;
        }))
      reader.Refuse(StrCat("part '", name.AsString(), "' is no known kind of member"));
    members.push_back(LoadPart(part, items));
  }
  return members;
}

HeldOutUsers HoldOutUsers(const Interactions& data, int32_t max_users, uint64_t seed) {
  std::vector<int32_t> users = ShuffledUsers(data, seed);
  users.resize(std::min(users.size() / (2 * kShare), static_cast<size_t>(max_users)));
  std::sort(users.begin(), users.end());
  return HoldOutThese(data, users, seed);
}

HeldOutUsers HoldOutThese(const Interactions& data, std::span<const int32_t> users, uint64_t seed) {
  Rng rng = Rng(seed).Fork(1);
  HeldOutUsers held_out;
  InteractionsBuilder builder(data.shared_users(), data.shared_items());
  builder.Reserve(data.nnz());
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const SparseRow row = data.by_user().Row(user);
    if (std::binary_search(users.begin(), users.end(), user)) {
      held_out.users.push_back(Divide(row, rng));
      const std::span<const std::string> features = data.UserFeatures(user);
      held_out.users.back().features.assign(features.begin(), features.end());
      continue;
    }
    for (size_t i = 0; i < row.size(); ++i)
      builder.Add(user, row.columns[i], row.values[i], row.times_s[i]);
  }
  builder.SetContentOf(data);
  held_out.train = builder.Build();
  return held_out;
}

std::vector<std::vector<int32_t>> UserFolds(const Interactions& data, int folds, int32_t max_users,
                                            uint64_t seed) {
  std::vector<int32_t> users = ShuffledUsers(data, seed);
  users.resize(std::min(users.size(), static_cast<size_t>(max_users)));
  std::vector<std::vector<int32_t>> parts(static_cast<size_t>(folds));
  if (users.size() < 2 * parts.size()) return parts;
  for (size_t i = 0; i < users.size(); ++i) parts[i % parts.size()].push_back(users[i]);
  for (std::vector<int32_t>& part : parts) std::sort(part.begin(), part.end());
  return parts;
}

}  // namespace marquee
