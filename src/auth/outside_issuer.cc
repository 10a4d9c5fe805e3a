#include "auth/outside_issuer.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "http/message.h"

namespace marquee::auth {
namespace {

constexpr size_t kMaxSubjectBytes = 200;

// Text with blanks between, or an array of texts.
std::vector<std::string> Words(const Json* claim) {
  std::vector<std::string> words;
  if (claim == nullptr) return words;
  if (claim->is_string()) {
    for (const std::string_view word : Split(claim->AsString(), " ")) words.emplace_back(word);
  }
  if (claim->is_array()) {
    for (const Json& word : claim->AsArray()) {
      if (word.is_string()) words.push_back(word.AsString());
    }
  }
  return words;
}

http::Role HighestRole(const std::vector<std::string>& words) {
  http::Role highest = http::Role::kPublic;
  for (const std::string& word : words) {
    highest = std::max(highest, http::ParseRole(word).value_or(http::Role::kPublic));
  }
  return highest;
}

bool IsMeantFor(const Json* audience, const std::string& who) {
  if (audience == nullptr) return false;
  if (audience->is_string()) return audience->AsString() == who;
  const std::vector<std::string> words = Words(audience);
  return std::ranges::find(words, who) != words.end();
}

// Seconds since 1970, whole or not; far from overflow.
std::optional<double> TimeClaim(const Json& claims, std::string_view name) {
  const Json* claim = claims.Find(name);
  if (claim == nullptr) return std::nullopt;
  if (!claim->is_number()) RefuseToken(StrCat("has a ", name, " that is no time"));
  return std::clamp(claim->AsDouble(), 0.0, 1e11);
}

}  // namespace

OutsideIssuer::OutsideIssuer(Options options, Fetch fetch, const Clock& clock)
    : options_(std::move(options)),
      fetch_(std::move(fetch)),
      clock_(clock),
      thread_([this] { Run(); }) {}

OutsideIssuer::~OutsideIssuer() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void OutsideIssuer::Run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (wanted_) {
      lock.unlock();
      FetchKeys();
      lock.lock();
      fetched_ms_ = clock_.NowMs();
      wanted_ = false;
      changed_.notify_all();
    }
    const auto refetch = std::chrono::seconds(options_.refetch_s);
    if (!changed_.wait_for(lock, refetch, [&] { return stop_ || wanted_; })) wanted_ = true;
  }
}

// Old keys stay when new ones cannot be had.
void OutsideIssuer::FetchKeys() {
  try {
    auto keys = std::make_shared<const KeySet>(KeySet::Parse(fetch_(options_.jwks_url)));
    if (keys->size() == 0) throw Error(Code::kUnavailable, "there is no key for ES256 or RS256");
    const std::scoped_lock lock(mutex_);
    keys_ = std::move(keys);
  } catch (const std::exception& error) {
    LogWarning(StrCat("auth: no keys from ", options_.jwks_url, ": ", error.what()));
  }
}

void OutsideIssuer::WaitForKeys() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !wanted_; });
}

std::shared_ptr<const KeySet> OutsideIssuer::KeysWith(const std::string& kid) {
  const std::scoped_lock lock(mutex_);
  if (keys_->Has(kid)) return keys_;
  if (!wanted_ && clock_.NowMs() < fetched_ms_ + int64_t{1000} * options_.min_refetch_s) {
    RefuseToken("names a key that its issuer does not have");
  }
  wanted_ = true;
  changed_.notify_all();
  throw http::StatusError(503, Code::kUnavailable,
                          "the keys of the token's issuer are on their way",
                          "try again in a second", {{"Retry-After", "1"}});
}

AccessTokens::Verified OutsideIssuer::Verify(std::string_view token) {
  return Checked(KeysWith(UnverifiedKid(token))->Verify(token));
}

AccessTokens::Verified OutsideIssuer::Checked(const Json& claims) const {
  const auto now_s = static_cast<double>(clock_.NowMs()) / 1e3;
  const std::optional<double> expires_s = TimeClaim(claims, "exp");
  if (!expires_s) RefuseToken("has no time of expiry");
  if (now_s >= *expires_s + options_.leeway_s) RefuseToken("has expired");
  const std::optional<double> begins_s = TimeClaim(claims, "nbf");
  if (begins_s && now_s < *begins_s - options_.leeway_s) RefuseToken("is not valid yet");
  const Json* issuer = claims.Find("iss");
  if (issuer == nullptr || *issuer != Json(options_.issuer)) RefuseToken("is of another issuer");
  if (!IsMeantFor(claims.Find("aud"), options_.audience)) RefuseToken("is meant for somebody else");
  const Json* subject = claims.Find("sub");
  if (subject == nullptr || !subject->is_string()) RefuseToken("has no subject");
  return {.subject = {.name = StrCat("token:",
                                     ToValidUtf8(subject->AsString().substr(0, kMaxSubjectBytes))),
                      .role = HighestRole(Words(claims.Find(options_.role_claim))),
                      .paths = {}},
          .expires_ms = static_cast<int64_t>((*expires_s + options_.leeway_s) * 1e3)};
}

}  // namespace marquee::auth
