// SQL steps: one table or view a file, sql/<layer>/<name>.sql, that says what comes in and what
// goes out. A file is a header of comment lines and one SELECT:
//
//   -- silver.ratings: one rating per user and title, the latest one.
//   -- Further lines of documentation.
//   -- in   silver.checked_ratings
//   -- out  user_id   varchar      as the source names the user
//   --      rating    double       0.5 .. 5
//   -- reject  rating is not a number | rating is out of range
//   select ...
//
// "silver.x (view):" makes a view: it is not stored, the steps that read it read through it. Inputs
// of the layer `raw` are what a load brings; no step makes them.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lake/engine.h"

namespace marquee::lake {

struct StepColumn {
  std::string name;
  std::string type;  // as written: "varchar[]", "timestamptz"
  std::string doc;
};

struct SqlStep {
  std::string name;  // "silver.ratings"
  bool is_view = false;
  std::string doc;
  std::vector<std::string> inputs;
  std::vector<StepColumn> columns;
  // The reasons for which rows are turned away, as they stand in the table; "<...>" stands for any
  // text.
  std::vector<std::string> rejects;
  std::string select;  // without ';'
  std::string file;

  std::string_view layer() const { return std::string_view(name).substr(0, name.find('.')); }
  std::map<std::string, std::string> Comments() const;  // column -> doc
};

// Reads one step. `file` is "<layer>/<name>.sql", and the header must name the same. Throws
// invalid_argument that starts with "<file>:<line>: ": a header that breaks the form above; an
// input that the SELECT does not read; a table that it reads but the header does not declare.
SqlStep ParseSqlStep(std::string_view file, std::string_view text);

// Steps that fit together. Immutable, thread-safe.
class SqlSteps {
 public:
  // Throws invalid_argument: a name given twice, an input that no step makes, a cycle (naming all
  // of it).
  explicit SqlSteps(std::vector<SqlStep> steps);

  // Throws not_found, naming the nearest.
  const SqlStep& At(std::string_view name) const;
  // All of a layer, each after its inputs; equal ones by name.
  std::vector<const SqlStep*> Layer(std::string_view layer) const;
  const std::vector<SqlStep>& all() const { return steps_; }
  // The stored tables that a step reads, views looked through; sorted.
  std::vector<std::string> StoredInputs(std::string_view name) const;
  // Changes when the step, or a view that it reads through, would give other rows or columns. Hex.
  std::string Hash(std::string_view name) const;

 private:
  void Order();
  void Visit(const SqlStep& step, std::vector<std::string>* path,
             std::map<std::string, bool>* placed, std::vector<SqlStep>* ordered) const;

  std::vector<SqlStep> steps_;  // each after its inputs
  std::map<std::string, size_t, std::less<>> by_name_;
};

// One embedded file below sql/: "silver/ratings.sql" and its text.
struct SqlFile {
  std::string_view path;
  std::string_view text;
};
// The steps of this program, made from sql/ when it was built (target marquee_sql).
std::span<const SqlFile> EmbeddedSqlFiles();
SqlSteps ParseSqlFiles(std::span<const SqlFile> files);

// Declared types and DuckDB's: "timestamptz" -> "TIMESTAMP WITH TIME ZONE", "varchar[]" ->
// "VARCHAR[]". Throws invalid_argument for a type that steps may not use.
std::string DuckTypeName(std::string_view declared);
// "create or replace view <name> as select ...", its schema first.
void CreateStepView(Session& session, const SqlStep& step);
// An empty view with the columns of the step: what stands for a table that was never written.
void CreateEmptyView(Session& session, const SqlStep& step);

}  // namespace marquee::lake
