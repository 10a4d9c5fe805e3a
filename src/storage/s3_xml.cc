#include "storage/s3_xml.h"

#include <pugixml.hpp>
#include <sstream>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

namespace marquee::storage {
namespace {

// Blanks may be all that a key has.
constexpr unsigned kParse = pugi::parse_default | pugi::parse_ws_pcdata_single;

pugi::xml_document Parse(std::string_view xml) {
  pugi::xml_document document;
  document.load_buffer(xml.data(), xml.size(), kParse);
  return document;
}

// The root, of that name.
pugi::xml_node Root(const pugi::xml_document& document, const char* name) {
  const pugi::xml_node root = document.child(name);
  if (!root) {
    throw Error(Code::kUnavailable, StrCat("the answer is no <", name, "> of S3"),
                "check that the endpoint is one of S3");
  }
  return root;
}

std::string Text(const pugi::xml_node& node, const char* name) { return node.child_value(name); }

std::string ToText(const pugi::xml_document& document) {
  std::ostringstream out;
  document.save(out, "", pugi::format_raw | pugi::format_no_declaration);
  return std::move(out).str();
}

void AddText(pugi::xml_node parent, const char* name, const std::string& text) {
  parent.append_child(name).text().set(text.c_str());
}

S3Fault FaultIn(const pugi::xml_node& node) {
  return {
      .code = Text(node, "Code"), .message = Text(node, "Message"), .region = Text(node, "Region")};
}

}  // namespace

std::optional<S3Fault> ParseFault(std::string_view xml) {
  const pugi::xml_document document = Parse(xml);
  const pugi::xml_node root = document.child("Error");
  if (!root) return std::nullopt;
  return FaultIn(root);
}

ObjectPage ParseObjectPage(std::string_view xml) {
  const pugi::xml_document document = Parse(xml);
  const pugi::xml_node root = Root(document, "ListBucketResult");
  ObjectPage page;
  for (const pugi::xml_node object : root.children("Contents")) {
    page.objects.push_back({.key = Text(object, "Key"),
                            .size_bytes = object.child("Size").text().as_llong(),
                            .modified_ms = ParseUtc(Text(object, "LastModified")).value_or(0)});
  }
  for (const pugi::xml_node folder : root.children("CommonPrefixes")) {
    page.folders.push_back(Text(folder, "Prefix"));
  }
  if (Text(root, "IsTruncated") == "true") page.next = Text(root, "NextContinuationToken");
  return page;
}

UploadPage ParseUploadPage(std::string_view xml) {
  const pugi::xml_document document = Parse(xml);
  const pugi::xml_node root = Root(document, "ListMultipartUploadsResult");
  UploadPage page;
  for (const pugi::xml_node upload : root.children("Upload")) {
    page.uploads.push_back({.key = Text(upload, "Key"),
                            .id = Text(upload, "UploadId"),
                            .begun_ms = ParseUtc(Text(upload, "Initiated")).value_or(INT64_MAX)});
  }
  if (Text(root, "IsTruncated") == "true") {
    page.next_key = Text(root, "NextKeyMarker");
    page.next_id = Text(root, "NextUploadIdMarker");
  }
  return page;
}

std::string ParseUploadId(std::string_view xml) {
  const pugi::xml_document document = Parse(xml);
  std::string id = Text(Root(document, "InitiateMultipartUploadResult"), "UploadId");
  if (id.empty()) throw Error(Code::kUnavailable, "an upload has no UploadId");
  return id;
}

std::string WriteParts(const std::vector<std::string>& tags) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("CompleteMultipartUpload");
  root.append_attribute("xmlns").set_value("http://s3.amazonaws.com/doc/2006-03-01/");
  for (size_t i = 0; i < tags.size(); ++i) {
    const pugi::xml_node part = root.append_child("Part");
    AddText(part, "PartNumber", StrCat(i + 1));
    AddText(part, "ETag", tags[i]);
  }
  return ToText(document);
}

std::string WriteDelete(const std::vector<std::string>& keys) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("Delete");
  root.append_attribute("xmlns").set_value("http://s3.amazonaws.com/doc/2006-03-01/");
  AddText(root, "Quiet", "true");
  for (const std::string& key : keys) AddText(root.append_child("Object"), "Key", key);
  return ToText(document);
}

std::optional<S3Fault> ParseDeleteResult(std::string_view xml) {
  const pugi::xml_document document = Parse(xml);
  const pugi::xml_node error = Root(document, "DeleteResult").child("Error");
  if (!error) return std::nullopt;
  return FaultIn(error);
}

}  // namespace marquee::storage
