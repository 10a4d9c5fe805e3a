// The fields of a call of the MLflow protocol, read as leniently as its clients need.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "http/message.h"

namespace marquee {

// A message: the body, or with GET the query, whose repeated parameters are lists. Unknown fields
// are ignored, and null is absent. Whole numbers also come as "5" and 5.0; doubles as "1.5", "NaN",
// "Infinity", "-Infinity" and true; booleans as "True". Everything throws invalid_argument that
// names the field ("metrics[3].value") and its value.
class TrackingFields {
 public:
  // Throws invalid_argument for a body with a method that wants one and another type than JSON. A
  // body that is no JSON object counts as an empty one.
  static TrackingFields Of(const http::Request& request);

  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  // "" when absent.
  std::string Text(std::string_view name) const;
  std::optional<std::string> OptionalText(std::string_view name) const;
  // Must be there, and not "".
  std::string RequiredText(std::string_view name) const;
  // Must be there, and may be "".
  std::string PresentText(std::string_view name) const;
  std::optional<int64_t> Int(std::string_view name) const;
  int64_t RequiredInt(std::string_view name) const;
  // Within min and max.
  int64_t IntWithin(std::string_view name, int64_t fallback, int64_t min, int64_t max) const;
  double RequiredDouble(std::string_view name) const;
  bool Bool(std::string_view name, bool fallback) const;
  std::vector<std::string> Texts(std::string_view name) const;
  std::vector<TrackingFields> Objects(std::string_view name) const;
  // An object that must be there.
  TrackingFields RequiredObject(std::string_view name) const;
  // "metrics[3].key": for messages.
  std::string PathOf(std::string_view name) const;

 private:
  TrackingFields(std::shared_ptr<const Json> root, const Json* object, std::string path)
      : root_(std::move(root)), object_(object), path_(std::move(path)) {}
  const Json* Find(std::string_view name) const;
  [[noreturn]] void RefuseMissing(std::string_view name) const;

  std::shared_ptr<const Json> root_;
  const Json* object_;
  std::string path_;
};

}  // namespace marquee
