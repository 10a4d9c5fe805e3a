// marquee data: look at tables, go back to older versions, clean up.
#include <CLI/CLI.hpp>
#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/text_table.h"
#include "cli/context.h"

namespace marquee::cli {
namespace {

struct DataFlags {
  std::string table;
  int64_t version = -1;
  std::string at;
  int64_t from = -1;
  int64_t to = -1;
  int64_t limit = 20;
  double keep_hours = 168;
  bool dry_run = false;
};

lake::At ReadAt(const DataFlags& flags) {
  lake::At at;
  if (flags.version >= 0) at.version = flags.version;
  if (!flags.at.empty()) {
    at.timestamp_ms = ParseUtc(flags.at);
    if (!at.timestamp_ms) {
      throw Error(Code::kInvalidArgument, StrCat("--at is '", flags.at, "': not a time"),
                  "write it as 2024-01-31 or 2024-01-31T12:00:00Z (UTC)");
    }
  }
  return at;
}

std::string Count(int64_t value) { return value < 0 ? "?" : WithThousands(value); }

void ShowTables(Context& context) {
  lake::Lake& lake = context.loaded_environment().lake();
  Json json = Json::MakeArray();
  TextTable table({"table", "version", "rows", "size", "files", "written"});
  for (const std::string& name : lake.Tables()) {
    const lake::Snapshot snapshot = lake.Read(name);
    json.Append(Json::MakeObject({{"table", name},
                                  {"version", snapshot.version},
                                  {"rows", snapshot.num_rows()},
                                  {"size_bytes", snapshot.size_bytes()},
                                  {"files", snapshot.files.size()},
                                  {"timestamp", FormatUtc(snapshot.timestamp_ms)}}));
    table.Add({name, std::to_string(snapshot.version), Count(snapshot.num_rows()),
               HumanBytes(snapshot.size_bytes()), std::to_string(snapshot.files.size()),
               FormatUtc(snapshot.timestamp_ms)});
  }
  context.json ? PrintJson(json) : Print(table.ToText());
}

std::string InputsText(const Json& info) {
  const Json* marquee = info.Find("marquee");
  const Json* inputs = marquee == nullptr ? nullptr : marquee->Find("inputs");
  std::vector<std::string> texts;
  if (inputs != nullptr && inputs->is_array()) {
    for (const Json& input : inputs->AsArray()) {
      texts.push_back(StrCat(input.GetString("table"), " v", input.GetInt("version")));
    }
  }
  return Join(texts, ", ");
}

void ShowVersions(Context& context, const DataFlags& flags) {
  Json json = Json::MakeArray();
  TextTable table({"version", "written", "operation", "made from"});
  for (const lake::Commit& commit : context.loaded_environment().lake().History(flags.table)) {
    json.Append(Json::MakeObject({{"version", commit.version},
                                  {"timestamp", FormatUtc(commit.timestamp_ms)},
                                  {"operation", commit.operation},
                                  {"info", commit.info}}));
    table.Add({std::to_string(commit.version), FormatUtc(commit.timestamp_ms), commit.operation,
               InputsText(commit.info)});
  }
  context.json ? PrintJson(json) : Print(table.ToText());
}

void ShowRows(Context& context, const DataFlags& flags) {
  Environment& environment = context.loaded_environment();
  const auto session = environment.engine().NewSession();
  const lake::Snapshot snapshot =
      environment.lake().CreateView(*session, flags.table, ReadAt(flags));
  const auto result = session->Query(StrCat("select * from ", flags.table, " limit ", flags.limit));
  std::vector<std::string> names;
  for (const lake::ColumnInfo& column : result->columns()) names.push_back(column.name);
  TextTable table(names);
  Json rows = Json::MakeArray();
  while (const lake::Chunk* chunk = result->Next()) {
    for (size_t row = 0; row < chunk->size(); ++row) {
      std::vector<std::string> cells;
      Json object = Json::MakeObject();
      for (size_t column = 0; column < names.size(); ++column) {
        cells.push_back(chunk->Display(column, row));
        object[names[column]] = chunk->IsNull(column, row) ? Json() : Json(cells.back());
      }
      table.Add(std::move(cells));
      rows.Append(std::move(object));
    }
  }
  if (context.json) {
    return PrintJson(
        Json::MakeObject({{"table", flags.table}, {"version", snapshot.version}, {"rows", rows}}));
  }
  Print(StrCat(flags.table, " v", snapshot.version, ", ", Count(snapshot.num_rows()), " rows\n"));
  Print(table.ToText(0, 32));
}

void ShowDiff(Context& context, const DataFlags& flags) {
  Environment& environment = context.loaded_environment();
  const auto session = environment.engine().NewSession();
  const int64_t newest = environment.lake().Read(flags.table).version;
  const int64_t to = flags.to >= 0 ? flags.to : newest;
  const int64_t from = flags.from >= 0 ? flags.from : to - 1;
  if (from < 0) {
    throw Error(Code::kInvalidArgument,
                StrCat(flags.table, " has only version ", to, ": nothing to compare with"));
  }
  const lake::DiffResult diff = environment.lake().Diff(*session, flags.table, from, to);
  Json json = Json::MakeObject({{"table", flags.table},
                                {"from", from},
                                {"to", to},
                                {"rows_added", diff.rows_added},
                                {"rows_removed", diff.rows_removed}});
  for (const std::string& name : diff.columns_added) json["columns_added"].Append(name);
  for (const std::string& name : diff.columns_removed) json["columns_removed"].Append(name);
  if (context.json) return PrintJson(json);
  Print(StrCat(flags.table, " v", from, " -> v", to, ": ", WithThousands(diff.rows_added),
               " rows added, ", WithThousands(diff.rows_removed), " removed\n"));
  for (const std::string& name : diff.columns_added) Print(StrCat("  new column ", name, "\n"));
  for (const std::string& name : diff.columns_removed)
    Print(StrCat("  column ", name, " is gone\n"));
}

void Restore(Context& context, const DataFlags& flags) {
  const int64_t made = context.loaded_environment().lake().Restore(flags.table, flags.version);
  if (context.json) {
    return PrintJson(
        Json::MakeObject({{"table", flags.table}, {"restored", flags.version}, {"version", made}}));
  }
  Print(
      StrCat(flags.table, ": version ", made, " has the content of version ", flags.version, "\n"));
}

void Vacuum(Context& context, const DataFlags& flags) {
  const auto retention_ms = static_cast<int64_t>(flags.keep_hours * 3600 * 1000);
  const lake::VacuumResult result =
      context.loaded_environment().lake().Vacuum(flags.table, retention_ms, flags.dry_run);
  Json files = Json::MakeArray();
  for (const std::string& file : result.files) files.Append(file);
  if (context.json) {
    return PrintJson(Json::MakeObject({{"table", flags.table},
                                       {"dry_run", flags.dry_run},
                                       {"files", files},
                                       {"size_bytes", result.size_bytes}}));
  }
  if (flags.dry_run) {
    for (const std::string& file : result.files) Print(file + "\n");
  }
  Print(StrCat(flags.table, ": ", result.files.size(), " files, ", HumanBytes(result.size_bytes),
               flags.dry_run ? ", would be deleted\n" : ", deleted\n"));
}

void PrintLineage(const Json& node, size_t level) {
  Print(StrCat(std::string(2 * level, ' '), node.GetString("table"), " v", node.GetInt("version"),
               "  ", node.GetString("timestamp"), "\n"));
  if (const Json* inputs = node.Find("inputs")) {
    for (const Json& input : inputs->AsArray()) PrintLineage(input, level + 1);
  }
}

void ShowLineage(Context& context, const DataFlags& flags) {
  const Json lineage = context.loaded_environment().lake().Lineage(flags.table, ReadAt(flags));
  context.json ? PrintJson(lineage) : PrintLineage(lineage, 0);
}

// The newest report of a load, as it was shown after the load.
void ShowQuality(Context& context) {
  const auto folder = context.loaded_environment().home().reports() / "quality";
  std::filesystem::path newest;
  if (std::filesystem::exists(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".json") continue;
      if (newest.empty() || entry.last_write_time() > std::filesystem::last_write_time(newest)) {
        newest = entry.path();
      }
    }
  }
  if (newest.empty())
    throw Error(Code::kNotFound, "no load has been reported yet",
                "load data with: marquee import PATH");
  PrintJson(Json::Parse(ReadFile(newest)));
}

CLI::App* AddTableCommand(CLI::App& data, const std::string& name, const std::string& doc,
                          DataFlags& flags) {
  CLI::App* command = data.add_subcommand(name, doc);
  command->add_option("table", flags.table, "As `marquee data tables` names it: gold.items")
      ->required();
  return command;
}

void AddAt(CLI::App& command, DataFlags& flags) {
  command.add_option("--version", flags.version, "This version instead of the newest");
  command.add_option("--at", flags.at, "The version at this time (UTC)")->excludes("--version");
}

}  // namespace

