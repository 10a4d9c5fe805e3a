// The search language of MLflow: comparisons joined by AND, and lists of what to order by.
//
//   filter     = comparison { AND comparison }
//   comparison = identifier operator value | identifier [NOT] IN ( text { , text } )
//              | identifier IS [NOT] NULL
//   identifier = [ entity . ] key         metrics.rmse, params."batch size", start_time
//   operator   = = != < <= > >= LIKE ILIKE
//   order      = identifier [ ASC | DESC ]
//
// Keywords in any case; text in '…' or "…" without escapes; keys bare (letters, digits, '_', '.')
// or in "…", '…' or `…`. No OR, no NOT before a comparison, no brackets but those of a list.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace marquee::tracking {

enum class Entity { kAttribute, kMetric, kParam, kTag, kDataset };

enum class Comparator {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kLike,   // % any text, _ any character
  kIlike,  // the same, without regard to case
  kIn,
  kNotIn,
  kIsNull,
  kIsNotNull,
};

using FilterValue = std::variant<std::monostate, double, std::string, std::vector<std::string>>;

struct Comparison {
  Entity entity;
  std::string key;  // of an attribute: its first name in the scope
  Comparator comparator;
  FilterValue value;  // number, text or list, as entity and comparator want it; none for IS NULL

  bool operator==(const Comparison&) const = default;
};

struct Order {
  Entity entity;
  std::string key;
  bool ascending = true;

  bool operator==(const Order&) const = default;
};

// What an attribute is, and so how it is compared: numbers with the six operators, text with
// = != LIKE ILIKE, and with IN where it says so.
struct Attribute {
  enum class Kind { kNumber, kText };
  std::vector<std::string_view> names;  // the first is what Comparison::key says
  Kind kind;
  bool in_list = false;
  bool in_filter = true;
  bool in_order = true;
};

// What can be searched in one kind of thing.
struct SearchScope {
  std::string_view things;  // "runs", for messages
  std::vector<Attribute> attributes;
  std::vector<Entity> entities;        // beside attributes
  std::vector<Entity> order_entities;  // beside attributes
};

const SearchScope& ExperimentScope();
const SearchScope& RunScope();
const SearchScope& LoggedModelScope();
const SearchScope& RegisteredModelScope();
const SearchScope& ModelVersionScope();

// No comparison for "". Throws invalid_argument, with the place or the word, for text that is no
// filter, for what `scope` does not have, and for a comparator or value that does not fit; also for
// more than 64 comparisons or 10,000 values in lists. Pure; O(length).
std::vector<Comparison> ParseFilter(std::string_view text, const SearchScope& scope);

// Throws as ParseFilter; also when the same thing stands twice, and for more than 16.
std::vector<Order> ParseOrderBy(std::span<const std::string> texts, const SearchScope& scope);

}  // namespace marquee::tracking
