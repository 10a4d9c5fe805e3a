// The route table and api/openapi.yaml say the same.
#include <gmock/gmock.h>

#include <set>

#include "base/files.h"
#include "base/version.h"
#include "services/test_world.h"

namespace marquee {
namespace {

// "GET /items/{item_id}" of each operation. The file keeps to block style, two blanks a level, so
// paths stand at two and methods at four below "paths:".
std::set<std::string> DescribedRoutes() {
  const std::set<std::string_view> methods = {"get", "put", "post", "delete", "patch"};
  std::set<std::string> routes;
  std::string path;
  bool in_paths = false;
  const std::string text = ReadFile("api/openapi.yaml");
  for (const std::string_view line : Split(text, "\n")) {
    const size_t indent = std::min(line.find_first_not_of(' '), line.size());
    if (indent == 0 && !line.empty()) in_paths = line == "paths:";
    if (!in_paths || !line.ends_with(':')) continue;
    const std::string_view key = line.substr(indent, line.size() - indent - 1);
    if (indent == 2) path = key;
    if (indent == 4 && methods.contains(key)) {
      std::string method(key);
      for (char& c : method) c = static_cast<char>(c - 32);
      routes.insert(StrCat(method, " ", path));
    }
  }
  return routes;
}

std::set<std::string> Routes() {
  const TestWorld world;
  const http::Router router = MakeRouter(world.services());
  std::set<std::string> routes;
  for (const auto& route : router.routes()) {
    // A parameter of several segments has no form of its own there.
    routes.insert(StrCat(route->method, " ", ReplaceAll(route->pattern, "*}", "}")));
  }
  return routes;
}

constexpr std::string_view kTwinBase = " /ajax-api/2.0/";

TEST(OpenApi, DescribesEveryRouteAndNoOther) {
  std::set<std::string> routes = Routes();
  std::erase_if(routes, [](const std::string& route) {
    return route.find(kTwinBase) != std::string::npos;  // as the same below /api/2.0
  });
  EXPECT_EQ(DescribedRoutes(), routes);
}

TEST(OpenApi, TheTwinsOfTheTrackingRoutesAreTheSame) {
  std::set<std::string> twins;
  std::set<std::string> routes;
  for (const std::string& route : Routes()) {
    if (route.find(kTwinBase) != std::string::npos) {
      twins.insert(ReplaceAll(route, kTwinBase, " /api/2.0/"));
    } else if (route.find(" /api/2.0/") != std::string::npos) {
      routes.insert(route);
    }
  }
  EXPECT_EQ(twins, routes);
  EXPECT_GT(routes.size(), 60u);
}

TEST(OpenApi, IsOfThisVersion) {
  EXPECT_THAT(ReadFile("api/openapi.yaml"),
              testing::HasSubstr(StrCat("\n  version: ", Version(), "\n")));
}

}  // namespace
}  // namespace marquee
