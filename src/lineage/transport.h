// Where events go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"

namespace marquee::lineage {

// One call at a time.
class Transport {
 public:
  virtual ~Transport() = default;
  // Throws Error when it is worth another try.
  virtual void Send(const Json& event) = 0;
};

struct FileTransportOptions {
  std::filesystem::path file;
  // A file that has grown so far is renamed, to its name and the time, and a new one is begun; none
  // is removed. 0: never.
  int64_t max_bytes = 0;
};
// A line an event. `clock` must outlive it.
std::unique_ptr<Transport> MakeFileTransport(FileTransportOptions options, const Clock& clock);

struct HttpTransportOptions {
  std::string url;                          // "http://host:5000"
  std::string endpoint = "api/v1/lineage";  // below it
  std::string api_key = {};                 // sent as Bearer; "": none
};
// POSTs each event. One that is refused as it is (400, 413, 422) is passed over, which is logged
// the first time; any other answer that is no success is worth another try. `stop` ends a call that
// is under way, and must outlive it. Throws invalid_argument for a URL that is neither http nor
// https.
std::unique_ptr<Transport> MakeHttpTransport(HttpTransportOptions options, const CancelToken& stop);

}  // namespace marquee::lineage
