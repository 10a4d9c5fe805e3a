#include "http/conditional.h"

#include <gmock/gmock.h>

#include "base/text.h"

namespace marquee::http {
namespace {

class ConditionalTest : public testing::Test {
 protected:
  Response Ask(std::vector<Header> headers = {}) const {
    Request request;
    request.headers = std::move(headers);
    return Conditional([this](const Request&) { return answer_; })(request);
  }
  static std::string TagOf(const Response& response) {
    const auto tag = std::ranges::find(response.headers, "ETag", &Header::name);
    return tag == response.headers.end() ? "" : tag->value;
  }

  Response answer_ = JsonText("[1]");
};

TEST_F(ConditionalTest, TheSameBytesHaveTheSameTag) {
  const std::string tag = TagOf(Ask());
  EXPECT_EQ(tag.size(), 34);
  EXPECT_EQ(TagOf(Ask()), tag);
  answer_ = JsonText("[2]");
  EXPECT_NE(TagOf(Ask()), tag);
}

TEST_F(ConditionalTest, WhoHasItIsToldSoWithoutABody) {
  const std::string tag = TagOf(Ask());
  for (const std::string& held : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    const Response response = Ask({{"If-None-Match", held}});
    EXPECT_EQ(response.status, 304) << held;
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(TagOf(response), tag);
  }
}

TEST_F(ConditionalTest, WhoHasAnotherGetsIt) {
  const Response response = Ask({{"If-None-Match", "\"other\""}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "[1]");
}

TEST_F(ConditionalTest, OtherStatusesHaveNoTag) {
  answer_ = JsonText("{}", 202);
  EXPECT_EQ(TagOf(Ask()), "");
  EXPECT_EQ(Ask({{"If-None-Match", "*"}}).status, 202);
}

}  // namespace
}  // namespace marquee::http
