#include "sources/dataset.h"

#include <array>
#include <utility>

#include "base/dataset_log.h"
#include "base/error.h"
#include "base/text.h"
#include "sources/byte_source.h"
#include "sources/csv.h"
#include "sources/movielens.h"

namespace marquee::sources {
namespace {

namespace fs = std::filesystem;

bool LooksLikeZip(const fs::path& path) {
  const std::string magic = ReadPrefix(*OpenFileBytes(path), 4);
  return magic == "PK\x03\x04" || magic == std::string_view("PK\x05\x06", 4);
}

Dataset OpenRelease(std::shared_ptr<const FileTree> files, const fs::path& path) {
  std::optional<Dataset> dataset = FindMovielens(std::move(files), path);
  if (dataset) return *std::move(dataset);
  throw Error(Code::kInvalidArgument,
              StrCat(path.string(), " is no MovieLens release: looked for ", kMovielensFiles,
                     ", here and in the folders in it"),
              "give the folder or zip of a release, or a CSV file with a header");
}

Dataset OpenCsv(const fs::path& path, const OpenOptions& options) {
  return ReadCsv(OpenSingleFile(path), path.filename().string(), path.string(), options.mapping);
}

void CheckSource(const std::string& source) {
  const std::vector<std::string> known = {"auto", "movielens", "csv"};
  for (const std::string& name : known) {
    if (source == name) return;
  }
  throw Error(Code::kInvalidArgument, StrCat("source is '", source, "'", DidYouMean(source, known)),
              StrCat("a source is one of ", Join(known, ", ")));
}

Dataset OpenPath(const fs::path& path, const OpenOptions& options) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status))
    throw Error(Code::kNotFound, StrCat("no such data set: ", path.string()),
                "give the folder or zip of a MovieLens release, or a CSV file with a header");
  const bool is_zip = fs::is_regular_file(status) && LooksLikeZip(path);
  if (options.source == "csv") {
    if (!fs::is_regular_file(status) || is_zip)
      throw Error(Code::kInvalidArgument, StrCat(path.string(), " is no CSV file"),
                  "source csv takes one text file with a header");
    return OpenCsv(path, options);
  }
  if (fs::is_directory(status)) return OpenRelease(OpenFolder(path), path);
  if (is_zip) return OpenRelease(OpenZip(path), path);
  if (options.source == "movielens" || path.extension() == ".dat" || path.extension() == ".data")
    throw Error(Code::kInvalidArgument,
                StrCat(path.string(), " is one file, a MovieLens release has several"),
                "give the folder or zip of the release");
  return OpenCsv(path, options);
}

}  // namespace

Dataset OpenDataset(const fs::path& path, const OpenOptions& options) {
  CheckSource(options.source);
  Dataset dataset = OpenPath(path, options);
  NoteInput(DatasetAt(path));
  return dataset;
}

}  // namespace marquee::sources