void AddData(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<DataFlags>();
  CLI::App& data = *root.add_subcommand("data", "Tables: versions, rows, restore, vacuum, lineage");
  data.require_subcommand(1);
  data.add_flag("--json", context.json, "One JSON document instead of text");
  data.fallthrough();
  data.add_subcommand("tables", "All tables")->callback([&context] { ShowTables(context); });
  data.add_subcommand("quality", "The report of the newest load, as JSON")->callback([&context] {
    ShowQuality(context);
  });
  AddTableCommand(data, "versions", "The versions of a table, newest first", *flags)
      ->callback([&context, flags] { ShowVersions(context, *flags); });

  CLI::App* show = AddTableCommand(data, "show", "Rows of a table", *flags);
  AddAt(*show, *flags);
  show->add_option("--limit", flags->limit, "How many rows")
      ->check(CLI::Range(int64_t{1}, int64_t{100000}))
      ->capture_default_str();
  show->callback([&context, flags] { ShowRows(context, *flags); });

  CLI::App* diff = AddTableCommand(data, "diff", "What changed between two versions", *flags);
  diff->add_option("--from", flags->from, "Default: the version before --to");
  diff->add_option("--to", flags->to, "Default: the newest");
  diff->callback([&context, flags] { ShowDiff(context, *flags); });

  CLI::App* restore =
      AddTableCommand(data, "restore", "Make an older version the newest again", *flags);
  restore->add_option("--version", flags->version, "The version to go back to")->required();
  restore->callback([&context, flags] { Restore(context, *flags); });

  CLI::App* vacuum =
      AddTableCommand(data, "vacuum", "Delete files that only old versions need", *flags);
  vacuum->add_option("--keep-hours", flags->keep_hours, "Versions younger than this stay readable")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  vacuum->add_flag("--dry-run", flags->dry_run, "Only list what would be deleted");
  vacuum->callback([&context, flags] { Vacuum(context, *flags); });

  CLI::App* lineage =
      AddTableCommand(data, "lineage", "What a version was made from, back to the files", *flags);
  AddAt(*lineage, *flags);
  lineage->callback([&context, flags] { ShowLineage(context, *flags); });
}

}  // namespace marquee::cli
