// Where the files of runs and models are kept, as the settings say.
#pragma once

#include <memory>
#include <string>

#include "app/environment.h"
#include "base/cancel.h"
#include "storage/object_store.h"

namespace marquee {

// The folder or the bucket that tracking.artifacts names; creates nothing. `cancel` ends calls of
// a bucket; it and `environment` must outlive the store. Throws invalid_argument for a place of
// another kind, and what S3Store throws.
std::shared_ptr<storage::ObjectStore> OpenArtifacts(const Environment& environment,
                                                    const CancelToken* cancel = nullptr);

// "" when a file can be written there, read and deleted; otherwise what is wrong and what to do.
// Does so, but in a folder that is not there yet. A bucket that gives no answer is not asked again.
std::string ArtifactsProblem(const Environment& environment);

}  // namespace marquee
