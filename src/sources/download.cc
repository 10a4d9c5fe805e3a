#include "sources/download.h"

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
#include "http/transfer.h"

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

using http::TransferResult;

http::TransferOptions TransferOptionsOf(const DownloadOptions& options) {
  return {.connect_timeout_ms = options.connect_timeout_s * 1000,
          .stall_timeout_ms = options.stall_timeout_s * 1000,
          .max_redirects = 5,
          .leave_out_error_bodies = true};
}

bool IsDone(const TransferResult& result) {
  return result.outcome == TransferResult::Outcome::kAnswered && result.status < 400;
}

bool MayPass(const TransferResult& result) {
  if (result.outcome != TransferResult::Outcome::kAnswered)
    return result.outcome != TransferResult::Outcome::kBadUrl;
  return result.status >= 500 || result.status == 408 || result.status == 429;
}

std::string ReasonOf(const TransferResult& result) {
  return result.outcome == TransferResult::Outcome::kAnswered
             ? StrCat("the server answers ", result.status)
             : result.reason;
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
        transfer_(TransferOptionsOf(options)) {}

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
      return transfer_.Run(
          {.url = url},
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
      TransferResult result = transfer_.Run(
          {.url = url, .from = from},
          [&](std::string_view bytes) {
            partial->Append(bytes);
            progressed_ = true;
          },
          [&](int64_t done, int64_t total) { Report(from, done, total); });
      // Nothing lies behind what is there: it is whole, or the checksum will tell.
      if (from > 0 && result.status == 416) result.status = 200;
      if (result.outcome == TransferResult::Outcome::kCannotResume) partial->Clear();
      return result;
    });
  }

  void Report(int64_t from, int64_t done, int64_t total) {
    cancel_.ThrowIfRequested(stage_);
    if (total <= 0) return progress_.Update(stage_, -1, HumanBytes(from + done));
    progress_.Update(stage_, static_cast<double>(from + done) / static_cast<double>(from + total),
                     StrCat(HumanBytes(from + done), " of ", HumanBytes(from + total)));
  }

  // Until it works, or `attempts` in a row brought nothing new.
  void Repeat(const std::string& url,
              const std::function<TransferResult(const std::string&)>& get) {
    int wait_ms = options_.first_wait_ms;
    for (int failures = 0;;) {
      cancel_.ThrowIfRequested(stage_);
      progressed_ = false;
      const TransferResult result = get(url);
      if (IsDone(result)) return;
      if (progressed_) {
        failures = 0;
        wait_ms = options_.first_wait_ms;
      }
      if (!MayPass(result) || ++failures >= options_.attempts)
        throw Error(Code::kUnavailable, StrCat("cannot fetch ", url, ": ", ReasonOf(result)),
                    Hint());
      progress_.Update(stage_, -1, StrCat(ReasonOf(result), "; trying again"));
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
  http::Transfer transfer_;
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
