#include "storage/s3_xml.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"

namespace marquee::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(S3Xml, AFaultHasCodeMessageAndRegion) {
  const auto fault = ParseFault(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>PermanentRedirect</Code>"
      "<Message>elsewhere &amp; away</Message><Region>eu-west-1</Region></Error>");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->code, "PermanentRedirect");
  EXPECT_EQ(fault->message, "elsewhere & away");
  EXPECT_EQ(fault->region, "eu-west-1");
  EXPECT_FALSE(ParseFault(""));
  EXPECT_FALSE(ParseFault("<html>gateway</html>"));
}

TEST(S3Xml, AListingHasObjectsFoldersAndWhereItGoesOn) {
  const ObjectPage page = ParseObjectPage(
      "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<IsTruncated>true</IsTruncated>"
      "<NextContinuationToken>t+k</NextContinuationToken>"
      "<Contents><Key>a/b+c%2B &lt;</Key><Size>5368709120</Size>"
      "<LastModified>2024-01-05T01:02:03.456Z</LastModified></Contents>"
      "<CommonPrefixes><Prefix>a/\xC3\xBC/</Prefix></CommonPrefixes></ListBucketResult>");
  EXPECT_THAT(page.objects,
              ElementsAre(ObjectInfo{"a/b+c%2B <", 5'368'709'120, 1'704'416'523'456}));
  EXPECT_THAT(page.folders, ElementsAre("a/\xC3\xBC/"));
  EXPECT_EQ(page.next, "t+k");
}

TEST(S3Xml, AKeyMayBeABlank) {
  const ObjectPage page =
      ParseObjectPage("<ListBucketResult><Contents><Key> </Key></Contents></ListBucketResult>");
  EXPECT_EQ(page.objects.at(0).key, " ");
  EXPECT_EQ(page.next, "");
}

TEST(S3Xml, UploadsAreReadWithWhereTheListGoesOn) {
  const UploadPage page = ParseUploadPage(
      "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated>"
      "<NextKeyMarker>b</NextKeyMarker><NextUploadIdMarker>2</NextUploadIdMarker>"
      "<Upload><Key>a</Key><UploadId>1</UploadId><Initiated>2024-01-05T00:00:00Z</Initiated>"
      "</Upload></ListMultipartUploadsResult>");
  ASSERT_EQ(page.uploads.size(), 1U);
  EXPECT_EQ(page.uploads[0].key, "a");
  EXPECT_EQ(page.uploads[0].id, "1");
  EXPECT_EQ(page.uploads[0].begun_ms, 1'704'412'800'000);
  EXPECT_EQ(page.next_key, "b");
  EXPECT_EQ(page.next_id, "2");
}

TEST(S3Xml, WhatIsNoAnswerOfS3IsUnavailable) {
  for (const char* xml : {"", "<html/>", "<ListBucketResult", "{}"}) {
    EXPECT_THAT([&] { ParseUploadPage(xml); },
                ThrowsError(Code::kUnavailable, HasSubstr("<ListMultipartUploadsResult>")))
        << xml;
  }
  EXPECT_THAT([&] { ParseUploadId("<InitiateMultipartUploadResult/>"); },
              ThrowsError(Code::kUnavailable, HasSubstr("UploadId")));
}

TEST(S3Xml, WritesPartsAndDeletions) {
  EXPECT_THAT(WriteParts({"\"t1\"", "t2"}),
              HasSubstr("<Part><PartNumber>2</PartNumber><ETag>t2</ETag></Part>"));
  EXPECT_THAT(WriteDelete({"a<b&c", " d"}),
              HasSubstr("<Object><Key>a&lt;b&amp;c</Key></Object><Object><Key> d</Key></Object>"));
  EXPECT_FALSE(ParseDeleteResult("<DeleteResult/>"));
  EXPECT_EQ(ParseDeleteResult("<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code></Error>"
                              "</DeleteResult>")
                ->code,
            "AccessDenied");
}

}  // namespace
}  // namespace marquee::storage
