#include "lake/sql_step.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

namespace marquee::lake {
namespace {

constexpr std::array<std::string_view, 6> kLayers = {"raw",  "bronze", "silver",
                                                     "gold", "titles", "analysis"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kTypes = {{
    {"boolean", "BOOLEAN"},
    {"integer", "INTEGER"},
    {"bigint", "BIGINT"},
    {"double", "DOUBLE"},
    {"varchar", "VARCHAR"},
    {"date", "DATE"},
    {"timestamptz", "TIMESTAMP WITH TIME ZONE"},
}};

bool IsNameChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool IsTableName(std::string_view name) {
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == name.size()) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) {
                       return c == '.' || c == '_' || (c >= 'a' && c <= 'z') ||
                              (c >= '0' && c <= '9');
                     }) &&
         name.find('.', dot + 1) == std::string_view::npos;
}

// The SELECT with comments and the insides of '...' and "..." blanked out, so that what is left are
// names and operators.
std::string WithoutTextAndComments(std::string_view sql) {
  std::string bare(sql);
  for (size_t i = 0; i < bare.size(); ++i) {
    if (bare.compare(i, 2, "--") == 0) {
      for (; i < bare.size() && bare[i] != '\n'; ++i) bare[i] = ' ';
    } else if (bare[i] == '\'' || bare[i] == '"') {
      const char quote = bare[i];
      for (++i; i < bare.size() && bare[i] != quote; ++i) {
        if (bare[i] != '\n') bare[i] = ' ';
      }
    }
  }
  return bare;
}

// The tables <layer>.<name> that a SELECT names, each with the offset of its first mention.
std::map<std::string, size_t> TablesIn(std::string_view select) {
  const std::string bare = WithoutTextAndComments(select);
  std::map<std::string, size_t> tables;
  for (const std::string_view layer : kLayers) {
    const std::string prefix = StrCat(layer, ".");
    for (size_t at = bare.find(prefix); at != std::string::npos; at = bare.find(prefix, at + 1)) {
      if (at > 0 && (IsNameChar(bare[at - 1]) || bare[at - 1] == '.')) continue;
      size_t end = at + prefix.size();
      while (end < bare.size() && IsNameChar(bare[end])) ++end;
      tables.emplace(bare.substr(at, end - at), at);
    }
  }
  return tables;
}

// Reads a step line by line.
class StepParser {
 public:
  StepParser(std::string_view file, std::string_view text) : file_(file), text_(text) {}

  SqlStep Parse() {
    step_.file = std::string(file_);
    size_t at = 0;
    while (at < text_.size() && text_.substr(at, 2) == "--") {
      const size_t end = std::min(text_.find('\n', at), text_.size());
      ++line_;
      ReadHeaderLine(text_.substr(at, end - at));
      at = std::min(end + 1, text_.size());
    }
    CheckHeader();
    ReadSelect(text_.substr(at));
    return std::move(step_);
  }

 private:
  enum class Section { kTitle, kDoc, kIn, kOut, kReject };

  [[noreturn]] void Fail(size_t line, const std::string& what) const {
    throw Error(Code::kInvalidArgument, StrCat(file_, ":", line, ": ", what),
                "the form of a step is described in src/lake/sql_step.h");
  }

  // A section starts with its keyword and two blanks or more; its further lines are indented.
  void ReadHeaderLine(std::string_view line) {
    const std::string_view text = line.size() > 3 ? line.substr(3) : std::string_view();
    if (line.size() > 2 && line[2] != ' ') Fail(line_, "no blank after --");
    if (section_ == Section::kTitle) return ReadTitle(text);
    constexpr std::array<std::pair<std::string_view, Section>, 3> kKeywords = {
        {{"in  ", Section::kIn}, {"out  ", Section::kOut}, {"reject  ", Section::kReject}}};
    for (const auto& [keyword, section] : kKeywords) {
      if (!text.starts_with(keyword)) continue;
      if (section <= section_) Fail(line_, StrCat("'", Trim(keyword), "' stands out of order"));
      section_ = section;
      return ReadItem(Trim(text.substr(keyword.size())));
    }
    if (section_ == Section::kDoc) {
      step_.doc += StrCat("\n", Trim(text));
    } else if (text.starts_with("  ")) {
      ReadItem(Trim(text));
    } else {
      Fail(line_, StrCat("'", text, "' is neither in, out nor reject, and not indented"));
    }
  }

