#include <zip.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "sources/byte_source.h"

namespace marquee::sources {
namespace {

namespace fs = std::filesystem;

// Text compresses up to about 10 : 1; deflate itself ends near 1000 : 1.
constexpr zip_uint64_t kMaxRatio = 100;
constexpr zip_uint64_t kRatioFreeBytes = 1 << 20;

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseEntry {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, CloseArchive>;

Archive OpenArchive(const fs::path& path) {
  int number = 0;
  Archive archive(zip_open(path.c_str(), ZIP_RDONLY, &number));
  if (archive) return archive;
  zip_error_t error;
  zip_error_init_with_code(&error, number);
  const std::string reason = zip_error_strerror(&error);
  zip_error_fini(&error);
  throw Error(number == ZIP_ER_NOENT ? Code::kNotFound : Code::kDataLoss,
              StrCat("cannot open the archive ", path.string(), ": ", reason),
              "fetch the archive again, or give an unpacked folder");
}

void RefuseUnsafe(const zip_stat_t& stat, const std::string& label) {
  if (stat.encryption_method != ZIP_EM_NONE)
    throw Error(Code::kInvalidArgument, StrCat(label, " is encrypted"),
                "unpack the archive and give the folder");
  if (stat.size > kRatioFreeBytes && stat.size / kMaxRatio > stat.comp_size)
    throw Error(Code::kInvalidArgument,
                StrCat(label, " claims to unpack ", stat.comp_size, " bytes to ", stat.size,
                       ": more than ", kMaxRatio, " : 1"),
                "no rating file compresses like that; fetch the archive again from its publisher");
}

class EntryBytes : public ByteSource {
 public:
  EntryBytes(const fs::path& path, const std::string& name)
      : label_(StrCat(path.string(), ": ", name)), archive_(OpenArchive(path)) {
    zip_stat_t stat;
    if (zip_stat(archive_.get(), name.c_str(), 0, &stat) != 0)
      throw Error(Code::kNotFound, StrCat(label_, " is no longer there"));
    RefuseUnsafe(stat, label_);
    left_ = stat.size;
    file_.reset(zip_fopen_index(archive_.get(), stat.index, 0));
    if (!file_)
      throw Error(Code::kDataLoss,
                  StrCat("cannot open ", label_, ": ", zip_strerror(archive_.get())));
  }

  size_t Read(char* buffer, size_t size) override {
    const zip_int64_t count = zip_fread(file_.get(), buffer, size);
    if (count < 0)
      throw Error(Code::kDataLoss,
                  StrCat("cannot read ", label_, ": ", zip_file_strerror(file_.get())),
                  "the archive is damaged: fetch it again");
    if (static_cast<zip_uint64_t>(count) > left_ || (count == 0 && size > 0 && left_ > 0))
      throw Error(Code::kDataLoss,
                  StrCat(label_, " does not unpack to the size that the archive states"),
                  "the archive is damaged: fetch it again");
    left_ -= static_cast<zip_uint64_t>(count);
    return static_cast<size_t>(count);
  }

 private:
  const std::string label_;
  Archive archive_;
  std::unique_ptr<zip_file_t, CloseEntry> file_;
  zip_uint64_t left_ = 0;
};

class ZipTree : public FileTree {
 public:
  explicit ZipTree(const fs::path& path) : path_(path) {
    const Archive archive = OpenArchive(path);
    const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
    for (zip_int64_t i = 0; i < count; ++i) {
      zip_stat_t stat;
      if (zip_stat_index(archive.get(), static_cast<zip_uint64_t>(i), 0, &stat) != 0) continue;
      const std::string name = ToValidUtf8(stat.name);
      if (name.empty() || name.back() == '/') continue;
      entries_.push_back({name, static_cast<int64_t>(stat.size), static_cast<int64_t>(stat.crc)});
    }
    std::sort(entries_.begin(), entries_.end(),
              [](const FileEntry& a, const FileEntry& b) { return a.name < b.name; });
  }

  const std::vector<FileEntry>& entries() const override { return entries_; }
  std::unique_ptr<ByteSource> Open(const std::string& name) const override {
    return std::make_unique<EntryBytes>(path_, name);
  }

 private:
  const fs::path path_;
  std::vector<FileEntry> entries_;
};

}  // namespace

std::shared_ptr<const FileTree> OpenZip(const fs::path& path) {
  return std::make_shared<ZipTree>(path);
}

}  // namespace marquee::sources
