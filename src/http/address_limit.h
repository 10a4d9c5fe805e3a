// How many connections one address may have.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace marquee::http {

// Thread-safe. An address is what ClientNetwork makes of it (http/address.h).
class AddressLimit {
 public:
  // `bound` 0: none. Loopback addresses are never bounded.
  explicit AddressLimit(int bound) : bound_(bound) {}

  // Counts one more of `address`; false, and not counted, when it has `bound` already.
  bool Enter(std::string_view address);
  // Undoes an Enter that was true.
  void Leave(std::string_view address);

 private:
  bool Counts(std::string_view address) const;

  const int bound_;
  std::mutex mutex_;
  std::map<std::string, int, std::less<>> open_;
};

}  // namespace marquee::http