  // "silver.ratings (view): what it is."
  void ReadTitle(std::string_view text) {
    const size_t colon = text.find(": ");
    if (colon == std::string_view::npos)
      Fail(line_, "the first line must be '-- <layer>.<name>: ...'");
    std::string_view name = text.substr(0, colon);
    constexpr std::string_view kView = " (view)";
    if (name.ends_with(kView)) {
      step_.is_view = true;
      name.remove_suffix(kView.size());
    }
    const std::string wanted = ReplaceAll(file_.substr(0, file_.rfind('.')), "/", ".");
    if (!IsTableName(name) || name != wanted)
      Fail(line_, StrCat("the step is named '", name, "', its file says ", wanted));
    step_.name = std::string(name);
    step_.doc = std::string(Trim(text.substr(colon + 2)));
    section_ = Section::kDoc;
  }

  void ReadItem(std::string_view item) {
    if (section_ == Section::kIn) return ReadInput(item);
    if (section_ == Section::kOut) return ReadColumn(item);
    for (const std::string_view reason : Split(item, " | ")) {
      if (Trim(reason).empty()) Fail(line_, "an empty reject reason");
      step_.rejects.emplace_back(Trim(reason));
    }
  }

  void ReadInput(std::string_view name) {
    if (!IsTableName(name)) Fail(line_, StrCat("input '", name, "' is not <layer>.<name>"));
    if (std::find(step_.inputs.begin(), step_.inputs.end(), name) != step_.inputs.end())
      Fail(line_, StrCat("input ", name, " stands twice"));
    step_.inputs.emplace_back(name);
    input_lines_.push_back(line_);
  }

  void ReadColumn(std::string_view item) {
    StepColumn column;
    column.name = std::string(TakeWord(&item));
    column.type = std::string(TakeWord(&item));
    column.doc = std::string(item);
    if (column.doc.empty())
      Fail(line_, StrCat("column ", column.name, " lacks a type or its words"));
    for (const StepColumn& other : step_.columns) {
      if (other.name == column.name) Fail(line_, StrCat("column ", column.name, " stands twice"));
    }
    try {
      DuckTypeName(column.type);
    } catch (const Error& error) {
      Fail(line_, StrCat("column ", column.name, ": ", error.message()));
    }
    step_.columns.push_back(std::move(column));
  }

  static std::string_view TakeWord(std::string_view* text) {
    const std::string_view word = text->substr(0, text->find(' '));
    *text = Trim(text->substr(word.size()));
    return word;
  }

  void CheckHeader() const {
    if (section_ == Section::kTitle)
      Fail(1, "no header: the file must start with '-- <layer>.<name>: ...'");
    if (step_.inputs.empty()) Fail(line_, "the header declares no input (-- in   <layer>.<name>)");
    if (step_.columns.empty())
      Fail(line_, "the header declares no column (-- out  <name>  <type>  <words>)");
  }

  void ReadSelect(std::string_view text) {
    step_.select = std::string(Trim(text));
    if (!step_.select.empty() && step_.select.back() == ';') step_.select.pop_back();
    const std::string bare = WithoutTextAndComments(step_.select);
    if (Trim(bare).empty()) Fail(line_ + 1, "no SELECT after the header");
    if (bare.find(';') != std::string::npos) Fail(line_ + 1, "more than one statement");
    const size_t lead = text.find_first_not_of(" \n\t\r");
    CheckInputs(text.substr(0, lead));
  }

  void CheckInputs(std::string_view blank_lines) const {
    const std::map<std::string, size_t> used = TablesIn(step_.select);
    for (const auto& [table, offset] : used) {
      if (std::find(step_.inputs.begin(), step_.inputs.end(), table) != step_.inputs.end())
        continue;
      const auto newlines = [](std::string_view text) {
        return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
      };
      Fail(line_ + 1 + newlines(blank_lines) +
               newlines(std::string_view(step_.select).substr(0, offset)),
           StrCat("the SELECT reads ", table, ", which the header does not declare as input"));
    }
    for (size_t i = 0; i < step_.inputs.size(); ++i) {
      if (!used.contains(step_.inputs[i]))
        Fail(input_lines_[i], StrCat("the SELECT does not read the input ", step_.inputs[i]));
    }
  }

  const std::string_view file_;
  const std::string_view text_;
  size_t line_ = 0;
  Section section_ = Section::kTitle;
  std::vector<size_t> input_lines_;
  SqlStep step_;
};

std::string SchemaSql(const SqlStep& step) {
  return StrCat("create schema if not exists ", step.layer(), "; ");
}

}  // namespace

std::map<std::string, std::string> SqlStep::Comments() const {
  std::map<std::string, std::string> comments;
  for (const StepColumn& column : columns) comments[column.name] = column.doc;
  return comments;
}

SqlStep ParseSqlStep(std::string_view file, std::string_view text) {
  return StepParser(file, text).Parse();
}

SqlSteps::SqlSteps(std::vector<SqlStep> steps) : steps_(std::move(steps)) {
  std::sort(steps_.begin(), steps_.end(),
            [](const SqlStep& a, const SqlStep& b) { return a.name < b.name; });
  for (size_t i = 0; i < steps_.size(); ++i) {
    if (!by_name_.emplace(steps_[i].name, i).second)
      throw Error(Code::kInvalidArgument,
                  StrCat(steps_[i].file, ":1: two steps are named ", steps_[i].name));
  }
  Order();
}

