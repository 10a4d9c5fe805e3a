#include "http/router.h"

#include "base/error_matchers.h"

namespace marquee::http {
namespace {

using testing::ElementsAre;
using testing::FieldsAre;
using testing::HasSubstr;

Handler Nothing() {
  return [](const Request&) { return Response(); };
}

Router Films() {
  Router router;
  router.Add("GET", "/", Role::kPublic, Nothing());
  router.Add("GET", "/items", Role::kViewer, Nothing());
  router.Add("GET", "/items/{id}", Role::kViewer, Nothing());
  router.Add("PUT", "/items/{id}", Role::kOperator, Nothing());
  router.Add("GET", "/items/popular", Role::kViewer, Nothing());
  router.Add("GET", "/items/{item_id}/similar", Role::kViewer, Nothing());
  router.Add("GET", "/files", Role::kViewer, Nothing());
  router.Add("GET", "/files/{path*}", Role::kViewer, Nothing());
  router.Add("GET", "/files/{id}/size", Role::kViewer, Nothing());
  return router;
}

Request Asking(std::string method, std::string path) {
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  return request;
}

// The pattern found for GET `path`.
std::string RouteOf(const std::string& path) {
  const Router router = Films();
  Request request = Asking("GET", path);
  router.Find(&request);
  return request.route;
}

TEST(Router, FindsLiteralsAndParameters) {
  EXPECT_EQ(RouteOf("/"), "/");
  EXPECT_EQ(RouteOf("/items"), "/items");
  EXPECT_EQ(RouteOf("/items/42"), "/items/{id}");
  EXPECT_EQ(RouteOf("/items/42/similar"), "/items/{item_id}/similar");
}

TEST(Router, PrefersALiteralToAParameter) {
  EXPECT_EQ(RouteOf("/items/popular"), "/items/popular");
}

TEST(Router, ComesBackFromALiteralThatLeadsNowhere) {
  EXPECT_EQ(RouteOf("/items/popular/similar"), "/items/{item_id}/similar");
}

TEST(Router, FillsParametersUnderTheNamesOfTheRoute) {
  const Router router = Films();
  Request request = Asking("GET", "/items/a%2Fb%20c/similar");
  router.Find(&request);
  EXPECT_THAT(request.path_params, ElementsAre(FieldsAre("item_id", "a/b c")));
  EXPECT_EQ(request.PathParam("item_id"), "a/b c");
}

TEST(Router, ATailTakesAllThatIsLeft) {
  EXPECT_EQ(RouteOf("/files"), "/files");
  EXPECT_EQ(RouteOf("/files/a"), "/files/{path*}");
  EXPECT_EQ(RouteOf("/files/a/size"), "/files/{id}/size");
  EXPECT_EQ(RouteOf("/files/a/b/size"), "/files/{path*}");
  const Router router = Films();
  Request request = Asking("GET", "/files/a%20b//%2e%2e/c%2Fd");
  router.Find(&request);
  EXPECT_EQ(request.PathParam("path"), "a b//../c/d");
}

TEST(Router, TellsMethodsApart) {
  const Router router = Films();
  Request request = Asking("PUT", "/items/42");
  EXPECT_EQ(router.Find(&request).route->role, Role::kOperator);
}

TEST(Router, FindsNothingForUnknownPathsAndStraySlashes) {
  const struct {
    const char* path;
    const char* hint;
  } kCases[] = {{"/films", "GET / lists what there is"},
                {"/items/", "leave out the '/' at the end"},
                {"/items//similar", "write one '/' between two parts"},
                {"//items", "write one '/' between two parts"},
                {"/items/42/similar/", "leave out the '/' at the end"},
                {"/items/42/similar/more", "GET / lists what there is"}};
  for (const auto& [path, hint] : kCases) {
    try {
      RouteOf(path);
      ADD_FAILURE() << path << " was found";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kNotFound);
      EXPECT_EQ(error.message(), std::string("no route for path '") + path + "'");
      EXPECT_EQ(error.hint(), hint);
    }
  }
}

TEST(Router, RefusesABadEscapeInThePath) {
  EXPECT_THAT([] { RouteOf("/items/%4"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("path: '%4' at byte 0")));
}

TEST(Router, AnotherMethodIs405WithAllow) {
  const Router router = Films();
  Request request = Asking("DELETE", "/items/42");
  try {
    router.Find(&request);
    FAIL() << "DELETE was found";
  } catch (const StatusError& error) {
    EXPECT_EQ(error.status(), 405);
    EXPECT_EQ(error.message(), "/items/{id} does not take DELETE");
    EXPECT_THAT(error.headers(), ElementsAre(FieldsAre("Allow", "GET, HEAD, PUT, OPTIONS")));
  }
}

TEST(Router, HeadFindsTheRouteOfGet) {
  const Router router = Films();
  Request request = Asking("HEAD", "/items/42");
  EXPECT_EQ(router.Find(&request).route->method, "GET");
}

TEST(Router, OptionsTellsWhatAPathTakes) {
  const Router router = Films();
  Request request = Asking("OPTIONS", "/items/42");
  const Router::Match match = router.Find(&request);
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allow, "GET, HEAD, PUT, OPTIONS");
}

TEST(Router, RefusesARouteTwice) {
  Router router = Films();
  EXPECT_THAT(
      [&] { router.Add("GET", "/items/{other}", Role::kViewer, Nothing()); },
      ThrowsError(Code::kInternal, HasSubstr("is registered twice: before as /items/{id}")));
}

TEST(Router, RefusesMalformedPatterns) {
  for (const char* pattern : {"", "items", "/items/", "//", "/{}", "/a{b}", "/{a", "/{a*}/b"}) {
    Router router;
    EXPECT_THAT([&] { router.Add("GET", pattern, Role::kViewer, Nothing()); },
                ThrowsError(Code::kInternal, HasSubstr("is malformed")))
        << pattern;
  }
}

}  // namespace
}  // namespace marquee::http
