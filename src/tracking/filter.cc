#include "tracking/filter.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "tracking/tokens.h"

namespace marquee::tracking {
namespace {

using Kind = Token::Kind;

constexpr size_t kMaxComparisons = 64;
constexpr size_t kMaxOrders = 16;      // each is a join
constexpr size_t kMaxListed = 10'000;  // each is a value of the statement
constexpr std::array kDatasetKeys = std::to_array<std::string_view>({"name", "digest", "context"});

struct EntityWord {
  std::string_view word;
  Entity entity;
};
constexpr std::array kEntityWords = std::to_array<EntityWord>({{"metric", Entity::kMetric},
                                                               {"metrics", Entity::kMetric},
                                                               {"param", Entity::kParam},
                                                               {"params", Entity::kParam},
                                                               {"parameter", Entity::kParam},
                                                               {"parameters", Entity::kParam},
                                                               {"tag", Entity::kTag},
                                                               {"tags", Entity::kTag},
                                                               {"attribute", Entity::kAttribute},
                                                               {"attributes", Entity::kAttribute},
                                                               {"attr", Entity::kAttribute},
                                                               {"run", Entity::kAttribute},
                                                               {"dataset", Entity::kDataset},
                                                               {"datasets", Entity::kDataset}});

struct OperatorWord {
  std::string_view word;
  Comparator comparator;
};
constexpr std::array kOperators = std::to_array<OperatorWord>({{"=", Comparator::kEqual},
                                                               {"!=", Comparator::kNotEqual},
                                                               {"<", Comparator::kLess},
                                                               {"<=", Comparator::kLessEqual},
                                                               {">", Comparator::kGreater},
                                                               {">=", Comparator::kGreaterEqual},
                                                               {"like", Comparator::kLike},
                                                               {"ilike", Comparator::kIlike}});

[[noreturn]] void Refuse(const std::string& message, const std::string& hint) {
  throw Error(Code::kInvalidArgument, message, hint);
}

bool Has(const std::vector<Entity>& entities, Entity entity) {
  return entity == Entity::kAttribute || std::ranges::find(entities, entity) != entities.end();
}

const Attribute* FindAttribute(const SearchScope& scope, std::string_view name) {
  for (const Attribute& attribute : scope.attributes) {
    if (std::ranges::find(attribute.names, name) != attribute.names.end()) return &attribute;
  }
  return nullptr;
}

std::string AttributeNames(const SearchScope& scope, bool Attribute::*use) {
  std::vector<std::string> names;
  for (const Attribute& attribute : scope.attributes) {
    if (attribute.*use) names.emplace_back(attribute.names.front());
  }
  return Join(names, ", ");
}

// What is compared or ordered by; `attribute` is null for other entities.
struct Identifier {
  Entity entity;
  std::string key;
  const Attribute* attribute;
};

class Parser {
 public:
  Parser(std::string_view text, const SearchScope& scope, std::string_view what)
      : text_(text), scope_(scope), what_(what), tokens_(Tokenize(text)) {}

  std::vector<Comparison> Filter() {
    std::vector<Comparison> comparisons;
    do {
      if (comparisons.size() == kMaxComparisons) {
        Refuse(StrCat(what_, " has more than ", kMaxComparisons, " comparisons"),
               "search for less");
      }
      comparisons.push_back(OneComparison());
    } while (TakeKeyword("and"));
    RequireEnd("AND or the end");
    return comparisons;
  }

  Order OneOrder() {
    const Identifier what = TakeIdentifier(scope_.order_entities, &Attribute::in_order);
    Order order{what.entity, what.key};
    if (TakeKeyword("desc")) {
      order.ascending = false;
    } else {
      TakeKeyword("asc");
    }
    RequireEnd("ASC, DESC or the end");
    return order;
  }

 private:
  const Token& token() const { return tokens_[next_]; }
  Token Take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }

