// MovieLens releases from their publisher.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/progress.h"

namespace marquee::sources {

struct DownloadOptions {
  // <base_url>/ml-1m.zip and <base_url>/ml-1m.zip.md5 are fetched. http or https.
  std::string base_url = "https://files.grouplens.org/datasets/movielens";
  int attempts = 5;         // in a row without a new byte; 1 never tries again
  int first_wait_ms = 500;  // before the second attempt; doubles with each further one
  int connect_timeout_s = 15;
  int stall_timeout_s = 30;  // without a byte
};

struct DownloadedDataset {
  std::filesystem::path file;  // OpenDataset reads it
  bool was_there;              // it had been fetched before
  std::string notice;          // licence text, to show before the data is used
};

// "movielens-100k", "-1m", "-10m", "-20m", "-25m", "-32m", "-latest-small", "-latest".
const std::vector<std::string>& DownloadableDatasets();

// Fetches `name` into `folder` (created when missing) as ml-1m.zip, unless it is there. The file
// appears under its name only whole and with the published MD5; until then it is ml-1m.zip.partial,
// and a later call goes on where an earlier one was cut off.
//
// Throws invalid_argument for an unknown name, naming the known ones; unavailable without a network
// or when the server fails again and again; data_loss for a wrong MD5 (the partial file is
// deleted); failed_precondition while another process fetches the same; cancelled; what the disk
// says.
DownloadedDataset DownloadDataset(const std::string& name, const std::filesystem::path& folder,
                                  const DownloadOptions& options, Progress& progress,
                                  const CancelToken& cancel);

}  // namespace marquee::sources