void SqlSteps::Order() {
  std::map<std::string, bool> placed;
  std::vector<std::string> path;
  std::vector<SqlStep> ordered;
  for (const SqlStep& step : steps_) Visit(step, &path, &placed, &ordered);
  steps_ = std::move(ordered);
  for (size_t i = 0; i < steps_.size(); ++i) by_name_[steps_[i].name] = i;
}

void SqlSteps::Visit(const SqlStep& step, std::vector<std::string>* path,
                     std::map<std::string, bool>* placed, std::vector<SqlStep>* ordered) const {
  if (const auto found = placed->find(step.name); found != placed->end()) {
    if (found->second) return;
    path->erase(path->begin(), std::find(path->begin(), path->end(), step.name));
    path->push_back(step.name);
    throw Error(Code::kInvalidArgument,
                StrCat(step.file, ":1: steps that wait for each other: ", Join(*path, " <- ")));
  }
  (*placed)[step.name] = false;
  path->push_back(step.name);
  for (const std::string& input : step.inputs) {
    if (input.starts_with("raw.")) continue;
    const auto found = by_name_.find(input);
    if (found == by_name_.end())
      throw Error(Code::kInvalidArgument,
                  StrCat(step.file, ":1: no step makes the input ", input, " of ", step.name));
    Visit(steps_[found->second], path, placed, ordered);
  }
  path->pop_back();
  (*placed)[step.name] = true;
  ordered->push_back(step);
}

const SqlStep& SqlSteps::At(std::string_view name) const {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) return steps_[found->second];
  std::vector<std::string> names;
  for (const SqlStep& step : steps_) names.push_back(step.name);
  throw Error(Code::kNotFound, StrCat("no step '", name, "'", DidYouMean(name, names)),
              StrCat("the steps are ", Join(names, ", ")));
}

std::vector<const SqlStep*> SqlSteps::Layer(std::string_view layer) const {
  std::vector<const SqlStep*> found;
  for (const SqlStep& step : steps_) {
    if (step.layer() == layer) found.push_back(&step);
  }
  return found;
}

std::vector<std::string> SqlSteps::StoredInputs(std::string_view name) const {
  std::set<std::string> tables;
  for (const std::string& input : At(name).inputs) {
    if (input.starts_with("raw.")) continue;
    if (!At(input).is_view) {
      tables.insert(input);
      continue;
    }
    for (const std::string& below : StoredInputs(input)) tables.insert(below);
  }
  return {tables.begin(), tables.end()};
}

std::string SqlSteps::Hash(std::string_view name) const {
  const SqlStep& step = At(name);
  Hasher hasher(HashKind::kSha256);
  hasher.Update(step.select);
  for (const StepColumn& column : step.columns)
    hasher.Update(StrCat("\n", column.name, " ", column.type, " ", column.doc));
  for (const std::string& input : step.inputs) {
    if (!input.starts_with("raw.") && At(input).is_view) hasher.Update(Hash(input));
  }
  return hasher.Finish().substr(0, 16);
}

SqlSteps ParseSqlFiles(std::span<const SqlFile> files) {
  std::vector<SqlStep> steps;
  for (const SqlFile& file : files) steps.push_back(ParseSqlStep(file.path, file.text));
  return SqlSteps(std::move(steps));
}

std::string DuckTypeName(std::string_view declared) {
  if (declared.ends_with("[]"))
    return StrCat(DuckTypeName(declared.substr(0, declared.size() - 2)), "[]");
  for (const auto& [name, duck] : kTypes) {
    if (name == declared) return std::string(duck);
  }
  std::vector<std::string> names;
  for (const auto& [name, duck] : kTypes) names.emplace_back(name);
  throw Error(Code::kInvalidArgument,
              StrCat("unknown type '", declared, "'", DidYouMean(declared, names)),
              StrCat("the types are ", Join(names, ", "), ", and lists of them: varchar[]"));
}

void CreateStepView(Session& session, const SqlStep& step) {
  session.Execute(
      StrCat(SchemaSql(step), "create or replace view ", step.name, " as ", step.select));
}

void CreateEmptyView(Session& session, const SqlStep& step) {
  std::vector<std::string> columns;
  for (const StepColumn& column : step.columns)
    columns.push_back(
        StrCat("cast(null as ", DuckTypeName(column.type), ") as ", SqlName(column.name)));
  session.Execute(StrCat(SchemaSql(step), "create or replace view ", step.name, " as select ",
                         Join(columns, ", "), " where false"));
}

}  // namespace marquee::lake