  [[noreturn]] void RefuseToken(std::string_view wanted) const {
    const std::string found =
        token().kind == Kind::kEnd ? "it ends" : StrCat("there is ", token().text);
    Refuse(
        StrCat(what_, " '", text_, "': at byte ", token().at, " ", found, " instead of ", wanted),
        "write it as: metrics.rmse < 1 AND tags.genre = 'Noir'");
  }

  void RequireEnd(std::string_view wanted) const {
    if (token().kind != Kind::kEnd) RefuseToken(wanted);
  }

  bool IsKeyword(std::string_view word) const {
    return token().kind == Kind::kWord && AsciiLower(token().text) == word;
  }
  bool TakeKeyword(std::string_view word) {
    if (!IsKeyword(word)) return false;
    Take();
    return true;
  }

  // Parts with dots between them and no blanks.
  std::vector<Token> IdentifierParts() {
    std::vector<Token> parts;
    do {
      const bool first = parts.empty();
      const Kind kind = token().kind;
      if ((kind != Kind::kWord && kind != Kind::kQuoted && kind != Kind::kBackticks) ||
          (!first && token().spaced)) {
        RefuseToken("the name of what to look at");
      }
      parts.push_back(Take());
    } while (token().kind == Kind::kDot && !token().spaced && Take().kind == Kind::kDot);
    return parts;
  }

  Identifier TakeIdentifier(const std::vector<Entity>& entities, bool Attribute::*use) {
    const std::vector<Token> parts = IdentifierParts();
    if (parts.size() == 1) {
      return AttributeOf(std::string(parts.front().value), use);
    }
    for (size_t i = 1; i < parts.size(); ++i) {
      if (parts[i].kind != Kind::kWord && parts.size() > 2) {
        Refuse(StrCat(what_, " '", text_, "': ", parts[i].text, " stands inside a name"),
               "quote the whole key: params.`a.b c`");
      }
    }
    const auto found = std::ranges::find(kEntityWords, parts.front().text, &EntityWord::word);
    if (found == kEntityWords.end() || !Has(entities, found->entity)) {
      Refuse(StrCat(what_, ": ", scope_.things, " have no '", parts.front().text, "'"),
             "metrics.KEY, params.KEY, tags.KEY and attributes are what most searches look at");
    }
    std::string key(parts[1].value);
    for (size_t i = 2; i < parts.size(); ++i) key += StrCat(".", parts[i].value);
    if (found->entity == Entity::kAttribute) return AttributeOf(key, use);
    if (found->entity == Entity::kDataset &&
        std::ranges::find(kDatasetKeys, key) == kDatasetKeys.end()) {
      Refuse(StrCat(what_, ": datasets have no '", key, "'"), "there are name, digest and context");
    }
    return {found->entity, std::move(key), nullptr};
  }

  Identifier AttributeOf(const std::string& name, bool Attribute::*use) const {
    const Attribute* attribute = FindAttribute(scope_, name);
    if (attribute == nullptr || !(attribute->*use)) {
      Refuse(StrCat(what_, ": ", scope_.things, " have no attribute '", name, "'"),
             StrCat("there are ", AttributeNames(scope_, use),
                    "; other keys want their entity before them, as in tags.KEY"));
    }
    return {Entity::kAttribute, std::string(attribute->names.front()), attribute};
  }

  Comparison OneComparison() {
    const Identifier what = TakeIdentifier(scope_.entities, &Attribute::in_filter);
    if (IsKeyword("is")) return NullTest(what);
    if (IsKeyword("in") || IsKeyword("not")) return Membership(what);
    const Comparator comparator = TakeOperator();
    const bool number =
        what.entity == Entity::kMetric ||
        (what.attribute != nullptr && what.attribute->kind == Attribute::Kind::kNumber);
    CheckFits(what, comparator, number);
    if (number) return {what.entity, what.key, comparator, TakeNumber(what)};
    return {what.entity, what.key, comparator, TakeText(what)};
  }

  Comparison NullTest(const Identifier& what) {
    if (what.entity != Entity::kParam && what.entity != Entity::kTag) {
      RefuseToken("a comparison: only params and tags take IS NULL");
    }
    Take();
    const bool negated = TakeKeyword("not");
    if (!TakeKeyword("null")) RefuseToken("NULL");
    return {what.entity, what.key, negated ? Comparator::kIsNotNull : Comparator::kIsNull, {}};
  }

