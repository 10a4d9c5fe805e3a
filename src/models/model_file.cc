#include "models/model_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <type_traits>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"
#include "base/version.h"

namespace marquee {
namespace {

static_assert(std::endian::native == std::endian::little, "model files are little-endian");

constexpr std::string_view kMagic("\x89MQMODL\n", 8);
constexpr std::string_view kEndMagic("marquee-modl-end", 16);
constexpr uint32_t kFormatVersion = 1;
// The first program that reads files of kFormatVersion: what an older one tells its user to get.
constexpr std::string_view kFirstReader = "0.1.0";
constexpr size_t kAlignment = 64;
constexpr size_t kDigestSize = 64;  // SHA-256 in hex

constexpr std::string_view kTrainAgain =
    "train the model again, or restore the file from a copy that is whole";

struct Header {
  char magic[8];
  uint32_t version;
  uint32_t zero;
  char first_reader[48];
  char digest[kDigestSize];  // of all before
};
static_assert(sizeof(Header) == 128);

struct Footer {
  uint64_t toc_offset;
  uint64_t toc_size;
  char end_magic[16];
  char digest[kDigestSize];  // of the table of contents and all before
};
static_assert(sizeof(Footer) == 96);

template <typename T>
std::string_view BytesOf(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

std::string_view Sha256(std::string* digest, std::initializer_list<std::string_view> parts) {
  Hasher hasher(HashKind::kSha256);
  for (const std::string_view part : parts) hasher.Update(part);
  *digest = hasher.Finish();
  return *digest;
}

// The product of the dimensions; nothing when one is negative or the product overflows.
std::optional<int64_t> ElementCount(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t length : shape) {
    if (length < 0 || __builtin_mul_overflow(count, length, &count)) return std::nullopt;
  }
  return count;
}

// Bytes of one element; 0: not an array of numbers.
int64_t ElementSize(std::string_view type) {
  if (type == "float32" || type == "int32") return 4;
  if (type == "float64" || type == "int64") return 8;
  return 0;
}

std::string ShapeText(const Shape& shape) {
  std::vector<std::string> lengths;
  for (const int64_t length : shape) lengths.push_back(length < 0 ? "any" : StrCat(length));
  return StrCat("[", Join(lengths, ", "), "]");
}

bool ShapeFits(const Shape& found, const Shape& wanted) {
  return std::equal(found.begin(), found.end(), wanted.begin(), wanted.end(),
                    [](int64_t length, int64_t want) { return want < 0 || length == want; });
}

bool AllZero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

size_t Aligned(size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

void CheckHeader(std::string_view bytes, const std::string& name) {
  if (!bytes.starts_with(kMagic)) {
    throw Error(Code::kInvalidArgument, StrCat(name, " is not a model file"),
                "give a file that `marquee train` wrote");
  }
  const auto damaged = [&](std::string_view what) {
    throw Error(Code::kDataLoss, StrCat("model file ", name, " is damaged: ", what),
                std::string(kTrainAgain));
  };
  if (bytes.size() < sizeof(Header) + sizeof(Footer)) damaged("it is cut short");
  Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::string digest;
  Sha256(&digest, {bytes.substr(0, sizeof header - kDigestSize)});
  if (digest != std::string_view(header.digest, kDigestSize))
    damaged("the header does not match its checksum");
  if (header.version <= kFormatVersion && header.version > 0) return;
  const std::string_view reader(header.first_reader, sizeof header.first_reader);
  throw Error(
      Code::kFailedPrecondition,
      StrCat("model file ", name, " has format ", header.version,
             ": this program reads formats up to ", kFormatVersion),
      StrCat("use Marquee ", ToValidUtf8(reader.substr(0, reader.find('\0'))), " or newer"));
}

}  // namespace

ModelWriter::ModelWriter(const std::filesystem::path& path, std::string_view model_type)
    : file_(path), model_type_(model_type) {
  Header header{};
  std::memcpy(header.magic, kMagic.data(), kMagic.size());
  header.version = kFormatVersion;
  std::memcpy(header.first_reader, kFirstReader.data(), kFirstReader.size());
  std::string digest;
  Sha256(&digest, {{reinterpret_cast<const char*>(&header), sizeof header - kDigestSize}});
  std::memcpy(header.digest, digest.data(), kDigestSize);
  Append({reinterpret_cast<const char*>(&header), sizeof header});
}

ModelWriter::~ModelWriter() = default;

void ModelWriter::SetSettings(Json settings) {
  (in_part_ ? parts_.back().settings : settings_) = std::move(settings);
}

void ModelWriter::BeginPart(std::string_view name, std::string_view model_type) {
  MARQUEE_CHECK(!in_part_ && name.find('/') == std::string_view::npos);
  for (const Part& part : parts_) MARQUEE_CHECK(part.name != name);
  parts_.push_back({std::string(name), std::string(model_type), Json::MakeObject()});
  in_part_ = true;
}

void ModelWriter::EndPart() {
  MARQUEE_CHECK(in_part_);
  in_part_ = false;
}

void ModelWriter::Add(std::string_view name, std::span<const float> values, const Shape& shape) {
  MARQUEE_CHECK(ElementCount(shape) == static_cast<int64_t>(values.size()));
  AddSection(name, "float32", shape, {BytesOf(values)});
}

void ModelWriter::Add(std::string_view name, std::span<const double> values, const Shape& shape) {
  MARQUEE_CHECK(ElementCount(shape) == static_cast<int64_t>(values.size()));
  AddSection(name, "float64", shape, {BytesOf(values)});
}

void ModelWriter::Add(std::string_view name, std::span<const int32_t> values, const Shape& shape) {
  MARQUEE_CHECK(ElementCount(shape) == static_cast<int64_t>(values.size()));
  AddSection(name, "int32", shape, {BytesOf(values)});
}

void ModelWriter::Add(std::string_view name, std::span<const int64_t> values, const Shape& shape) {
  MARQUEE_CHECK(ElementCount(shape) == static_cast<int64_t>(values.size()));
  AddSection(name, "int64", shape, {BytesOf(values)});
}

void ModelWriter::AddStrings(std::string_view name, std::span<const std::string> values) {
  std::vector<int64_t> offsets = {0};
  std::string text;
  for (const std::string& value : values) {
    text += value;
    offsets.push_back(static_cast<int64_t>(text.size()));
  }
  AddSection(name, "strings", {static_cast<int64_t>(values.size())},
             {BytesOf(std::span<const int64_t>(offsets)), text});
}

void ModelWriter::AddJson(std::string_view name, const Json& value) {
  AddSection(name, "json", {}, {value.Dump()});
}

void ModelWriter::AddSection(std::string_view own_name, std::string_view type, const Shape& shape,
                             std::initializer_list<std::string_view> parts) {
  const std::string name =
      in_part_ ? StrCat(parts_.back().name, "/", own_name) : std::string(own_name);
  for (const Json& section : sections_.AsArray())
    MARQUEE_CHECK(section.At("name").AsString() != name);
  Json lengths = Json::MakeArray();
  for (const int64_t length : shape) lengths.Append(length);
  std::string digest;
  Json entry = Json::MakeObject({{"name", name},
                                 {"type", type},
                                 {"shape", std::move(lengths)},
                                 {"offset", size_},
                                 {"bytes", 0},
                                 {"sha256", Sha256(&digest, parts)}});
  for (const std::string_view part : parts) Append(part);
  entry["bytes"] = size_ - entry.At("offset").AsInt();
  sections_.Append(std::move(entry));
  Pad();
}

void ModelWriter::Append(std::string_view bytes) {
  file_.Append(bytes);
  size_ += static_cast<int64_t>(bytes.size());
}

void ModelWriter::Pad() {
  constexpr char kZeros[kAlignment] = {};
  const auto size = static_cast<size_t>(size_);
  Append({kZeros, Aligned(size) - size});
}

void ModelWriter::Finish() {
  MARQUEE_CHECK(!in_part_);
  Json contents = Json::MakeObject({{"model", model_type_},
                                    {"written_by", StrCat("marquee ", Version())},
                                    {"settings", settings_},
                                    {"sections", sections_}});
  for (const Part& part : parts_) {
    contents["parts"].Append(Json::MakeObject(
        {{"name", part.name}, {"model", part.model_type}, {"settings", part.settings}}));
  }
  const std::string toc = contents.Dump();
  Footer footer{};
  footer.toc_offset = static_cast<uint64_t>(size_);
  footer.toc_size = toc.size();
  std::memcpy(footer.end_magic, kEndMagic.data(), kEndMagic.size());
  std::string digest;
  Sha256(&digest, {toc, {reinterpret_cast<const char*>(&footer), sizeof footer - kDigestSize}});
  std::memcpy(footer.digest, digest.data(), kDigestSize);
  Append(toc);
  Append({reinterpret_cast<const char*>(&footer), sizeof footer});
  file_.Commit();
}

ModelReader::ModelReader(const std::filesystem::path& path)
    : name_(path.string()), file_(std::make_unique<MappedFile>(path)) {
  Read(file_->bytes());
}

ModelReader::ModelReader(std::string_view bytes, std::string_view name) : name_(name) {
  if (reinterpret_cast<uintptr_t>(bytes.data()) % sizeof(uint64_t) != 0) {
    aligned_.resize(bytes.size() / sizeof(uint64_t) + 1);
    std::memcpy(aligned_.data(), bytes.data(), bytes.size());
    bytes = {reinterpret_cast<const char*>(aligned_.data()), bytes.size()};
  }
  Read(bytes);
}

void ModelReader::Refuse(std::string_view what) const {
  throw Error(Code::kDataLoss, StrCat("model file ", name_, " is damaged: ", what),
              std::string(kTrainAgain));
}

void ModelReader::Read(std::string_view bytes) {
  CheckHeader(bytes, name_);
  Footer footer;
  std::memcpy(&footer, bytes.data() + bytes.size() - sizeof footer, sizeof footer);
  if (std::string_view(footer.end_magic, sizeof footer.end_magic) != kEndMagic)
    Refuse("its end is missing");
  const size_t end = bytes.size() - sizeof footer;
  if (footer.toc_offset < sizeof(Header) || footer.toc_offset > end ||
      footer.toc_size != end - footer.toc_offset)
    Refuse("the table of contents is not where its footer says");
  const std::string_view toc = bytes.substr(footer.toc_offset, footer.toc_size);
  std::string digest;
  Sha256(&digest, {toc, bytes.substr(end, sizeof footer - kDigestSize)});
  if (digest != std::string_view(footer.digest, kDigestSize))
    Refuse("the table of contents does not match its checksum");
  try {
    ReadContents(toc, bytes.substr(0, footer.toc_offset));
  } catch (const Error& error) {
    if (error.code() != Code::kInvalidArgument) throw;
    Refuse(StrCat("the table of contents: ", error.message()));
  }
}

void ModelReader::ReadContents(std::string_view toc, std::string_view body) {
  const Json contents = Json::Parse(toc);
  model_type_ = contents.At("model").AsString();
  settings_ = contents.At("settings");
  size_t at = sizeof(Header);
  for (const Json& entry : contents.At("sections").AsArray()) {
    Section section = ReadSection(entry, body, &at);
    const auto same_name = [&](const Section& other) { return other.name == section.name; };
    if (std::any_of(sections_.begin(), sections_.end(), same_name))
      Refuse(StrCat("section '", section.name, "' is there twice"));
    sections_.push_back(std::move(section));
  }
  if (at != body.size()) Refuse("there are bytes between the sections and the table of contents");
  const Json* parts = contents.Find("parts");
  if (parts == nullptr) return;
  for (const Json& part : parts->AsArray())
    parts_.push_back(
        {part.At("name").AsString(), part.At("model").AsString(), part.At("settings")});
}

ModelReader ModelReader::Part(std::string_view name) const {
  const auto header = std::find_if(parts_.begin(), parts_.end(),
                                   [&](const PartHeader& part) { return part.name == name; });
  if (header == parts_.end()) Refuse(StrCat("part '", name, "' is missing"));
  ModelReader part;
  part.name_ = StrCat(name_, " (", name, ")");
  part.model_type_ = header->model_type;
  part.settings_ = header->settings;
  const std::string prefix = StrCat(name, "/");
  for (const Section& section : sections_) {
    if (!section.name.starts_with(prefix)) continue;
    part.sections_.push_back(section);
    part.sections_.back().name.erase(0, prefix.size());
  }
  return part;
}

ModelReader::Section ModelReader::ReadSection(const Json& entry, std::string_view body,
                                              size_t* at) const {
  Section section{entry.At("name").AsString(), entry.At("type").AsString(), {}, {}};
  const std::string shown = StrCat("section '", section.name, "'");
  for (const Json& length : entry.At("shape").AsArray()) section.shape.push_back(length.AsInt());
  const int64_t size = entry.At("bytes").AsInt();
  const size_t left = body.size() - *at;
  if (size < 0 || static_cast<size_t>(size) > left) Refuse(shown + " is larger than the file");
  if (entry.At("offset").AsInt() != static_cast<int64_t>(*at))
    Refuse(shown + " does not follow the section before it");
  section.bytes = body.substr(*at, static_cast<size_t>(size));

  const std::optional<int64_t> count = ElementCount(section.shape);
  const int64_t element_size = ElementSize(section.type);
  int64_t expected = 0;
  if (element_size > 0 &&
      (!count || __builtin_mul_overflow(*count, element_size, &expected) || expected != size))
    Refuse(StrCat(shown, " has ", size, " bytes, not those of its shape"));
  std::string digest;
  if (Sha256(&digest, {section.bytes}) != entry.At("sha256").AsString())
    Refuse(shown + " does not match its checksum");
  const size_t end = *at + section.bytes.size();
  *at = Aligned(end);
  if (*at > body.size() || !AllZero(body.substr(end, *at - end)))
    Refuse(shown + " is not followed by zeros");
  return section;
}

bool ModelReader::Has(std::string_view name) const {
  return std::any_of(sections_.begin(), sections_.end(),
                     [&](const Section& section) { return section.name == name; });
}

const ModelReader::Section& ModelReader::Find(std::string_view name, std::string_view type) const {
  for (const Section& section : sections_) {
    if (section.name != name) continue;
    if (section.type != type)
      Refuse(StrCat("section '", name, "' is ", section.type, ", not ", type));
    return section;
  }
  Refuse(StrCat("section '", name, "' is missing"));
}

template <typename T>
std::span<const T> ModelReader::Array(std::string_view name, std::string_view type,
                                      const Shape& shape) const {
  const Section& section = Find(name, type);
  if (!ShapeFits(section.shape, shape)) {
    Refuse(StrCat("section '", name, "' has shape ", ShapeText(section.shape), ", not ",
                  ShapeText(shape)));
  }
  const std::span<const T> values(reinterpret_cast<const T*>(section.bytes.data()),
                                  section.bytes.size() / sizeof(T));
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::all_of(values.begin(), values.end(), [](T value) { return std::isfinite(value); }))
      Refuse(StrCat("section '", name, "' holds a value that is not finite"));
  }
  return values;
}

