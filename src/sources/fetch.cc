#include "sources/fetch.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "http/transfer.h"

namespace marquee::sources {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kLongestWaitS = 60;

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0);
    }
    for (size_t i = 0; i < 4; ++i) {
      const bool is_padding = at + i > bytes.size();
      out += is_padding ? '=' : kDigits[group >> (18 - 6 * i) & 63];
    }
  }
  return out;
}

// Without a query, which may hold a signature.
std::string ShownUrl(std::string_view url) { return std::string(url.substr(0, url.find('?'))); }

Code CodeOfStatus(int status) {
  switch (status) {
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
    case 410:
      return Code::kNotFound;
    default:
      return Code::kUnavailable;
  }
}

using http::TransferResult;

bool IsAnswered(const TransferResult& result) {
  return result.outcome == TransferResult::Outcome::kAnswered;
}

bool IsFetched(const TransferResult& result) {
  return IsAnswered(result) && result.status >= 200 && result.status < 300;
}

bool IsPassing(const TransferResult& result) {
  if (!IsAnswered(result)) return result.outcome != TransferResult::Outcome::kBadUrl;
  return result.status >= 500 || result.status == 408 || result.status == 416 ||
         result.status == 429;
}

std::string HeaderOf(const TransferResult& result, std::string_view name) {
  for (const http::Header& header : result.headers) {
    if (AsciiLower(header.name) == name) return header.value;
  }
  return "";
}

// What If-Range takes: a strong ETag, else the time of the last change; "" without either.
std::string ValidatorOf(const TransferResult& result) {
  const std::string tag = HeaderOf(result, "etag");
  return tag.empty() || tag.starts_with("W/") ? HeaderOf(result, "last-modified") : tag;
}

// In seconds; a time of day is not understood.
std::optional<int64_t> RetryAfter(const TransferResult& result) {
  const auto seconds = ParseInt(HeaderOf(result, "retry-after"));
  return IsAnswered(result) && seconds && *seconds >= 0 ? seconds : std::nullopt;
}

std::string FetchHintOf(const TransferResult& result, bool has_credentials) {
  const int status = IsAnswered(result) ? result.status : 0;
  if (has_credentials && status == 401)
    return "the credentials are not accepted: make new ones on your account's page";
  if (has_credentials && status == 403)
    return "accept the terms of the data set on its page, with the account of the credentials";
  return "fetch it by other means and give the file as the source";
}

[[noreturn]] void ThrowFailure(const TransferResult& result, const std::string& url,
                               bool has_credentials) {
  if (result.outcome == TransferResult::Outcome::kBadUrl) {
    throw Error(Code::kInvalidArgument, StrCat("cannot fetch ", url, ": ", result.reason),
                "give an http or https URL, or a path");
  }
  const auto wait_s = RetryAfter(result);
  const std::string reason =
      IsAnswered(result) ? StrCat("the server answers ", result.status,
                                  wait_s ? StrCat(", and asks to wait ", *wait_s, " s") : "")
                         : result.reason;
  throw Error(IsAnswered(result) ? CodeOfStatus(result.status) : Code::kUnavailable,
              StrCat("cannot fetch ", url, ": ", reason), FetchHintOf(result, has_credentials));
}

// One file on its way, over as many requests as it takes.
class Fetching {
 public:
  Fetching(const FetchRequest& request, const fs::path& file, Progress& progress,
           const CancelToken& cancel)
      : request_(request),
        shown_(ShownUrl(request.url)),
        stage_(StrCat("fetch ", shown_)),
        file_(file),
        progress_(progress),
        cancel_(cancel) {}

  void Run() {
    Restart();
    int64_t wait_ms = request_.first_wait_ms;
    for (int failures = 0;;) {
      const int64_t before = written_;
      const TransferResult result = Ask();
      if (IsFetched(result)) break;
      const bool can_resume = !validator_.empty() && !IsAnswered(result) &&
                              result.outcome != TransferResult::Outcome::kCannotResume;
      failures = can_resume && written_ > before ? 0 : failures + 1;
      const int64_t asked_s = RetryAfter(result).value_or(0);
      if (!IsPassing(result) || failures >= request_.attempts || asked_s > kLongestWaitS)
        ThrowFailure(result, shown_, !request_.headers.empty());
      if (!can_resume) Restart();
      Wait(RetryAfter(result) ? asked_s * 1000 : wait_ms);
      if (failures > 0) wait_ms *= 2;
    }
    if (!out_.flush()) ThrowFileError(errno, "write", file_);
    progress_.Update(stage_, 1, HumanBytes(written_));
  }