  Comparison Membership(const Identifier& what) {
    const bool takes_list =
        what.entity == Entity::kDataset || (what.attribute != nullptr && what.attribute->in_list);
    if (!takes_list) RefuseToken(StrCat("an operator that ", what.key, " takes"));
    const bool negated = TakeKeyword("not");
    if (!TakeKeyword("in")) RefuseToken("IN");
    return {what.entity, what.key, negated ? Comparator::kNotIn : Comparator::kIn, TakeList()};
  }

  Comparator TakeOperator() {
    const std::string word = AsciiLower(token().text);
    const auto found = std::ranges::find(kOperators, word, &OperatorWord::word);
    const bool fits = token().kind == Kind::kOperator || token().kind == Kind::kWord;
    if (!fits || found == kOperators.end()) RefuseToken("a comparison");
    Take();
    return found->comparator;
  }

  void CheckFits(const Identifier& what, Comparator comparator, bool number) const {
    const bool is_like = comparator == Comparator::kLike || comparator == Comparator::kIlike;
    const bool is_order =
        comparator >= Comparator::kLess && comparator <= Comparator::kGreaterEqual;
    if (number ? !is_like : !is_order) return;
    Refuse(StrCat(what_, " '", text_, "': ", what.key, " is ", number ? "a number" : "text"),
           number ? "compare it with = != < <= > >=" : "compare it with = != LIKE ILIKE");
  }

  double TakeNumber(const Identifier& what) {
    if (token().kind != Kind::kNumber) RefuseToken(StrCat("a number for ", what.key));
    std::string_view text = Take().text;
    if (text.starts_with('+')) text.remove_prefix(1);
    const std::optional<double> number = ParseDouble(text);
    if (!number) Refuse(StrCat(what_, ": ", text, " is too large a number"), "compare with less");
    return *number;
  }

  std::string TakeText(const Identifier& what) {
    if (token().kind != Kind::kQuoted) {
      RefuseToken(StrCat("a quoted text for ", what.key, ", as in 'x'"));
    }
    return std::string(Take().value);
  }

  std::vector<std::string> TakeList() {
    if (token().kind != Kind::kOpen) RefuseToken("a list in brackets, as in ('a', 'b')");
    std::vector<std::string> values;
    do {
      Take();
      if (token().kind != Kind::kQuoted) RefuseToken("a quoted text");
      values.emplace_back(Take().value);
      if (++num_listed_ > kMaxListed) {
        Refuse(StrCat(what_, " lists more than ", kMaxListed, " values"), "search in parts");
      }
    } while (token().kind == Kind::kComma);
    if (token().kind != Kind::kClose) RefuseToken("a comma or the end of the list");
    Take();
    return values;
  }

  const std::string_view text_;
  const SearchScope& scope_;
  const std::string_view what_;
  const std::vector<Token> tokens_;
  size_t next_ = 0;
  size_t num_listed_ = 0;  // values of all lists
};

}  // namespace

std::vector<Comparison> ParseFilter(std::string_view text, const SearchScope& scope) {
  if (text.empty()) return {};
  return Parser(text, scope, "filter").Filter();
}

std::vector<Order> ParseOrderBy(std::span<const std::string> texts, const SearchScope& scope) {
  if (texts.size() > kMaxOrders) {
    Refuse(StrCat("order_by has ", texts.size(), " keys, and may have ", kMaxOrders),
           "order by less");
  }
  std::vector<Order> orders;
  for (const std::string& text : texts) {
    Order order = Parser(text, scope, "order_by").OneOrder();
    const bool twice = std::ranges::any_of(orders, [&](const Order& before) {
      return before.entity == order.entity && before.key == order.key;
    });
    if (twice) Refuse(StrCat("order_by has ", order.key, " twice"), "give it once");
    orders.push_back(std::move(order));
  }
  return orders;
}

}  // namespace marquee::tracking
