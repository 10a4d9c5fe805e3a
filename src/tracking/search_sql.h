// Internal: filters and orders as SQL with bound values; no text of a client ever becomes SQL.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tracking/entities.h"
#include "tracking/filter.h"
#include "tracking/sql.h"

namespace marquee::tracking {

// A piece of a statement, and the values of its placeholders in their order.
struct SqlText {
  std::string text;
  SqlValues values;

  SqlText& Add(std::string_view sql, SqlValues more = {});
  SqlText& Add(const SqlText& other) { return Add(other.text, other.values); }
};

// "?, ?, ?" for `values`.
SqlText ListOf(SqlValues values);
template <typename T>
SqlText ListOf(std::span<const T> items) {
  return ListOf(SqlValues(items.begin(), items.end()));
}

// Where the parts of one kind of thing are kept. Its table has the alias "t".
struct SearchTables {
  std::string_view id;  // the column that joins: "run"
  struct Column {
    std::string_view attribute;  // Comparison::key
    std::string_view sql;        // "t.start_ms"
    bool nullable = false;
    std::string_view order = {};  // what orders by it, where that is another; "t.experiment_id"
  };
  std::vector<Column> columns;
  std::string_view params;  // tables of key and value; "" for none
  std::string_view tags;
  // "(select ...)": of each thing at most one row of id, value and is_nan, for the metric `key`.
  std::function<SqlText(const std::string& key)> metrics;
  std::string_view also_id = {};  // a second column that joins
};

// What a column `deleted` is in `view`: "= 0".
std::string_view ViewCondition(View view);

// Registered models that are prompts carry a tag. They are no models: searches leave them out
// unless their filter asks for that tag. Clients ask for its opposite, tags.`...` != 'true', and
// mean those without the tag too: such comparisons are taken out. Returns whether prompts are to be
// left out.
bool LeavesOutPrompts(std::vector<Comparison>* filter);
// " and not exists (...)" over the table of tags, which has the alias "x" in `join`.
SqlText WithoutPrompts(std::string_view tags, std::string_view join);

// " and <comparison> ..." for a where clause.
SqlText WhereOf(std::span<const Comparison> filter, const SearchTables& tables, Dialect dialect);

// What an order needs joined, and its terms: "left join ...", and "a, b desc, ". What is missing
// goes last in either direction, NaN before it.
struct OrderSql {
  SqlText joins;
  SqlText terms;
};
// `alias` begins the names that the joins have.
OrderSql OrderOf(std::span<const Order> order_by, const SearchTables& tables,
                 std::string_view alias = "o");

}  // namespace marquee::tracking
