#include "tracking/search_sql.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "base/text.h"

namespace marquee::tracking {
namespace {

constexpr std::string_view kPromptTag = "mlflow.prompt.is_prompt";

std::string_view OperatorOf(Comparator comparator) {
  switch (comparator) {
    case Comparator::kEqual:
      return "=";
    case Comparator::kNotEqual:
      return "!=";
    case Comparator::kLess:
      return "<";
    case Comparator::kLessEqual:
      return "<=";
    case Comparator::kGreater:
      return ">";
    default:
      return ">=";
  }
}

// A pattern of LIKE as one of GLOB, which minds case in SQLite where LIKE does not.
std::string GlobOf(std::string_view like) {
  std::string glob;
  for (const char c : like) {
    if (c == '%') {
      glob += '*';
    } else if (c == '_') {
      glob += '?';
    } else if (c == '*' || c == '?' || c == '[') {
      glob += StrCat("[", c, "]");
    } else {
      glob += c;
    }
  }
  return glob;
}

struct LikeOptions {
  Dialect dialect;
  bool minds_case;
};

SqlText Like(std::string_view column, const std::string& pattern, const LikeOptions& options) {
  SqlText sql;
  if (options.dialect == Dialect::kPostgres) {
    const std::string_view word = options.minds_case ? " like " : " ilike ";
    return sql.Add(StrCat(column, word, "? escape ''"), {pattern});
  }
  if (options.minds_case) return sql.Add(StrCat(column, " glob ?"), {GlobOf(pattern)});
  return sql.Add(StrCat(column, " like ?"), {pattern});
}

SqlText Compare(std::string_view column, const Comparison& comparison, Dialect dialect) {
  SqlText sql;
  const Comparator comparator = comparison.comparator;
  if (const auto* list = std::get_if<std::vector<std::string>>(&comparison.value)) {
    sql.Add(column).Add(comparator == Comparator::kIn ? " in (" : " not in (");
    return sql.Add(ListOf(std::span<const std::string>(*list))).Add(")");
  }
  if (const auto* number = std::get_if<double>(&comparison.value)) {
    return sql.Add(StrCat(column, " ", OperatorOf(comparator), " cast(? as double precision)"),
                   {*number});
  }
  const std::string& text = std::get<std::string>(comparison.value);
  const bool is_like = comparator == Comparator::kLike || comparator == Comparator::kIlike;
  if (is_like) return Like(column, text, {dialect, comparator == Comparator::kLike});
  return sql.Add(StrCat(column, " ", OperatorOf(comparator), " ?"), {text});
}

const SearchTables::Column& ColumnOf(const std::string& attribute, const SearchTables& tables) {
  const auto found = std::ranges::find(tables.columns, attribute, &SearchTables::Column::attribute);
  MARQUEE_CHECK(found != tables.columns.end());
  return *found;
}

std::string_view TableOf(Entity entity, const SearchTables& tables) {
  return entity == Entity::kParam ? tables.params : tables.tags;
}

// "x.run = t.run"
std::string JoinOf(std::string_view alias, const SearchTables& tables) {
  std::string join = StrCat(alias, ".", tables.id, " = t.", tables.id);
  if (tables.also_id.empty()) return join;
  return join + StrCat(" and ", alias, ".", tables.also_id, " = t.", tables.also_id);
}

// A row without the key matches nothing, so != too asks for one.
SqlText ComparePair(const Comparison& comparison, const SearchTables& tables, Dialect dialect) {
  SqlText sql;
  if (comparison.comparator == Comparator::kIsNull) sql.Add("not ");
  sql.Add(StrCat("exists (select 1 from ", TableOf(comparison.entity, tables), " x where ",
                 JoinOf("x", tables), " and x.key = ?"),
          {comparison.key});
  if (comparison.value.index() != 0) sql.Add(" and ").Add(Compare("x.value", comparison, dialect));
  return sql.Add(")");
}

// NaN is unequal to all, and in no order with any.
SqlText CompareMetric(const Comparison& comparison, const SearchTables& tables, Dialect dialect) {
  SqlText sql;
  sql.Add("exists (select 1 from ").Add(tables.metrics(comparison.key));
  sql.Add(StrCat(" x where ", JoinOf("x", tables)));
  const SqlText value = Compare("x.value", comparison, dialect);
  if (comparison.comparator == Comparator::kNotEqual) {
    return sql.Add(" and (x.is_nan = 1 or ").Add(value).Add("))");
  }
  return sql.Add(" and x.is_nan = 0 and ").Add(value).Add(")");
}

SqlText CompareDataset(const Comparison& comparison, Dialect dialect) {
  SqlText sql;
  if (comparison.key == "context") {
    sql.Add("exists (select 1 from dataset_input_tags x where x.run = t.run and x.key = ? and ",
            {"mlflow.data.context"});
    return sql.Add(Compare("x.value", comparison, dialect)).Add(")");
  }
  sql.Add(
      "exists (select 1 from dataset_inputs x join datasets d on d.dataset = x.dataset where "
      "x.run = t.run and ");
  return sql.Add(Compare("d." + comparison.key, comparison, dialect)).Add(")");
}

SqlText ComparisonSql(const Comparison& comparison, const SearchTables& tables, Dialect dialect) {
  switch (comparison.entity) {
    case Entity::kAttribute:
      return Compare(ColumnOf(comparison.key, tables).sql, comparison, dialect);
    case Entity::kMetric:
      return CompareMetric(comparison, tables, dialect);
    case Entity::kDataset:
      return CompareDataset(comparison, dialect);
    default:
      return ComparePair(comparison, tables, dialect);
  }
}

}  // namespace

SqlText& SqlText::Add(std::string_view sql, SqlValues more) {
  text += sql;
  std::ranges::move(more, std::back_inserter(values));
  return *this;
}

SqlText ListOf(SqlValues values) {
  SqlText list;
  for (size_t i = 0; i < values.size(); ++i) list.text += i == 0 ? "?" : ", ?";
  list.values = std::move(values);
  return list;
}

std::string_view ViewCondition(View view) {
  switch (view) {
    case View::kActiveOnly:
      return "= 0";
    case View::kDeletedOnly:
      return "= 1";
    default:
      return "in (0, 1)";
  }
}

bool LeavesOutPrompts(std::vector<Comparison>* filter) {
  const auto is_prompt = [](const Comparison& comparison) {
    return comparison.entity == Entity::kTag && comparison.key == kPromptTag;
  };
  const auto is_opposite = [&](const Comparison& comparison) {
    return is_prompt(comparison) && comparison.comparator == Comparator::kNotEqual &&
           comparison.value == FilterValue("true");
  };
  return std::erase_if(*filter, is_opposite) > 0 || std::ranges::none_of(*filter, is_prompt);
}

SqlText WithoutPrompts(std::string_view tags, std::string_view join) {
  SqlText sql;
  return sql.Add(StrCat(" and not exists (select 1 from ", tags, " x where ", join,
                        " and x.key = ? and x.value = ?)"),
                 {std::string(kPromptTag), "true"});
}

SqlText WhereOf(std::span<const Comparison> filter, const SearchTables& tables, Dialect dialect) {
  SqlText where;
  for (const Comparison& comparison : filter) {
    where.Add(" and ").Add(ComparisonSql(comparison, tables, dialect));
  }
  return where;
}

OrderSql OrderOf(std::span<const Order> order_by, const SearchTables& tables,
                 std::string_view alias) {
  OrderSql sql;
  for (size_t i = 0; i < order_by.size(); ++i) {
    const Order& order = order_by[i];
    const std::string_view direction = order.ascending ? ", " : " desc, ";
    if (order.entity == Entity::kAttribute) {
      const SearchTables::Column& column = ColumnOf(order.key, tables);
      if (column.nullable) sql.terms.Add(StrCat(column.sql, " is null, "));
      sql.terms.Add(StrCat(column.order.empty() ? column.sql : column.order, direction));
      continue;
    }
    const std::string name = StrCat(alias, "_", i);
    const bool metric = order.entity == Entity::kMetric;
    sql.joins.Add(" left join ");
    metric ? sql.joins.Add(tables.metrics(order.key))
           : sql.joins.Add(TableOf(order.entity, tables));
    sql.joins.Add(StrCat(" ", name, " on ", JoinOf(name, tables)));
    if (!metric) sql.joins.Add(StrCat(" and ", name, ".key = ?"), {order.key});
    sql.terms.Add(StrCat(name, ".value is null, "));
    if (metric) sql.terms.Add(StrCat(name, ".is_nan, "));
    sql.terms.Add(StrCat(name, ".value", direction));
  }
  return sql;
}

}  // namespace marquee::tracking
