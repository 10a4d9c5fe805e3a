#include "http/router.h"

#include <algorithm>
#include <span>

#include "base/text.h"
#include "http/cross_site.h"
#include "http/url.h"

namespace marquee::http {

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> parameter;
  std::unique_ptr<Node> tail;  // takes all that are left
  std::map<std::string, const Route*, std::less<>> methods;

  // The node with routes that `segments` lead to, or null; a literal is tried before a parameter.
  const Node* Walk(std::span<const std::string> segments) const {
    if (segments.empty()) return methods.empty() ? nullptr : this;
    const auto literal = literals.find(segments.front());
    if (literal != literals.end()) {
      if (const Node* found = literal->second->Walk(segments.subspan(1))) return found;
    }
    if (parameter != nullptr && !segments.front().empty()) {
      if (const Node* found = parameter->Walk(segments.subspan(1))) return found;
    }
    return segments.front().empty() ? nullptr : tail.get();
  }

  std::string Allow() const {
    std::vector<std::string> names;
    for (const auto& [method, route] : methods) {
      names.push_back(method);
      if (method == "GET" && !methods.contains("HEAD")) names.push_back("HEAD");
    }
    if (!methods.contains("OPTIONS")) names.push_back("OPTIONS");
    return Join(names, ", ");
  }
};

namespace {

// "/a/b" as {"a", "b"}; "/" as {}; "/a/" as {"a", ""}.
std::vector<std::string_view> Segments(std::string_view path) {
  if (path == "/") return {};
  return Split(path.substr(1), "/");
}

bool IsParameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool IsTail(std::string_view segment) { return segment.size() > 3 && segment.ends_with("*}"); }

std::string_view ParameterName(std::string_view segment) {
  return segment.substr(1, segment.size() - (IsTail(segment) ? 3 : 2));
}

void CheckPattern(std::string_view method, std::string_view pattern) {
  bool good = !method.empty() && pattern.starts_with('/');
  if (good) {
    const std::vector<std::string_view> segments = Segments(pattern);
    for (const std::string_view& segment : segments) {
      good = good && !segment.empty() && (!IsTail(segment) || &segment == &segments.back()) &&
             (IsParameter(segment) || segment.find_first_of("{}") == std::string_view::npos);
    }
  }
  if (!good) {
    throw Error(Code::kInternal, StrCat("route '", method, " ", pattern, "' is malformed"),
                "a pattern is /literal/{parameter}/...");
  }
}

[[noreturn]] void ThrowNoRoute(std::string_view path) {
  std::string hint = "GET / lists what there is";
  if (path.size() > 1 && path.ends_with('/')) hint = "leave out the '/' at the end";
  if (path.find("//") != std::string_view::npos) hint = "write one '/' between two parts";
  throw Error(Code::kNotFound, StrCat("no route for path '", path, "'"), hint);
}

}  // namespace

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

Route& Router::Add(std::string method, std::string pattern, Role role, Handler handler, Runs runs) {
  CheckPattern(method, pattern);
  Node* node = root_.get();
  for (const std::string_view segment : Segments(pattern)) {
    std::unique_ptr<Node>& next = IsTail(segment)        ? node->tail
                                  : IsParameter(segment) ? node->parameter
                                                         : node->literals[std::string(segment)];
    if (next == nullptr) next = std::make_unique<Node>();
    node = next.get();
  }
  const Route*& place = node->methods[method];
  if (place != nullptr) {
    throw Error(Code::kInternal, StrCat("route '", method, " ", pattern,
                                        "' is registered twice: before as ", place->pattern));
  }
  const bool audited = IsUnsafe(method);
  routes_.push_back(std::make_unique<Route>(
      Route{std::move(method), std::move(pattern), role, std::move(handler), runs, audited}));
  place = routes_.back().get();
  return *routes_.back();
}

Route& Router::Named(std::string_view route) {
  const auto found = std::ranges::find_if(routes_, [&](const auto& known) {
    return StrCat(known->method, " ", known->pattern) == route;
  });
  if (found == routes_.end())
    throw Error(Code::kInternal, StrCat("route '", route, "' is not registered"));
  return **found;
}

void Router::LeaveUnaudited(std::initializer_list<std::string_view> routes) {
  for (const std::string_view route : routes) Named(route).audited = false;
}

void Router::HideTargets(std::initializer_list<std::string_view> routes) {
  for (const std::string_view route : routes) Named(route).target_hidden = true;
}

void Router::Rehandle(const std::function<void(Route*)>& change) {
  for (const std::unique_ptr<Route>& route : routes_) change(route.get());
}

Router::Match Router::Find(Request* request) const {
  if (request->path == "*") {
    if (request->method != "OPTIONS") ThrowNoRoute(request->path);
    return {.route = nullptr, .allow = "GET, HEAD, OPTIONS"};
  }
  std::vector<std::string> segments;
  for (const std::string_view raw : Segments(request->path)) {
    segments.push_back(PercentDecode(raw, "path"));
  }
  const Node* node = root_->Walk(segments);
  if (node == nullptr) ThrowNoRoute(request->path);

  auto found = node->methods.find(request->method);
  if (found == node->methods.end() && request->method == "HEAD") found = node->methods.find("GET");
  const bool known = found != node->methods.end();
  const Route& route = known ? *found->second : *node->methods.begin()->second;
  request->route = route.pattern;
  if (!known) {
    std::string allow = node->Allow();
    if (request->method == "OPTIONS") return {.route = nullptr, .allow = std::move(allow)};
    throw StatusError(405, Code::kInvalidArgument,
                      StrCat(route.pattern, " does not take ", request->method),
                      StrCat("it takes ", allow), {{"Allow", allow}});
  }

  const std::vector<std::string_view> names = Segments(route.pattern);
  for (size_t i = 0; i < names.size(); ++i) {
    if (!IsParameter(names[i])) continue;
    std::string value =
        IsTail(names[i]) ? Join(std::span(segments).subspan(i), "/") : std::move(segments[i]);
    request->path_params.push_back({std::string(ParameterName(names[i])), std::move(value)});
  }
  return {.route = &route, .allow = {}};
}

}  // namespace marquee::http
