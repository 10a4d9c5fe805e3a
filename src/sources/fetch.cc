#include "sources/fetch.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "http/transfer.h"

namespace marquee::sources {
namespace {

namespace fs = std::filesystem;

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

void CheckAnswer(const http::TransferResult& result, const std::string& url) {
  const bool answered = result.outcome == http::TransferResult::Outcome::kAnswered;
  if (answered && result.status >= 200 && result.status < 300) return;
  if (result.outcome == http::TransferResult::Outcome::kBadUrl) {
    throw Error(Code::kInvalidArgument, StrCat("cannot fetch ", url, ": ", result.reason),
                "give an http or https URL, or a path");
  }
  const std::string reason =
      answered ? StrCat("the server answers ", result.status) : result.reason;
  throw Error(answered ? CodeOfStatus(result.status) : Code::kUnavailable,
              StrCat("cannot fetch ", url, ": ", reason),
              "fetch it by other means and give the file as the source");
}

std::string EnvText(const std::function<const char*(const char*)>& env, const char* name) {
  const char* value = env(name);
  return value == nullptr ? "" : std::string(Trim(value));
}

}  // namespace

void FetchFile(const FetchRequest& request, const fs::path& file, Progress& progress,
               const CancelToken& cancel) {
  const std::string shown = ShownUrl(request.url);
  const std::string stage = StrCat("fetch ", shown);
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  if (!out) ThrowFileError(errno, "create", file);
  int64_t written = 0;
  http::Transfer transfer({.connect_timeout_ms = 15'000,
                           .stall_timeout_ms = 60'000,
                           .max_redirects = 5,
                           .leave_out_error_bodies = true});
  const http::TransferResult result = transfer.Run(
      {.url = request.url, .headers = request.headers},
      [&](std::string_view bytes) {
        written += static_cast<int64_t>(bytes.size());
        if (written > request.max_bytes) {
          throw Error(Code::kResourceExhausted,
                      StrCat(shown, " answers more than ", HumanBytes(request.max_bytes)));
        }
        if (!out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())))
          ThrowFileError(errno, "write", file);
      },
      [&](int64_t done, int64_t total) {
        cancel.ThrowIfRequested(stage);
        const double share =
            total > 0 ? static_cast<double>(done) / static_cast<double>(total) : -1;
        progress.Update(stage, share, HumanBytes(done));
      });
  CheckAnswer(result, shown);
  if (!out.flush()) ThrowFileError(errno, "write", file);
  progress.Update(stage, 1, HumanBytes(written));
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
