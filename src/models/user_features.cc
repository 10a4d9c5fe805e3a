#include "models/user_features.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "models/model_file.h"

namespace marquee {

UserFeatureIndex::UserFeatureIndex(const Interactions& data) {
  std::set<std::string_view> names;
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const std::span<const std::string> features = data.UserFeatures(user);
    if (data.by_user().Row(user).size() > 0) names.insert(features.begin(), features.end());
  }
  names_.assign(names.begin(), names.end());
}

UserFeatureIndex UserFeatureIndex::Load(const ModelReader& reader, std::string_view section) {
  if (!reader.Has(section)) return {};
  std::vector<std::string> names = reader.Strings(section);
  if (!std::is_sorted(names.begin(), names.end(), std::less_equal<>()))
    reader.Refuse(StrCat("section '", section, "' is not in order"));
  return UserFeatureIndex(std::move(names));
}

std::vector<int32_t> UserFeatureIndex::Find(std::span<const std::string> features) const {
  std::vector<int32_t> numbers;
  for (const std::string& feature : features) {
    const auto at = std::lower_bound(names_.begin(), names_.end(), feature);
    if (at != names_.end() && *at == feature)
      numbers.push_back(static_cast<int32_t>(at - names_.begin()));
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

}  // namespace marquee
