// The model file: named arrays with checksums, see docs/formats/model.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "interactions/interactions.h"

namespace marquee {

// Lengths of an array's dimensions, the slowest first: {rows, columns}.
using Shape = std::vector<int64_t>;

// Writes a model file section by section, without a copy of the arrays. The file appears with
// Finish, or not at all. Errors of the disk as WriteFileAtomic. Not thread-safe.
class ModelWriter {
 public:
  ModelWriter(const std::filesystem::path& path, std::string_view model_type);
  ~ModelWriter();

  // What the model was trained with; kept in the table of contents.
  void SetSettings(Json settings);
  // Adds an array. REQUIRES: a name not used before; the product of `shape` is values.size().
  void Add(std::string_view name, std::span<const float> values, const Shape& shape);
  void Add(std::string_view name, std::span<const double> values, const Shape& shape);
  void Add(std::string_view name, std::span<const int32_t> values, const Shape& shape);
  void Add(std::string_view name, std::span<const int64_t> values, const Shape& shape);
  void AddStrings(std::string_view name, std::span<const std::string> values);
  void AddJson(std::string_view name, const Json& value);

  // Between the two, sections and settings are those of a model inside this one, which the reader
  // finds with Part(name). REQUIRES: a name not used before, without '/'.
  void BeginPart(std::string_view name, std::string_view model_type);
  void EndPart();

  void Finish();

 private:
  struct Part {
    std::string name;
    std::string model_type;
    Json settings;
  };

  void Append(std::string_view bytes);
  void AddSection(std::string_view name, std::string_view type, const Shape& shape,
                  std::initializer_list<std::string_view> parts);
  void Pad();

  AtomicFile file_;
  std::string model_type_;
  Json settings_ = Json::MakeObject();
  Json sections_ = Json::MakeArray();
  std::vector<Part> parts_;
  bool in_part_ = false;  // the last of parts_
  int64_t size_ = 0;
};

// A whole, undamaged model file. Opening checks every checksum, so O(file size). Immutable, so
// thread-safe; what it returns as a span lives as long as the reader.
//
// Throws data_loss for a damaged file, naming the section; failed_precondition for one of a newer
// version, naming the program that reads it; invalid_argument for one that is no model file.
class ModelReader {
 public:
  explicit ModelReader(const std::filesystem::path& path);
  // The same from memory; `name` stands for the path in errors. REQUIRES: `bytes` outlive this.
  ModelReader(std::string_view bytes, std::string_view name);

  const std::string& model_type() const { return model_type_; }
  const Json& settings() const { return settings_; }

  // Whether there is a section of that name: those that newer programs add may be absent.
  bool Has(std::string_view name) const;

  // An array whose shape must be `shape`, where -1 stands for any length. Floating-point values are
  // finite. Throws data_loss for a section that is absent or of another type or shape.
  std::span<const float> Floats(std::string_view name, const Shape& shape) const;
  std::span<const double> Doubles(std::string_view name, const Shape& shape) const;
  std::span<const int32_t> Ints(std::string_view name, const Shape& shape) const;
  std::span<const int64_t> Longs(std::string_view name, const Shape& shape) const;
  std::vector<std::string> Strings(std::string_view name) const;
  Json JsonValue(std::string_view name) const;

  // A model inside this one, which has no parts of its own. Lives no longer than this. Throws
  // data_loss when it is absent.
  ModelReader Part(std::string_view name) const;

  // A typed look into the settings of a file. Throws data_loss when absent or of another type.
  int64_t SettingInt(std::string_view key) const;
  double SettingDouble(std::string_view key) const;

  // Throws data_loss that names the file: for values that no writer of ours would have written.
  [[noreturn]] void Refuse(std::string_view what) const;

 private:
  struct Section {
    std::string name;
    std::string type;
    Shape shape;
    std::string_view bytes;
  };

  struct PartHeader {
    std::string name;
    std::string model_type;
    Json settings;
  };

  ModelReader() = default;
  void Read(std::string_view bytes);
  void ReadContents(std::string_view toc, std::string_view body);
  Section ReadSection(const Json& entry, std::string_view body, size_t* at) const;
  const Section& Find(std::string_view name, std::string_view type) const;
  template <typename T>
  std::span<const T> Array(std::string_view name, std::string_view type, const Shape& shape) const;

  std::string name_;
  std::unique_ptr<MappedFile> file_;
  std::vector<uint64_t> aligned_;  // a copy of bytes that came unaligned
  std::string model_type_;
  Json settings_;
  std::vector<Section> sections_;
  std::vector<PartHeader> parts_;
};

}  // namespace marquee
