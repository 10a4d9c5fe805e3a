#include "sources/download.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"

namespace marquee::sources {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::Gt;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kScript[] = "src/sources/download_test_server.py";

// download_test_server.py as a child process: it ends when its standard input does.
class FileServer {
 public:
  explicit FileServer(const fs::path& folder) {
    int input[2];
    int output[2];
    if (pipe(input) != 0 || pipe(output) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      dup2(input[0], 0);
      dup2(output[1], 1);
      for (const int descriptor : {input[0], input[1], output[0], output[1]}) close(descriptor);
      execlp("python3", "python3", kScript, folder.c_str(), nullptr);
      _exit(127);
    }
    close(input[0]);
    close(output[1]);
    input_ = input[1];
    std::FILE* lines = fdopen(output[0], "r");
    if (std::fscanf(lines, "%d", &port_) != 1) port_ = 0;
    std::fclose(lines);
  }
  ~FileServer() {
    close(input_);
    waitpid(pid_, nullptr, 0);
  }
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;

  int port() const { return port_; }

 private:
  pid_t pid_ = -1;
  int input_ = -1;
  int port_ = 0;
};

class DownloadTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("python3 --version > /dev/null 2>&1") != 0)
      GTEST_SKIP() << "no python3 to run " << kScript;
    for (int i = 0; i < 100'000; ++i) archive_ += StrCat(i, "::", i * 7, "\n");
    Serve("ml-1m.zip", archive_);
    Serve("ml-1m.zip.md5", HashHex(HashKind::kMd5, archive_) + "  ml-1m.zip\n");
    server_.emplace(served_.path());
    ASSERT_NE(server_->port(), 0) << kScript << " does not start: run from the project's folder";
    options_.base_url = StrCat("http://127.0.0.1:", server_->port(), "/datasets");
    options_.first_wait_ms = 1;
  }

  void Serve(const std::string& name, const std::string& text) {
    WriteFileAtomic(served_.path() / name, text);
  }
  DownloadedDataset Get() {
    NoProgress progress;
    return DownloadDataset("movielens-1m", target(), options_, progress, cancel_);
  }
  fs::path target() const { return folder_.path() / "cache"; }
  fs::path file() const { return target() / "ml-1m.zip"; }
  fs::path partial() const { return target() / "ml-1m.zip.partial"; }
  std::vector<std::string> Requests() const {
    const std::string log = ReadFile(served_.path() / "requests.log");
    std::vector<std::string> lines;
    for (const std::string_view line : Split(Trim(log), "\n")) lines.emplace_back(line);
    return lines;
  }

  TempDir served_;
  TempDir folder_;
  std::string archive_;
  std::optional<FileServer> server_;
  DownloadOptions options_;
  CancelToken cancel_;
};

TEST_F(DownloadTest, GivesTheWholeFileAndTheLicence) {
  const DownloadedDataset dataset = Get();
  EXPECT_EQ(dataset.file, file());
  EXPECT_FALSE(dataset.was_there);
  EXPECT_THAT(dataset.notice, HasSubstr("Harper"));
  EXPECT_EQ(ReadFile(file()), archive_);
  EXPECT_FALSE(fs::exists(partial()));
  EXPECT_THAT(Requests(), ElementsAre("/datasets/ml-1m.zip.md5 -", "/datasets/ml-1m.zip -"));
}

TEST_F(DownloadTest, FetchesNothingTwice) {
  Get();
  EXPECT_TRUE(Get().was_there);
  EXPECT_THAT(Requests(), testing::SizeIs(2));
}

TEST_F(DownloadTest, ACutConnectionIsResumedWhereItBroke) {
  Serve("ml-1m.zip.faults", "cut\ncut\n");
  Get();
  EXPECT_EQ(ReadFile(file()), archive_);
  EXPECT_THAT(Requests(),
              ElementsAre(HasSubstr(".md5"), "/datasets/ml-1m.zip -",
                          StrCat("/datasets/ml-1m.zip bytes=", archive_.size() / 2, "-"),
                          StartsWith("/datasets/ml-1m.zip bytes=")));
}

TEST_F(DownloadTest, ALaterCallGoesOnWithThePartialFile) {
  options_.attempts = 1;
  Serve("ml-1m.zip.faults", "cut\n");
  EXPECT_THAT([&] { Get(); }, ThrowsError(Code::kUnavailable, HasSubstr("ml-1m.zip")));
  EXPECT_EQ(fs::file_size(partial()), archive_.size() / 2);
  Get();
  EXPECT_EQ(ReadFile(file()), archive_);
  EXPECT_EQ(Requests().back(), StrCat("/datasets/ml-1m.zip bytes=", archive_.size() / 2, "-"));
}

TEST_F(DownloadTest, AWholePartialFileOnlyNeedsItsChecksum) {
  fs::create_directories(target());
  WriteFileAtomic(partial(), archive_);
  Get();
  EXPECT_EQ(ReadFile(file()), archive_);
}