std::span<const float> ModelReader::Floats(std::string_view name, const Shape& shape) const {
  return Array<float>(name, "float32", shape);
}

std::span<const double> ModelReader::Doubles(std::string_view name, const Shape& shape) const {
  return Array<double>(name, "float64", shape);
}

std::span<const int32_t> ModelReader::Ints(std::string_view name, const Shape& shape) const {
  return Array<int32_t>(name, "int32", shape);
}

std::span<const int64_t> ModelReader::Longs(std::string_view name, const Shape& shape) const {
  return Array<int64_t>(name, "int64", shape);
}

std::vector<std::string> ModelReader::Strings(std::string_view name) const {
  const Section& section = Find(name, "strings");
  const size_t available = section.bytes.size() / sizeof(int64_t);
  const auto refuse = [&] { Refuse(StrCat("section '", name, "' is not a list of strings")); };
  if (section.shape.size() != 1 || section.shape[0] < 0 ||
      static_cast<uint64_t>(section.shape[0]) >= available)
    refuse();
  const auto count = static_cast<size_t>(section.shape[0]);
  const std::span<const int64_t> offsets(reinterpret_cast<const int64_t*>(section.bytes.data()),
                                         count + 1);
  const std::string_view text = section.bytes.substr(BytesOf(offsets).size());
  if (offsets[0] != 0 || offsets[count] != static_cast<int64_t>(text.size()) ||
      !std::is_sorted(offsets.begin(), offsets.end()))
    refuse();
  std::vector<std::string> values(count);
  for (size_t i = 0; i < count; ++i) {
    const auto begin = static_cast<size_t>(offsets[i]);
    values[i] = text.substr(begin, static_cast<size_t>(offsets[i + 1]) - begin);
  }
  return values;
}

Json ModelReader::JsonValue(std::string_view name) const {
  try {
    return Json::Parse(Find(name, "json").bytes);
  } catch (const Error& error) {
    if (error.code() != Code::kInvalidArgument) throw;
    Refuse(StrCat("section '", name, "': ", error.message()));
  }
}

int64_t ModelReader::SettingInt(std::string_view key) const {
  const Json* value = settings_.Find(key);
  if (value == nullptr || !value->is_int())
    Refuse(StrCat("setting '", key, "' is not a whole number"));
  return value->AsInt();
}

double ModelReader::SettingDouble(std::string_view key) const {
  const Json* value = settings_.Find(key);
  if (value == nullptr || !value->is_number() || !std::isfinite(value->AsDouble()))
    Refuse(StrCat("setting '", key, "' is not a number"));
  return value->AsDouble();
}

}  // namespace marquee
