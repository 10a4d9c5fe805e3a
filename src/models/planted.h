// For tests: a small world whose structure is known.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "interactions/interactions.h"

namespace marquee {

struct PlantedWorld {
  int clusters = 4;
  int users_per_cluster = 40;
  int items_per_cluster = 25;
  int interactions_per_user = 10;
  double noise = 0.1;  // share of interactions outside the user's cluster
  uint64_t seed = 1;
  bool user_features = false;  // "clan=" the user's cluster, "eyes=" one of two by chance
};

// User u and item i belong to cluster u % clusters and i % clusters. Values 1..5, higher inside the
// cluster; times a day apart; a genre and a decade a cluster. The last item has no interaction.
inline Interactions MakePlantedWorld(const PlantedWorld& world = {}) {
  InteractionsBuilder builder;
  Rng rng(world.seed);
  const int users = world.clusters * world.users_per_cluster;
  const int items = world.clusters * world.items_per_cluster;
  ItemContent content;
  for (int i = 0; i < items; ++i) {
    const int cluster = i % world.clusters;
    builder.AddItem(StrCat("item-", i));
    content.titles.push_back(StrCat("The Story of Clan", cluster, ", Chapter ", i, " (19",
                                    60 + 10 * (cluster % 4), ")"));
    content.genres.push_back({StrCat("Genre", cluster)});
    content.years.push_back(1960 + 10 * (cluster % 4));
  }
  builder.SetContent(std::move(content));
  Rng of_features(world.seed + 1);
  UserContent of_users;
  for (int u = 0; world.user_features && u < users; ++u)
    of_users.features.push_back(
        {StrCat("clan=", u % world.clusters), StrCat("eyes=", of_features.Below(2))});
  builder.SetUserContent(std::move(of_users));
  for (int u = 0; u < users; ++u) {
    const int32_t user = builder.AddUser(StrCat("user-", u));
    for (int n = 0; n < world.interactions_per_user; ++n) {
      const bool inside = rng.Uniform() >= world.noise;
      const auto within =
          static_cast<int>(rng.Below(static_cast<uint64_t>(world.items_per_cluster)));
      const int cluster = inside
                              ? u % world.clusters
                              : static_cast<int>(rng.Below(static_cast<uint64_t>(world.clusters)));
      const int item = std::min(within * world.clusters + cluster, items - 2);
      const auto value = static_cast<float>(inside ? 4 + rng.Below(2) : 1 + rng.Below(3));
      builder.Add(user, item, value, 86400ll * (n + 1));
    }
  }
  return builder.Build();
}

}  // namespace marquee
