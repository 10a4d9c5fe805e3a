// Calls of the MLflow REST protocol, as its own client makes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "http/client.h"

namespace marquee {

struct MlflowServer {
  std::string url;            // "http://host:5000", without user and password
  std::string username = {};  // "": no Basic authentication
  std::string password = {};
  std::string token = {};  // "": no bearer token
};

// "http://user:password@host:5000/" in its parts. Throws invalid_argument for what is no http or
// https URL; the message has no password.
MlflowServer ParseMlflowUrl(std::string_view url);

// Thread-safe. A call that surely did nothing is made again, three times in all, within about a
// second. Throws as RunLog does; the message says what the server answered.
class MlflowApi {
 public:
  explicit MlflowApi(const MlflowServer& server);

  // `path` below /api/2.0/mlflow/: "runs/create".
  Json Get(std::string_view path, const std::vector<http::Param>& query) const;
  Json Post(std::string_view path, const Json& body) const;
  // A file, at `path` below the artifacts that the server keeps.
  void Upload(std::string_view path, std::string bytes) const;

 private:
  std::string Send(http::OutgoingRequest request) const;

  const std::string url_;
  const std::vector<http::Header> login_;
  const http::Client client_;
};

}  // namespace marquee
