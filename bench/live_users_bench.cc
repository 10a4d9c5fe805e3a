// Memory and speed of what the online engine keeps of people: many users with events each.
//
//   live_users_bench [USERS] [EVENTS EACH] [MAX ENTRIES]      1,000,000 users, 100 events, 500
//   entries
#include <malloc.h>

#include <cstdio>
#include <cstdlib>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "recommend/live_users.h"

namespace marquee {
namespace {

constexpr uint64_t kItems = 27'000;

int64_t BytesInUse() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<int64_t>(info.uordblks) + static_cast<int64_t>(info.hblkhd);
}

int Run(int64_t num_users, int64_t events_each, int max_entries) {
  const int64_t before = BytesInUse();
  LiveUsers users(max_entries);
  Rng rng(1);
  const double begin = SteadySeconds();
  for (int64_t round = 0; round < events_each; ++round) {
    for (int64_t user = 0; user < num_users; ++user) {
      users.Observe({.user_id = StrCat("user-", user),
                     .item_id = std::to_string(rng.Below(kItems)),
                     .kind = rng.Below(4) == 0 ? EventKind::kRating : EventKind::kWatch,
                     .value = 1,
                     .time_ms = 1'700'000'000'000 + round * 1000});
    }
  }
  const double seconds = SteadySeconds() - begin;
  if (users.num_users() != num_users) return std::fputs("users are missing\n", stderr), 1;
  int64_t entries = 0;
  constexpr int64_t kSample = 1000;
  for (int64_t user = 0; user < kSample; ++user) {
    const auto kept = users.Entries(StrCat("user-", user * num_users / kSample)).size();
    entries += static_cast<int64_t>(kept);
  }
  const double bytes = static_cast<double>(BytesInUse() - before);
  const double mean_entries = static_cast<double>(entries) / kSample;
  const double events = static_cast<double>(num_users * events_each);
  std::printf("%s users, %s events: %.2f GB, %.0f bytes a user, %.1f a kept item, %.0f events/s\n",
              WithThousands(num_users).c_str(), WithThousands(num_users * events_each).c_str(),
              bytes / 1e9, bytes / static_cast<double>(num_users),
              bytes / (mean_entries * static_cast<double>(num_users)), events / seconds);
  return 0;
}

}  // namespace
}  // namespace marquee

int main(int argc, char** argv) {
  const auto number = [&](int at, int64_t fallback) {
    return argc > at ? std::atoll(argv[at]) : fallback;
  };
  return marquee::Run(number(1, 1'000'000), number(2, 100), static_cast<int>(number(3, 500)));
}