 private:
  void Restart() {
    if (out_.is_open()) out_.close();
    out_.open(file_, std::ios::binary | std::ios::trunc);
    if (!out_) ThrowFileError(errno, "create", file_);
    written_ = 0;
    validator_.clear();
  }

  // From where the file ends.
  TransferResult Ask() {
    std::vector<http::Header> headers = request_.headers;
    if (written_ > 0) headers.push_back({"If-Range", validator_});
    const int64_t from = written_;
    TransferResult result = transfer_.Run(
        {.url = request_.url, .headers = std::move(headers), .from = from},
        [&](std::string_view bytes) { Append(bytes); },
        [&](int64_t done, int64_t total) {
          cancel_.ThrowIfRequested(stage_);
          const double share =
              total > 0 ? static_cast<double>(from + done) / static_cast<double>(from + total) : -1;
          progress_.Update(stage_, share, HumanBytes(from + done));
        });
    if (from == 0) validator_ = ValidatorOf(result);
    return result;
  }

  void Append(std::string_view bytes) {
    written_ += static_cast<int64_t>(bytes.size());
    if (written_ > request_.max_bytes) {
      throw Error(Code::kResourceExhausted,
                  StrCat(shown_, " answers more than ", HumanBytes(request_.max_bytes)));
    }
    if (!out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size())))
      ThrowFileError(errno, "write", file_);
  }

  void Wait(int64_t wait_ms) {
    for (int64_t left = wait_ms; left > 0; left -= kLookMs) {
      cancel_.ThrowIfRequested(stage_);
      std::this_thread::sleep_for(std::chrono::milliseconds(std::min(left, kLookMs)));
    }
  }

  static constexpr int64_t kLookMs = 100;

  const FetchRequest& request_;
  const std::string shown_;
  const std::string stage_;
  const fs::path file_;
  Progress& progress_;
  const CancelToken& cancel_;
  http::Transfer transfer_{{.connect_timeout_ms = 15'000,
                            .stall_timeout_ms = 60'000,
                            .max_redirects = 5,
                            .leave_out_error_bodies = true}};
  std::ofstream out_;
  int64_t written_ = 0;
  std::string validator_;
};

std::string EnvText(const std::function<const char*(const char*)>& env, const char* name) {
  const char* value = env(name);
  return value == nullptr ? "" : std::string(Trim(value));
}

}  // namespace

void FetchFile(const FetchRequest& request, const fs::path& file, Progress& progress,
               const CancelToken& cancel) {
  Fetching(request, file, progress, cancel).Run();
}

std::string KaggleCredentials::Authorization() const {
  return token.empty() ? "Basic " + Base64(StrCat(username, ":", key)) : "Bearer " + token;
}

std::optional<KaggleCredentials> FindKaggleCredentials(
    const std::function<const char*(const char*)>& env) {
  const std::string named = EnvText(env, "KAGGLE_CONFIG_DIR");
  const fs::path folder =
      named.empty() ? fs::path(EnvText(env, "HOME")) / ".kaggle" : fs::path(named);
  KaggleCredentials found{EnvText(env, "KAGGLE_API_TOKEN"), EnvText(env, "KAGGLE_USERNAME"),
                          EnvText(env, "KAGGLE_KEY")};
  if (found.token.empty() && fs::exists(folder / "access_token"))
    found.token = std::string(Trim(ReadFile(folder / "access_token")));
  if (!found.token.empty()) return found;
  if (!found.username.empty() && !found.key.empty()) return found;
  const fs::path file = folder / "kaggle.json";
  if (!fs::exists(file)) return std::nullopt;
  try {
    const Json json = Json::Parse(ReadFile(file));
    return KaggleCredentials{"", json.At("username").AsString(), json.At("key").AsString()};
  } catch (const Error& error) {
    if (error.code() != Code::kInvalidArgument) throw;
    throw Error(Code::kInvalidArgument,
                StrCat(file.string(), " is not {\"username\": ..., \"key\": ...}"),
                "fetch a new one from your account's page at Kaggle");
  }
}

FetchRequest KaggleArchive(const std::string& api_url, const std::string& dataset,
                           const KaggleCredentials& credentials) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '/';
  };
  if (std::count(dataset.begin(), dataset.end(), '/') != 1 || dataset.front() == '/' ||
      dataset.back() == '/' || !std::all_of(dataset.begin(), dataset.end(), is_plain)) {
    throw Error(Code::kInvalidArgument, StrCat("'", dataset, "' is no data set of Kaggle"),
                "name it as owner/name, as in shivamb/netflix-shows");
  }
  return {.url = StrCat(api_url, "/datasets/download/", dataset),
          .headers = {{"Authorization", credentials.Authorization()}}};
}

}  // namespace marquee::sources
