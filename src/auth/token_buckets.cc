#include "auth/token_buckets.h"

#include <algorithm>
#include <utility>

namespace marquee::auth {

// Two generations: the older is dropped when the younger is full.
TokenBuckets::Bucket& TokenBuckets::Find(std::string_view name, double now_s) {
  auto found = recent_.find(name);
  if (found == recent_.end()) {
    if (recent_.size() >= max_names_) {
      older_ = std::move(recent_);
      recent_.clear();
    }
    const auto old = older_.find(name);
    const Bucket bucket = old == older_.end() ? Bucket{burst_, now_s} : old->second;
    found = recent_.emplace(name, bucket).first;
  }
  Bucket& bucket = found->second;
  const double passed_s = std::max(0.0, now_s - bucket.at_s);
  bucket.tokens = std::min(burst_, bucket.tokens + passed_s * per_second_);
  bucket.at_s = now_s;
  return bucket;
}

double TokenBuckets::Take(std::string_view name, double now_s) {
  const std::scoped_lock lock(mutex_);
  Bucket& bucket = Find(name, now_s);
  if (bucket.tokens < 1) return (1 - bucket.tokens) / per_second_;
  bucket.tokens -= 1;
  return 0;
}

double TokenBuckets::Wait(std::string_view name, double now_s) {
  const std::scoped_lock lock(mutex_);
  const Bucket& bucket = Find(name, now_s);
  return bucket.tokens < 1 ? (1 - bucket.tokens) / per_second_ : 0;
}

}  // namespace marquee::auth
