#include "http/address_limit.h"

#include "base/check.h"
#include "http/address.h"

namespace marquee::http {

bool AddressLimit::Counts(std::string_view address) const {
  return bound_ > 0 && !IsLoopback(address);
}

bool AddressLimit::Enter(std::string_view address) {
  if (!Counts(address)) return true;
  const std::lock_guard lock(mutex_);
  int& open = open_[ClientNetwork(address)];
  if (open >= bound_) return false;
  ++open;
  return true;
}

void AddressLimit::Leave(std::string_view address) {
  if (!Counts(address)) return;
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(ClientNetwork(address));
  MARQUEE_CHECK(found != open_.end());
  if (--found->second == 0) open_.erase(found);
}

}  // namespace marquee::http
