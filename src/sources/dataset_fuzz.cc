// Bytes -> the files of a MovieLens release, of each layout, or a CSV file: every table is read to
// its end. The input is split at lines of "%%%" into the files of one layout, which its first byte
// chooses.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"
#include "sources/collect_rows.h"
#include "sources/csv.h"
#include "sources/dataset.h"
#include "sources/movielens.h"

namespace marquee::sources {
namespace {

// The files of a release, in memory.
class MemoryTree : public FileTree {
 public:
  void Add(const std::string& name, std::string text) {
    entries_.push_back({name, static_cast<int64_t>(text.size()), 0});
    texts_[name] = std::move(text);
  }
  const std::vector<FileEntry>& entries() const override { return entries_; }
  std::unique_ptr<ByteSource> Open(const std::string& name) const override {
    return OpenMemoryBytes(texts_.at(name));
  }

 private:
  std::vector<FileEntry> entries_;
  std::map<std::string, std::string> texts_;
};

const std::vector<std::vector<std::string>>& Layouts() {
  static const std::vector<std::vector<std::string>> layouts = {
      {"u.data", "u.item", "u.user"},
      {"ratings.dat", "movies.dat", "users.dat"},
      {"ml-10M100K/ratings.dat", "ml-10M100K/movies.dat", "ml-10M100K/tags.dat"},
      {"a/ratings.csv", "a/movies.csv", "a/tags.csv", "a/links.csv", "a/README.txt"}};
  return layouts;
}

void ReadTables(const Dataset& dataset) {
  for (const RawTable& table : dataset.tables) {
    const std::shared_ptr<lake::RowSource> rows = table.open();
    CollectingSink sink(rows->Columns(), 64);
    while (rows->Fill(sink) > 0) MARQUEE_CHECK(sink.all_utf8());
  }
}

}  // namespace
}  // namespace marquee::sources

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace marquee;
  using namespace marquee::sources;
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    if (data[0] % 5 == 4) {
      const auto tree = std::make_shared<MemoryTree>();
      tree->Add("a.csv", text);
      ReadTables(ReadCsv(tree, "a.csv", "a.csv", {}));
      return 0;
    }
    const std::vector<std::string>& files = Layouts()[data[0] % 5];
    const auto tree = std::make_shared<MemoryTree>();
    const std::vector<std::string_view> parts = Split(text, "%%%\n");
    for (size_t i = 0; i < files.size(); ++i)
      tree->Add(files[i], i < parts.size() ? std::string(parts[i]) : "");
    const std::optional<Dataset> dataset = FindMovielens(tree, "fuzz");
    MARQUEE_CHECK(dataset.has_value());
    ReadTables(*dataset);
  } catch (const Error& error) {
    MARQUEE_CHECK(error.code() == Code::kInvalidArgument);
  }
  return 0;
}
