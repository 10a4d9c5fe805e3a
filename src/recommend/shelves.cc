#include "recommend/shelves.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace marquee {
namespace {

constexpr int64_t kTrendSeconds = 30 * 86'400;
constexpr int64_t kMinGroup = 20;
constexpr size_t kMaxGroups = 64;  // of one number an item each

std::string GenreKey(std::string_view genre) { return StrCat("genre ", genre); }

}  // namespace

std::vector<double> Shelves::GenreShares(const Catalog& catalog, std::span<const int32_t> liked) {
  std::vector<double> shares(catalog.genres().size(), 0);
  double sum = 0;
  for (const int32_t item : liked) {
    const auto genres = catalog.genres_of(item);
    for (const int32_t genre : genres) {
      shares[static_cast<size_t>(genre)] += 1 / static_cast<double>(genres.size());
    }
    sum += genres.empty() ? 0 : 1;
  }
  if (sum > 0) {
    for (double& share : shares) share /= sum;
  }
  return shares;
}

Shelves::Shelves(const ModelBundle& bundle) {
  const Catalog& catalog = *bundle.catalog;
  const auto items = static_cast<size_t>(catalog.size());
  trending_.resize(items);
  newest_.resize(items);
  int32_t newest_year = 0;
  for (int32_t row = 0; row < catalog.size(); ++row) {
    newest_year = std::max(newest_year, catalog.at(row).year);
  }
  const int64_t since = bundle.liked.newest_s() - kTrendSeconds;
  for (int32_t row = 0; row < catalog.size(); ++row) {
    const CatalogItem& item = catalog.at(row);
    const bool is_new = item.year > 0 && item.year >= newest_year - 1;
    if (is_new) {
      newest_[static_cast<size_t>(row)] = std::log(2 + static_cast<float>(item.num_ratings));
    }
    if (row >= bundle.liked.by_item().num_rows()) continue;
    const auto times = bundle.liked.by_item().Row(row).times_s;
    trending_[static_cast<size_t>(row)] = static_cast<float>(
        std::ranges::count_if(times, [&](int64_t time) { return time > since; }));
  }
  CountGroups(bundle);
}

void Shelves::CountGroups(const ModelBundle& bundle) {
  const Catalog& catalog = *bundle.catalog;
  const SparseMatrix& likes = bundle.liked.by_user();
  std::vector<int32_t> all;
  for (int32_t user = 0; user < likes.num_rows(); ++user) {
    const auto columns = likes.Row(user).columns;
    all.insert(all.end(), columns.begin(), columns.end());
  }
  genre_shares_ = GenreShares(catalog, all);
  std::unordered_map<std::string, std::vector<int32_t>> members;
  for (int32_t user = 0; user < likes.num_rows(); ++user) {
    const auto columns = likes.Row(user).columns;
    if (columns.empty()) continue;
    for (const std::string& feature : bundle.interactions.UserFeatures(user)) {
      members[feature].push_back(user);
    }
    if (const auto genre = Favourite(GenreShares(catalog, columns))) {
      members[GenreKey(catalog.genres()[static_cast<size_t>(*genre)])].push_back(user);
    }
  }
  std::vector<const std::string*> largest;
  for (const auto& [key, users] : members) {
    if (static_cast<int64_t>(users.size()) >= kMinGroup) largest.push_back(&key);
  }
  std::ranges::sort(largest, [&](const std::string* a, const std::string* b) {
    const size_t size_a = members.at(*a).size(), size_b = members.at(*b).size();
    return size_a != size_b ? size_a > size_b : *a < *b;
  });
  largest.resize(std::min(largest.size(), kMaxGroups));
  for (const std::string* key : largest) {
    const std::vector<int32_t>& users = members.at(*key);
    Group& group = groups_[*key];
    group.users = static_cast<int64_t>(users.size());
    group.likes.resize(static_cast<size_t>(catalog.size()));
    for (const int32_t user : users) {
      for (const int32_t item : likes.Row(user).columns) ++group.likes[static_cast<size_t>(item)];
    }
  }
}

std::optional<int32_t> Shelves::Favourite(std::span<const double> shares) const {
  std::optional<int32_t> favourite;
  double most = 0;
  for (size_t genre = 0; genre < shares.size(); ++genre) {
    const double more = shares[genre] - genre_shares_[genre];
    if (more > most) {
      most = more;
      favourite = static_cast<int32_t>(genre);
    }
  }
  return favourite;
}

std::optional<Shelves::Segment> Shelves::SegmentOf(const Catalog& catalog,
                                                   std::span<const std::string> features,
                                                   const SparseRow& liked) const {
  std::vector<const Group*> groups;
  const auto add = [&](const std::string& key) {
    const auto found = groups_.find(key);
    if (found != groups_.end()) groups.push_back(&found->second);
    return found != groups_.end();
  };
  for (const std::string& feature : features) add(feature);
  Segment segment{{}, "popular with people like you"};
  if (const auto genre = Favourite(GenreShares(catalog, liked.columns))) {
    const std::string& name = catalog.genres()[static_cast<size_t>(*genre)];
    if (add(GenreKey(name)) && groups.size() == 1) {
      segment.reason = StrCat("popular with fans of ", name);
    }
  }
  if (groups.empty()) return std::nullopt;
  segment.scores.resize(static_cast<size_t>(catalog.size()));
  for (const Group* group : groups) {
    for (size_t item = 0; item < segment.scores.size(); ++item) {
      segment.scores[item] += group->likes[item] / static_cast<float>(group->users);
    }
  }
  return segment;
}

}  // namespace marquee
