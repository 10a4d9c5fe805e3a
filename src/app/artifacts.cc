#include "app/artifacts.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/text.h"
#include "storage/local_store.h"
#include "storage/s3_store.h"

namespace marquee {
namespace {

bool IsUrl(const std::string& place) { return place.find("://") != std::string::npos; }

std::filesystem::path FolderOf(const Environment& environment) {
  return environment.home().root / environment.config().Text("tracking.artifacts");
}

storage::S3Options S3OptionsOf(const Environment& environment, const CancelToken* cancel) {
  const Config& config = environment.config();
  storage::S3Options options = storage::ReadS3Url(config.Text("tracking.artifacts"));
  options.endpoint = config.Text("s3.endpoint");
  options.region = config.Text("s3.region");
  options.path_style = config.Bool("s3.path_style");
  options.credentials = {.access_key_id = config.Text("s3.access_key_id"),
                         .secret_access_key = config.Text("s3.secret_access_key")};
  options.cancel = cancel;
  storage::FillFromEnvironment([](const char* name) { return std::getenv(name); }, &options);
  return options;
}

// Throws what the first call that fails throws.
void WriteReadDelete(storage::ObjectStore& store) {
  const std::string key = StrCat("marquee-doctor-", NewRunId());
  store.Put(key, key);
  const bool same = store.Get(key) == key;
  store.Delete(key);
  if (!same) throw Error(Code::kDataLoss, StrCat(key, " came back with other bytes"));
}

void RequireCanCreate(std::filesystem::path folder) {
  folder = std::filesystem::absolute(folder);
  while (!std::filesystem::exists(folder) && folder.has_relative_path()) {
    folder = folder.parent_path();
  }
  if (access(folder.c_str(), W_OK) != 0) ThrowFileError(errno, "write to", folder);
}

}  // namespace

std::shared_ptr<storage::ObjectStore> OpenArtifacts(const Environment& environment,
                                                    const CancelToken* cancel) {
  if (!IsUrl(environment.config().Text("tracking.artifacts"))) {
    return std::make_shared<storage::LocalStore>(FolderOf(environment));
  }
  return std::make_shared<storage::S3Store>(S3OptionsOf(environment, cancel), environment.clock());
}

std::string ArtifactsProblem(const Environment& environment) {
  try {
    if (IsUrl(environment.config().Text("tracking.artifacts"))) {
      storage::S3Options options = S3OptionsOf(environment, nullptr);
      options.attempts = 1;
      storage::S3Store store(std::move(options), environment.clock());
      WriteReadDelete(store);
    } else if (!std::filesystem::exists(FolderOf(environment))) {
      RequireCanCreate(FolderOf(environment));
    } else {
      storage::LocalStore store(FolderOf(environment));
      WriteReadDelete(store);
    }
    return "";
  } catch (const Error& error) {
    const std::string hint = error.hint().empty() ? "" : StrCat(": ", error.hint());
    return StrCat("no artifacts can be kept: ", error.message(), hint);
  }
}

}  // namespace marquee
