// Who there is.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "base/json.h"
#include "http/message.h"
#include "recommend/engine.h"
#include "services/live_catalog.h"

namespace marquee {

// Thread-safe. What is passed in must outlive it. Its handlers wait for the disk: Runs::kOnWorker.
// They throw invalid_argument for a bad id, an unknown parameter or field and a value out of range,
// each by name.
class UserService {
 public:
  // Erases a person from everything that is on the disk, and says what went.
  using Erase = std::function<Json(const std::string& user_id)>;

  UserService(const RecommendEngine& engine, LiveCatalog& live, Erase erase)
      : engine_(engine), live_(live), erase_(std::move(erase)) {}

  // GET /users?limit=100&cursor=: {"users": [{"user_id", "name", "gender", "age", "occupation"}],
  // "next_cursor"}: the loaded ones in the order of their rows, then those who came since, by id.
  http::Response List(const http::Request& request) const;
  // GET /users/{user_id}: RenderUser and the fields above; not_found.
  http::Response Get(const http::Request& request) const;
  // POST /users {"user_id", "name", "gender", "age", "occupation"}: 201; already_exists.
  http::Response Add(const http::Request& request) const;
  // PATCH /users/{user_id}: the same without the id (JSON merge patch, RFC 7396); If-Match.
  http::Response Change(const http::Request& request) const;
  // DELETE /users/{user_id}: erases a person, known or not, and answers with what went: 200. From
  // the first moment no answer knows them; the rest takes seconds for a million ratings. When it
  // fails, or nobody waits for the answer, it is to be sent again.
  http::Response Delete(const http::Request& request) const;

 private:
  bool IsKnown(const std::string& user_id) const;
  http::Response Rendered(const std::string& user_id, int status) const;

  const RecommendEngine& engine_;
  LiveCatalog& live_;
  const Erase erase_;
};

}  // namespace marquee
