// Runs the cases of every step: sql/<layer>/<name>_test.toml. A case gives rows of the inputs and
// the rows expected out:
//
//   [[case]]
//   name = "the_later_time_wins"
//   in.silver.checked_ratings = '''
//   user_id  item_id  rating
//   1        10       3.5
//   '''
//   out = '''...'''
//
// Cells stand two blanks or more apart. null is no value, 'text' is text with its blanks ('' is
// empty), [a, b] a list. A column that an input leaves out is null, an input left out is empty;
// only the columns that `out` names are compared. Columns of raw tables are varchar unless they say
// otherwise: line:bigint.
#include <gmock/gmock.h>
#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "lake/sql_step.h"

namespace marquee::lake {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

struct Cell {
  std::string text;
  bool is_null = false;
};

struct TextRows {
  std::vector<std::string> columns;
  std::vector<std::string> types;  // "" where the header does not say
  std::vector<std::vector<Cell>> rows;
};

struct Case {
  std::string name;
  std::map<std::string, TextRows> inputs;
  TextRows expected;
};

std::vector<Cell> ReadCells(std::string_view line) {
  std::vector<Cell> cells;
  size_t at = 0;
  while ((at = line.find_first_not_of(' ', at)) != std::string_view::npos) {
    const bool quoted = line[at] == '\'';
    const std::string_view stop = quoted ? "'  " : "  ";
    const size_t start = quoted ? at + 1 : at;
    size_t end = line.find(stop, start);
    const size_t next = end == std::string_view::npos ? line.size() : end + stop.size();
    if (end == std::string_view::npos) end = line.size() - (quoted ? 1 : 0);
    const std::string text(line.substr(start, end - start));
    cells.push_back({text, !quoted && text == "null"});
    at = next;
  }
  return cells;
}

TextRows ReadRows(std::string_view text, const std::string& where) {
  TextRows table;
  for (std::string_view line : Split(text, "\n")) {
    while (line.ends_with(' ')) line.remove_suffix(1);
    if (Trim(line).empty()) continue;
    std::vector<Cell> cells = ReadCells(line);
    if (table.columns.empty()) {
      for (const Cell& cell : cells) {
        const std::vector<std::string_view> parts = Split(cell.text, ":");
        table.columns.emplace_back(parts[0]);
        table.types.emplace_back(parts.size() > 1 ? parts[1] : "");
      }
      continue;
    }
    if (cells.size() != table.columns.size())
      throw Error(Code::kInvalidArgument, StrCat(where, ": ", cells.size(), " cells under ",
                                                 table.columns.size(), " columns: ", line));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::vector<Case> ReadCases(const std::filesystem::path& path) {
  std::vector<Case> cases;
  const toml::table file = toml::parse_file(path.string());
  const toml::array* list = file["case"].as_array();
  if (list == nullptr) return cases;
  for (const toml::node& node : *list) {
    const toml::table& entry = *node.as_table();
    Case made;
    made.name = entry["name"].value_or(std::string());
    const std::string where = StrCat(path.filename().string(), ", case ", made.name);
    if (const toml::table* layers = entry["in"].as_table()) {
      for (const auto& [layer, tables] : *layers) {
        for (const auto& [table, rows] : *tables.as_table()) {
          made.inputs[StrCat(layer.str(), ".", table.str())] =
              ReadRows(rows.value_or(std::string()), where);
        }
      }
    }
    made.expected = ReadRows(entry["out"].value_or(std::string()), where);
    cases.push_back(std::move(made));
  }
  return cases;
}

std::string CellSql(const Cell& cell, std::string_view declared) {
  return StrCat("cast(", cell.is_null ? "null" : SqlText(cell.text), " as ", DuckTypeName(declared),
                ")");
}

class StepTest : public testing::Test {
 public:
  StepTest(const SqlSteps& steps, const SqlStep& step, std::vector<Case> cases)
      : steps_(steps), step_(step), cases_(std::move(cases)), engine_({}) {
    session_ = engine_.NewSession();
  }

 protected:
  // Makes every input of the step as a table, with the rows of `given`.
  void MakeInputs(const Case& given) {
    for (const auto& [name, rows] : given.inputs) {
      ASSERT_THAT(step_.inputs, testing::Contains(name)) << "the case gives rows of no input";
    }
    for (const std::string& input : step_.inputs) {
      const auto found = given.inputs.find(input);
      MakeInput(input, found == given.inputs.end() ? TextRows() : found->second);
    }
  }

  void MakeInput(const std::string& input, const TextRows& rows) {
    std::map<std::string, std::string> types;
    std::vector<std::string> columns;
    const auto add = [&](const std::string& name, const std::string& type) {
      types[name] = type;
      columns.push_back(StrCat(SqlName(name), " ", DuckTypeName(type)));
    };
    if (input.starts_with("raw.")) {
      for (size_t i = 0; i < rows.columns.size(); ++i)
        add(rows.columns[i], rows.types[i].empty() ? "varchar" : rows.types[i]);
    } else {
      for (const StepColumn& column : steps_.At(input).columns) add(column.name, column.type);
    }
    session_->Execute(StrCat("create schema if not exists ", input.substr(0, input.find('.')),
                             "; create or replace table ", input, "(", Join(columns, ", "), ")"));
    for (const std::vector<Cell>& row : rows.rows) {
      std::vector<std::string> values;
      for (size_t i = 0; i < row.size(); ++i) {
        ASSERT_TRUE(types.contains(rows.columns[i]))
            << input << " has no column " << rows.columns[i];
        values.push_back(CellSql(row[i], types[rows.columns[i]]));
      }
      std::vector<std::string> names;
      for (const std::string& column : rows.columns) names.push_back(SqlName(column));
      session_->Execute(StrCat("insert into ", input, "(", Join(names, ", "), ") values (",
                               Join(values, ", "), ")"));
    }
  }

  std::string TypeOf(const std::string& name) const {
    for (const StepColumn& column : step_.columns) {
      if (column.name == name) return column.type;
    }
    throw Error(Code::kInvalidArgument, StrCat(step_.name, " declares no column ", name));
  }

  // One line a row, numbers to six digits.
  std::vector<std::string> Lines(const std::vector<std::string>& columns, const std::string& from) {
    std::vector<std::string> cells;
    for (const std::string& column : columns) {
      const bool is_double = TypeOf(column) == "double";
      cells.push_back(StrCat(
          "coalesce(cast(", is_double ? StrCat("round(", SqlName(column), ", 6)") : SqlName(column),
          " as varchar), 'null')"));
    }
    std::vector<std::string> lines;
    const std::unique_ptr<Result> result =
        session_->Query(StrCat("select concat_ws('  ', ", Join(cells, ", "), ") from ", from));
    while (const Chunk* chunk = result->Next()) {
      for (size_t row = 0; row < chunk->size(); ++row) lines.emplace_back(chunk->Text(0, row));
    }
    return lines;
  }

  std::vector<std::string> ExpectedLines(const TextRows& expected) {
    std::vector<std::string> lines;
    for (const std::vector<Cell>& row : expected.rows) {
      std::vector<std::string> values;
      for (size_t i = 0; i < row.size(); ++i)
        values.push_back(StrCat(CellSql(row[i], TypeOf(expected.columns[i])), " as ",
                                SqlName(expected.columns[i])));
      lines.push_back(Lines(expected.columns, StrCat("(select ", Join(values, ", "), ")")).at(0));
    }
    return lines;
  }

  const SqlSteps& steps_;
  const SqlStep& step_;
  const std::vector<Case> cases_;
  Engine engine_;
  std::unique_ptr<Session> session_;
};

class CaseTest : public StepTest {
 public:
  CaseTest(const SqlSteps& steps, const SqlStep& step, Case given)
      : StepTest(steps, step, {std::move(given)}) {}

  void TestBody() override {
    const Case& given = cases_.front();
    ASSERT_FALSE(given.expected.columns.empty()) << "the case expects nothing";
    MakeInputs(given);
    EXPECT_THAT(Lines(given.expected.columns, StrCat("(", step_.select, ")")),
                UnorderedElementsAreArray(ExpectedLines(given.expected)));
  }
};

class ColumnsTest : public StepTest {
 public:
  using StepTest::StepTest;

  void TestBody() override {
    ASSERT_FALSE(cases_.empty()) << step_.name << " has no cases";
    MakeInputs(cases_.front());
    std::vector<std::string> declared;
    std::vector<std::string> real;
    for (const StepColumn& column : step_.columns)
      declared.push_back(StrCat(column.name, " ", DuckTypeName(column.type)));
    const std::unique_ptr<Result> result = session_->Query(step_.select);
    for (const ColumnInfo& column : result->columns())
      real.push_back(StrCat(column.name, " ", column.sql_type));
    EXPECT_EQ(real, declared);
  }
};

// Every column and every reject reason is expected by some case, and no other reason is.
class CoverageTest : public StepTest {
 public:
  using StepTest::StepTest;

  void TestBody() override {
    std::vector<std::string> unchecked;
    for (const StepColumn& column : step_.columns) {
      if (!Expected(column.name)) unchecked.push_back(column.name);
    }
    EXPECT_THAT(unchecked, IsEmpty()) << "columns that no case of " << step_.name << " looks at";
    std::vector<std::string> missing = step_.rejects;
    for (const std::string& reason : ExpectedReasons()) {
      const auto same = [&](const std::string& declared) { return Matches(declared, reason); };
      EXPECT_TRUE(std::any_of(step_.rejects.begin(), step_.rejects.end(), same))
          << "reason not declared: " << reason;
      std::erase_if(missing, same);
    }
    EXPECT_THAT(missing, IsEmpty()) << "reasons without a case in " << step_.name;
  }

 private:
  bool Expected(const std::string& column) const {
    return std::any_of(cases_.begin(), cases_.end(), [&](const Case& given) {
      const std::vector<std::string>& columns = given.expected.columns;
      return std::find(columns.begin(), columns.end(), column) != columns.end();
    });
  }

  std::vector<std::string> ExpectedReasons() const {
    std::vector<std::string> reasons;
    for (const Case& given : cases_) {
      for (size_t i = 0; i < given.expected.columns.size(); ++i) {
        if (given.expected.columns[i] != "reject_reason") continue;
        for (const std::vector<Cell>& row : given.expected.rows) {
          if (!row[i].is_null) reasons.push_back(row[i].text);
        }
      }
    }
    return reasons;
  }

  static bool Matches(const std::string& declared, const std::string& reason) {
    const size_t wildcard = declared.find('<');
    return wildcard == std::string::npos ? declared == reason
                                         : reason.starts_with(declared.substr(0, wildcard));
  }
};

template <typename Test, typename Given>
void Register(const SqlSteps& steps, const SqlStep& step, const std::string& name, Given given) {
  testing::RegisterTest(
      step.name.c_str(), name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
      [&steps, &step, given]() -> StepTest* { return new Test(steps, step, given); });
}

void RegisterStep(const SqlSteps& steps, const SqlStep& step, const std::filesystem::path& root) {
  const std::filesystem::path path = root / ReplaceAll(step.file, ".sql", "_test.toml");
  const std::vector<Case> cases =
      std::filesystem::exists(path) ? ReadCases(path) : std::vector<Case>();
  Register<ColumnsTest>(steps, step, "declares_its_columns", cases);
  Register<CoverageTest>(steps, step, "has_a_case_for_each_line_of_its_header", cases);
  for (const Case& given : cases) Register<CaseTest>(steps, step, given.name, given);
}

}  // namespace
}  // namespace marquee::lake

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  using marquee::lake::SqlStep;
  using marquee::lake::SqlSteps;
  try {
    const SqlSteps steps = marquee::lake::ParseSqlFiles(marquee::lake::EmbeddedSqlFiles());
    for (const SqlStep& step : steps.all())
      marquee::lake::RegisterStep(steps, step, argc > 1 ? argv[1] : "sql");
    return RUN_ALL_TESTS();
  } catch (const marquee::Error& error) {
    std::cerr << error.message() << "\n";
  } catch (const toml::parse_error& error) {
    std::cerr << error << "\n";
  }
  return 1;
}
