#include "sources/download.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"

namespace marquee::sources {
namespace {

namespace fs = std::filesystem;

constexpr char kNotice[] =
    "MovieLens data by GroupLens Research, University of Minnesota (grouplens.org).\n"
    "Free for research; no redistribution without permission, no commercial use without asking, no "
    "statement that\nthe university endorses what you do with it. The README in the archive has "
    "the "
    "terms of this release.\nPlease cite: F. M. Harper and J. A. Konstan, The MovieLens Datasets: "
    "History and Context, ACM TiiS 5(4), 2015.";
constexpr size_t kMaxChecksumBytes = 4096;
constexpr int kMaxWaitMs = 30'000;

// The partial file, ours alone while it is open.
class PartialFile {
 public:
  explicit PartialFile(fs::path path)
      : path_(std::move(path)),
        descriptor_(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) ThrowFileError(errno, "create", path_);
    if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      close(descriptor_);
      throw Error(Code::kFailedPrecondition, StrCat("another process is fetching ", path_.string()),
                  "wait for it, or stop it and try again");
    }
  }
  ~PartialFile() { close(descriptor_); }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const fs::path& path() const { return path_; }

  int64_t size() const {
    struct stat status {};
    if (fstat(descriptor_, &status) != 0) ThrowFileError(errno, "read", path_);
    return status.st_size;
  }

  void Append(std::string_view bytes) {
    if (lseek(descriptor_, 0, SEEK_END) < 0) ThrowFileError(errno, "write", path_);
    while (!bytes.empty()) {
      const ssize_t count = write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno != EINTR) ThrowFileError(errno, "write", path_);
      if (count > 0) bytes.remove_prefix(static_cast<size_t>(count));
    }
  }

  void Clear() {
    if (ftruncate(descriptor_, 0) != 0) ThrowFileError(errno, "write", path_);
  }
  void Delete() { unlink(path_.c_str()); }
  void PublishAs(const fs::path& path) {
    if (fsync(descriptor_) != 0) ThrowFileError(errno, "sync", path_);
    if (rename(path_.c_str(), path.c_str()) != 0) ThrowFileError(errno, "replace", path);
  }

 private:
  const fs::path path_;
  const int descriptor_;
};

// What one request came to. Nothing that may happen on a network is an exception here.
struct Outcome {
  CURLcode result;
  long status;
  std::string reason;  // for people
};

// Gets one URL at a time. Callbacks may throw: the exception comes out of Get.
class Fetcher {
 public:
  using OnBytes = std::function<void(std::string_view)>;
  using OnProgress = std::function<void(int64_t done, int64_t total)>;  // total 0: unknown

  explicit Fetcher(const DownloadOptions& options) : handle_(curl_easy_init()) {
    if (!handle_) throw Error(Code::kInternal, "cannot start libcurl");
    Set(CURLOPT_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_FOLLOWLOCATION, 1L);
    Set(CURLOPT_MAXREDIRS, 5L);
    Set(CURLOPT_FAILONERROR, 1L);
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_USERAGENT, "marquee");
    Set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout_s));
    Set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    Set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout_s));
    Set(CURLOPT_ERRORBUFFER, error_text_);
    Set(CURLOPT_WRITEFUNCTION, &Fetcher::Write);
    Set(CURLOPT_WRITEDATA, this);
    Set(CURLOPT_XFERINFOFUNCTION, &Fetcher::Report);
    Set(CURLOPT_XFERINFODATA, this);
    Set(CURLOPT_NOPROGRESS, 0L);
  }

  Outcome Get(const std::string& url, int64_t from, OnBytes on_bytes, OnProgress on_progress) {
    on_bytes_ = std::move(on_bytes);
    on_progress_ = std::move(on_progress);
    thrown_ = nullptr;
    error_text_[0] = '\0';
    Set(CURLOPT_URL, url.c_str());
    Set(CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(from));
    const CURLcode result = curl_easy_perform(handle_.get());
    if (thrown_) std::rethrow_exception(thrown_);
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    return {result, status, error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(result)};
  }

 private:
  struct Cleanup {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };

  template <typename T>
  void Set(CURLoption option, T value) {
    const CURLcode result = curl_easy_setopt(handle_.get(), option, value);
    if (result != CURLE_OK)
      throw Error(Code::kInternal, StrCat("libcurl: ", curl_easy_strerror(result)));
  }

  template <typename Call>
  bool Guarded(Call call) {
    try {
      call();
      return true;
    } catch (...) {
      thrown_ = std::current_exception();
      return false;
    }
  }

  static size_t Write(char* bytes, size_t one, size_t size, void* self) {
    auto* fetcher = static_cast<Fetcher*>(self);
    return fetcher->Guarded([&] { fetcher->on_bytes_({bytes, one * size}); }) ? one * size : 0;
  }
  static int Report(void* self, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
    auto* fetcher = static_cast<Fetcher*>(self);
    return fetcher->Guarded([&] { fetcher->on_progress_(done, total); }) ? 0 : 1;
  }

  std::unique_ptr<CURL, Cleanup> handle_;
  char error_text_[CURL_ERROR_SIZE];
  OnBytes on_bytes_;
  OnProgress on_progress_;
  std::exception_ptr thrown_;
};

bool MayPass(const Outcome& outcome) {
  if (outcome.result != CURLE_HTTP_RETURNED_ERROR)
    return outcome.result != CURLE_UNSUPPORTED_PROTOCOL && outcome.result != CURLE_URL_MALFORMAT;
  return outcome.status >= 500 || outcome.status == 408 || outcome.status == 429;
}