TEST_F(DownloadTest, StartsAnewWhenTheServerKnowsNoRanges) {
  fs::create_directories(target());
  WriteFileAtomic(partial(), archive_.substr(0, 1000));
  Serve("ml-1m.zip.faults", "norange\nok\n");
  Get();
  EXPECT_EQ(ReadFile(file()), archive_);
}

TEST_F(DownloadTest, TriesAgainAfterServerErrors) {
  Serve("ml-1m.zip.faults", "503\n500\n429\n");
  Serve("ml-1m.zip.md5.faults", "502\n");
  Get();
  EXPECT_EQ(ReadFile(file()), archive_);
}

TEST_F(DownloadTest, GivesUpAfterItsAttempts) {
  options_.attempts = 3;
  Serve("ml-1m.zip.faults", "503\n503\n503\nok\n");
  EXPECT_THAT([&] { Get(); },
              ThrowsError(Code::kUnavailable, AllOf(HasSubstr("ml-1m.zip"), HasSubstr("503"))));
  EXPECT_THAT(Requests(), testing::SizeIs(4));
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(DownloadTest, DoesNotRepeatWhatTheServerRefuses) {
  Serve("ml-1m.zip.faults", "403\nok\n");
  EXPECT_THAT([&] { Get(); }, ThrowsError(Code::kUnavailable, HasSubstr("403")));
  EXPECT_THAT(Requests(), testing::SizeIs(2));
}

TEST_F(DownloadTest, AWrongChecksumIsDataLossAndThePartialFileGoes) {
  Serve("ml-1m.zip.md5", "MD5 (ml-1m.zip) = 0123456789abcdef0123456789ABCDEF\n");
  EXPECT_THAT([&] { Get(); },
              ThrowsError(Code::kDataLoss, AllOf(HasSubstr(HashHex(HashKind::kMd5, archive_)),
                                                 HasSubstr("0123456789abcdef0123456789abcdef"))));
  EXPECT_TRUE(fs::is_empty(target()));
}

TEST_F(DownloadTest, WithoutAChecksumNothingIsTaken) {
  Serve("ml-1m.zip.md5", "<html>not here</html>");
  EXPECT_THAT([&] { Get(); }, ThrowsError(Code::kUnavailable, HasSubstr("no MD5 checksum")));
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(DownloadTest, CancelKeepsThePartialFileForLater) {
  class CancelHalfway : public Progress {
   public:
    explicit CancelHalfway(CancelToken* token) : token_(token) {}
    void Update(std::string_view, double fraction, std::string_view) override {
      if (fraction > 0) token_->Request();
    }
    CancelToken* const token_;
  };
  CancelHalfway progress(&cancel_);
  EXPECT_THAT([&] { DownloadDataset("movielens-1m", target(), options_, progress, cancel_); },
              ThrowsError(Code::kCancelled, HasSubstr("download movielens-1m")));
  EXPECT_FALSE(fs::exists(file()));
  EXPECT_TRUE(fs::exists(partial()));
}

TEST_F(DownloadTest, TwoAtATimeAreRefused) {
  class Nested : public Progress {
   public:
    explicit Nested(std::function<void()> call) : call_(std::move(call)) {}
    void Update(std::string_view, double, std::string_view) override {
      if (std::exchange(called_, true)) return;
      call_();
    }
    std::function<void()> call_;
    bool called_ = false;
  };
  Nested progress([&] {
    EXPECT_THAT([&] { Get(); },
                ThrowsError(Code::kFailedPrecondition, HasSubstr("another process is fetching")));
  });
  DownloadDataset("movielens-1m", target(), options_, progress, cancel_);
  EXPECT_TRUE(progress.called_);
  EXPECT_EQ(ReadFile(file()), archive_);
}

TEST_F(DownloadTest, WithoutANetworkItSaysHowToGoOn) {
  server_.reset();
  options_.attempts = 2;
  try {
    Get();
    FAIL() << "no server, no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kUnavailable);
    EXPECT_THAT(error.hint(), HasSubstr("--data PATH"));
  }
}

TEST_F(DownloadTest, OtherProtocolsAreRefused) {
  options_.base_url = "file://" + served_.path().string();
  EXPECT_THAT([&] { Get(); }, ThrowsError(Code::kUnavailable, HasSubstr("file://")));
}

TEST_F(DownloadTest, AnUnknownNameIsRefusedWithTheKnownOnes) {
  NoProgress progress;
  EXPECT_THAT([&] { DownloadDataset("movielens-2m", target(), options_, progress, cancel_); },
              ThrowsError(Code::kInvalidArgument,
                          HasSubstr("no data set 'movielens-2m' to download; did you mean "
                                    "'movielens-")));
}

}  // namespace
}  // namespace marquee::sources
