#include "tuning/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace marquee {

TrialJournal::TrialJournal(std::filesystem::path path, const Json& header)
    : path_(std::move(path)) {
  if (std::filesystem::exists(path_)) {
    Read(header);
    return;
  }
  std::filesystem::create_directories(path_.parent_path());
  WriteFileAtomic(path_, header.Dump() + "\n");
}

void TrialJournal::Read(const Json& header) {
  const std::string text = ReadFile(path_);
  const size_t end = text.rfind('\n') + 1;  // 0 when there is none
  std::vector<Json> lines;
  for (const std::string_view line : Split(std::string_view(text).substr(0, end), "\n")) {
    if (line.empty()) continue;
    try {
      lines.push_back(Json::Parse(line));
    } catch (const Error& error) {
      throw Error(
          Code::kDataLoss,
          StrCat(path_.string(), " is damaged: line ", lines.size() + 1, ": ", error.message()),
          "delete it and search anew");
    }
  }
  if (lines.empty() || lines[0].Dump() != header.Dump()) {
    throw Error(Code::kFailedPrecondition, StrCat(path_.string(), " is of another search"),
                "give this one a name of its own, --name NAME, or delete the file");
  }
  trials_.assign(lines.begin() + 1, lines.end());
  if (end < text.size()) WriteFileAtomic(path_, std::string_view(text).substr(0, end));
}

void TrialJournal::Append(const Json& trial) {
  const std::string line = trial.Dump() + "\n";
  const int fd = open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0) ThrowFileError(errno, "open", path_);
  const ssize_t written = write(fd, line.data(), line.size());
  const int error = written == static_cast<ssize_t>(line.size()) && fsync(fd) == 0 ? 0 : errno;
  close(fd);
  if (written >= 0 && written < static_cast<ssize_t>(line.size()))
    ThrowFileError(ENOSPC, "write", path_);
  if (error != 0) ThrowFileError(error, "write", path_);
  trials_.push_back(trial);
}

}  // namespace marquee