// The first 32 hex digits in a row: "<md5>  file" and "MD5 (file) = <md5>" both occur.
std::string FindMd5(std::string_view text) {
  size_t run = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && std::isxdigit(static_cast<unsigned char>(text[i]))) {
      ++run;
      continue;
    }
    if (run == 32) return AsciiLower(text.substr(i - 32, 32));
    run = 0;
  }
  return {};
}

class Download {
 public:
  Download(const std::string& name, const std::string& archive, const DownloadOptions& options,
           Progress& progress, const CancelToken& cancel)
      : stage_("download " + name),
        url_(StrCat(options.base_url, options.base_url.ends_with('/') ? "" : "/", archive)),
        options_(options),
        progress_(progress),
        cancel_(cancel),
        fetcher_(options) {}

  void To(const fs::path& file) {
    PartialFile partial(file.string() + ".partial");
    const std::string wanted = FetchChecksum();
    Fetch(&partial);
    const std::string found = HashFileHex(HashKind::kMd5, partial.path().string());
    if (found != wanted) {
      partial.Delete();
      throw Error(Code::kDataLoss,
                  StrCat(url_, " has MD5 ", found, ", its publisher says ", wanted),
                  "what was fetched is deleted: try again");
    }
    partial.PublishAs(file);
  }

 private:
  std::string FetchChecksum() {
    std::string text;
    Repeat(url_ + ".md5", [&](const std::string& url) {
      text.clear();
      return fetcher_.Get(
          url, 0,
          [&](std::string_view bytes) {
            text.append(bytes.substr(0, kMaxChecksumBytes - text.size()));
          },
          [&](int64_t, int64_t) { cancel_.ThrowIfRequested(stage_); });
    });
    const std::string md5 = FindMd5(text);
    if (md5.empty())
      throw Error(Code::kUnavailable, StrCat(url_, ".md5 holds no MD5 checksum"), Hint());
    return md5;
  }

  void Fetch(PartialFile* partial) {
    Repeat(url_, [&](const std::string& url) {
      const int64_t from = partial->size();
      Outcome outcome = fetcher_.Get(
          url, from,
          [&](std::string_view bytes) {
            partial->Append(bytes);
            progressed_ = true;
          },
          [&](int64_t done, int64_t total) { Report(from, done, total); });
      // Nothing lies behind what is there: it is whole, or the checksum will tell.
      if (from > 0 && outcome.status == 416) return Outcome{CURLE_OK, 416, ""};
      if (outcome.result == CURLE_RANGE_ERROR) partial->Clear();
      return outcome;
    });
  }

  void Report(int64_t from, int64_t done, int64_t total) {
    cancel_.ThrowIfRequested(stage_);
    if (total <= 0) return progress_.Update(stage_, -1, HumanBytes(from + done));
    progress_.Update(stage_, static_cast<double>(from + done) / static_cast<double>(from + total),
                     StrCat(HumanBytes(from + done), " of ", HumanBytes(from + total)));
  }

  // Until it works, or `attempts` in a row brought nothing new.
  void Repeat(const std::string& url, const std::function<Outcome(const std::string&)>& get) {
    int wait_ms = options_.first_wait_ms;
    for (int failures = 0;;) {
      cancel_.ThrowIfRequested(stage_);
      progressed_ = false;
      const Outcome outcome = get(url);
      if (outcome.result == CURLE_OK) return;
      if (progressed_) {
        failures = 0;
        wait_ms = options_.first_wait_ms;
      }
      if (!MayPass(outcome) || ++failures >= options_.attempts)
        throw Error(Code::kUnavailable, StrCat("cannot fetch ", url, ": ", outcome.reason), Hint());
      progress_.Update(stage_, -1, StrCat(outcome.reason, "; trying again"));
      Wait(wait_ms);
      wait_ms = std::min(2 * wait_ms, kMaxWaitMs);
    }
  }

  void Wait(int wait_ms) {
    for (int left = wait_ms; left > 0; left -= 100) {
      cancel_.ThrowIfRequested(stage_);
      std::this_thread::sleep_for(std::chrono::milliseconds(std::min(left, 100)));
    }
  }

  std::string Hint() const {
    return StrCat("fetch ", url_, " by other means and give the file with --data PATH");
  }

  const std::string stage_;
  const std::string url_;
  const DownloadOptions& options_;
  Progress& progress_;
  const CancelToken& cancel_;
  Fetcher fetcher_;
  bool progressed_ = false;
};

}  // namespace

const std::vector<std::string>& DownloadableDatasets() {
  static const std::vector<std::string> names = {
      "movielens-100k", "movielens-1m",  "movielens-10m",          "movielens-20m",
      "movielens-25m",  "movielens-32m", "movielens-latest-small", "movielens-latest"};
  return names;
}

DownloadedDataset DownloadDataset(const std::string& name, const fs::path& folder,
                                  const DownloadOptions& options, Progress& progress,
                                  const CancelToken& cancel) {
  const std::vector<std::string>& known = DownloadableDatasets();
  if (std::find(known.begin(), known.end(), name) == known.end())
    throw Error(Code::kInvalidArgument,
                StrCat("no data set '", name, "' to download", DidYouMean(name, known)),
                StrCat("there are ", Join(known, ", ")));
  const std::string archive = "ml-" + name.substr(name.find('-') + 1) + ".zip";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) ThrowFileError(error.value(), "create", folder);
  const fs::path file = folder / archive;
  const bool was_there = fs::exists(file);
  if (!was_there) Download(name, archive, options, progress, cancel).To(file);
  return {file, was_there, kNotice};
}

}  // namespace marquee::sources
