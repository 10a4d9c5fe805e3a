// From method and path to handler.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/role.h"

namespace marquee::http {

// Where a handler runs, and so how long it may take.
enum class Runs {
  kOnLoop,     // on an io thread, which meanwhile serves nobody else: a millisecond or two at most
  kOnWorker,   // on one of ServerOptions::worker_threads: may wait for a disk or a lock
  kStreaming,  // on one of ServerOptions::transfer_threads, with Request::reader: as long as the
               // client sends
};

// Many run at once: thread-safe. Throws Error to refuse.
using Handler = std::function<Response(const Request&)>;

struct Route {
  std::string method;
  std::string pattern;  // "/items/{id}/similar"
  Role role;            // the least that may call it
  Handler handler;
  Runs runs;
  bool audited;  // whether a call is a change to be kept with who made it; those wait for the disk
  bool target_hidden = false;                   // whether what the path names must not be recorded
  std::optional<uint64_t> max_body_bytes = {};  // none: that of the server
};

// Fill it, then share it: finding is const and thread-safe.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  // A pattern is "/" or segments, each a literal or a {parameter}; a last one {parameter*} stands
  // for one segment or more. The role is stated here, so that no route is open by oversight. Throws
  // internal, naming the route, for a malformed pattern and for one registered before.
  Route& Add(std::string method, std::string pattern, Role role, Handler handler,
             Runs runs = Runs::kOnLoop);

  // Routes with an unsafe method are audited, but for these: "POST /events". Throws internal for
  // one that is not registered.
  void LeaveUnaudited(std::initializer_list<std::string_view> routes);
  // Of calls of these only the pattern is to be recorded, not what the path names. Throws likewise.
  void HideTargets(std::initializer_list<std::string_view> routes);
  // Gives each route to `change`, which may put another handler in its place.
  void Rehandle(const std::function<void(Route*)>& change);

  struct Match {
    const Route* route = nullptr;  // null: OPTIONS, to be answered from `allow`
    std::string allow;             // "GET, HEAD, OPTIONS"
  };
  // Matches request->path segment by segment; a literal goes before a parameter, and a parameter
  // takes one whole segment, not empty, decoded after splitting ("%2F" stays in it); {parameter*}
  // takes all that are left, with '/' between them, and goes last. Fills route
  // and path_params. HEAD finds GET's route. Throws not_found; StatusError 405 with Allow; and
  // invalid_argument for a bad escape. O(segments) for patterns without ties.
  Match Find(Request* request) const;

  // In the order of Add.
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  struct Node;
  Route& Named(std::string_view route);
  std::unique_ptr<Node> root_;
  std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace marquee::http
