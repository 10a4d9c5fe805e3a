#include "services/people.h"

#include <algorithm>
#include <utility>

namespace marquee {

PeopleWalk::PeopleWalk(const RecommendEngine& engine, const RecordStore& store, PeoplePlace from)
    : bundle_(engine.bundle()), engine_(engine), store_(store), place_(std::move(from)) {}

std::optional<std::string> PeopleWalk::Next() {
  const IdDictionary& loaded = bundle_->interactions.users();
  while (place_.row < loaded.size()) {
    const std::string& id = loaded.Name(place_.row++);
    if (bundle_->FindUser(id)) return id;
  }
  if (!others_) FindOthers();
  const auto next = std::ranges::upper_bound(*others_, place_.after);
  if (next == others_->end()) return std::nullopt;
  place_.after = *next;
  return *next;
}

void PeopleWalk::FindOthers() {
  others_ = engine_.live().UserIds();
  for (Record& record : store_.List(RecordStore::Kind::kUser)) {
    others_->push_back(std::move(record.id));
  }
  std::erase_if(*others_, [&](const std::string& id) { return bundle_->FindUser(id).has_value(); });
  std::ranges::sort(*others_);
  others_->erase(std::unique(others_->begin(), others_->end()), others_->end());
}

}  // namespace marquee
