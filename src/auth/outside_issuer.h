// Tokens that another server gave out: an identity provider, or another Marquee.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "auth/access_tokens.h"
#include "auth/jose.h"
#include "base/clock.h"

namespace marquee::auth {

// Thread-safe. A thread of its own fetches the issuer's keys: at the start, every `refetch_s`, and
// when a token names a key that is not known, but not more often than every `min_refetch_s`.
class OutsideIssuer {
 public:
  struct Options {
    std::string jwks_url;             // where its keys are: http or https
    std::string issuer;               // must be the token's iss
    std::string audience;             // must be among the token's aud
    std::string role_claim = "role";  // text with blanks between, or an array: the highest role
                                      // among them counts, and other words do not
    int refetch_s = 600;
    int min_refetch_s = 10;
    int leeway_s = 60;  // by which its clock may differ
  };
  // Throws when the text cannot be had.
  using Fetch = std::function<std::string(const std::string& url)>;

  // `clock` must outlive it.
  OutsideIssuer(Options options, Fetch fetch, const Clock& clock);
  ~OutsideIssuer();
  OutsideIssuer(const OutsideIssuer&) = delete;
  OutsideIssuer& operator=(const OutsideIssuer&) = delete;

  // Checks signature, iss, aud, exp and nbf. The subject is "token:<sub>", its role kPublic when
  // the token has none. Throws unauthenticated; StatusError 503 with Retry-After while the key may
  // yet be fetched.
  AccessTokens::Verified Verify(std::string_view token);

  // Returns when no fetch is under way or asked for.
  void WaitForKeys();

 private:
  void FetchKeys();
  void Run();
  std::shared_ptr<const KeySet> KeysWith(const std::string& kid);
  AccessTokens::Verified Checked(const Json& claims) const;

  const Options options_;
  const Fetch fetch_;
  const Clock& clock_;

  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  std::shared_ptr<const KeySet> keys_ = std::make_shared<const KeySet>();
  int64_t fetched_ms_ = 0;
  bool wanted_ = true;
  bool stop_ = false;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace marquee::auth
