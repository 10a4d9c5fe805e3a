#include "lake/write_plan.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"
#include "base/version.h"
#include "lake/commit.h"
#include "lake/delta_schema.h"

namespace marquee::lake {
namespace {

using Mode = WriteRequest::Mode;

std::vector<std::string> PartitionColumns(const WriteRequest& request) {
  if (request.partition_column.empty()) return {};
  return {request.partition_column};
}

PartitionValues ReplacedPartition(const WriteRequest& request) {
  std::optional<std::string> value;
  if (!request.partition_value.empty()) value = request.partition_value;
  return {{request.partition_column, value}};
}

[[noreturn]] void Misfit(const WriteRequest& request, const std::string& what) {
  throw Error(Code::kFailedPrecondition, StrCat("table ", request.table, ": ", what),
              "overwrite the table to change its columns");
}

// The columns of an append: those there are, then the new ones.
std::vector<Field> MergedFields(const WriteRequest& request, std::vector<Field> merged,
                                const std::vector<Field>& fields) {
  for (const Field& field : fields) {
    const auto same = std::find_if(merged.begin(), merged.end(), [&](const Field& old) {
      return AsciiLower(old.name) == AsciiLower(field.name);
    });
    if (same == merged.end()) {
      merged.push_back(field);
      continue;
    }
    if (same->name != field.name) {
      Misfit(request, StrCat("column ", field.name, " is written ", same->name, " there"));
    }
    if (same->type != field.type) {
      Misfit(request, StrCat("column ", field.name, " is ", same->type.Dump(), " there, but ",
                             field.type.Dump(), " in the select"));
    }
    if (!field.comment.empty()) same->comment = field.comment;
  }
  return merged;
}

bool SameFields(const std::vector<Field>& a, const std::vector<Field>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Field& x, const Field& y) {
    return x.name == y.name && x.type == y.type && x.comment == y.comment;
  });
}

Metadata PlanMetadata(const TableState& base, const WriteRequest& request,
                      const std::vector<Field>& fields) {
  Metadata metadata = *base.metadata;
  const std::vector<Field> old_fields = ParseSchema(metadata.schema_string);
  std::vector<Field> new_fields = fields;
  if (request.mode != Mode::kOverwrite) {
    if (metadata.partition_columns != PartitionColumns(request)) {
      Misfit(request, StrCat("it is partitioned by (", Join(metadata.partition_columns, ", "),
                             "), the write by (", request.partition_column, ")"));
    }
    new_fields = MergedFields(request, old_fields, fields);
  }
  metadata.partition_columns = PartitionColumns(request);
  if (!SameFields(old_fields, new_fields)) metadata.schema_string = SchemaString(new_fields);
  return metadata;
}

bool IsReplaced(const WriteRequest& request, const PartitionValues& values) {
  if (request.mode == Mode::kOverwrite) return true;
  return request.mode == Mode::kReplacePartition && values == ReplacedPartition(request);
}

Json Parameters(const WriteRequest& request) {
  Json partition_by = Json::MakeArray();
  if (!request.partition_column.empty()) partition_by.Append(request.partition_column);
  Json parameters =
      Json::MakeObject({{"mode", request.mode == Mode::kAppend ? "Append" : "Overwrite"},
                        {"partitionBy", partition_by.Dump()}});
  if (request.mode == Mode::kReplacePartition) {
    parameters["predicate"] =
        request.partition_value.empty()
            ? SqlName(request.partition_column) + " is null"
            : SqlName(request.partition_column) + " = " + SqlText(request.partition_value);
  }
  return parameters;
}

Json MarqueeFacts(const WriteRequest& request, int64_t rows) {
  Json inputs = Json::MakeArray();
  for (const TableVersion& input : request.inputs) {
    inputs.Append(Json::MakeObject({{"table", input.table}, {"version", input.version}}));
  }
  Json facts = Json::MakeObject({{"run_id", request.run_id},
                                 {"inputs", std::move(inputs)},
                                 {"rows", rows},
                                 {"code_version", Version()}});
  if (!request.facts.is_null()) {
    for (const auto& [key, value] : request.facts.AsObject()) facts[key] = value;
  }
  return facts;
}

CommitInfo WriteInfo(const TableState* base, const WriteRequest& request, const DataFiles& files,
                     int64_t removed, int64_t timestamp_ms) {
  const bool reads_itself =
      std::any_of(request.inputs.begin(), request.inputs.end(),
                  [&](const TableVersion& input) { return input.table == request.table; });
  CommitInfo commit = MakeCommitInfo(base, "WRITE", Parameters(request),
                                     request.mode == Mode::kAppend && !reads_itself, timestamp_ms);
  commit.info["operationMetrics"] =
      Json::MakeObject({{"numFiles", std::to_string(files.files.size())},
                        {"numOutputRows", std::to_string(files.rows)},
                        {"numOutputBytes", std::to_string(files.size_bytes)},
                        {"numRemovedFiles", std::to_string(removed)}});
  commit.info["marquee"] = MarqueeFacts(request, files.rows);
  return commit;
}

// The step of the request's stream, which must begin where the table is.
Transaction PlanStream(const TableState* base, const WriteRequest& request, int64_t timestamp_ms) {
  const StreamStep& step = *request.stream;
  int64_t at = 0;
  if (base) {
    const auto found = base->transactions.find(step.app_id);
    if (found != base->transactions.end()) at = found->second.version;
  }
  if (at != step.after) {
    throw Error(Code::kFailedPrecondition,
                StrCat("table ", request.table, ": ", step.app_id, " is at ", at, " there, not at ",
                       step.after, ": another run wrote these rows first"),
                "run it again: it goes on from there");
  }
  return {step.app_id, step.version, timestamp_ms};
}

}  // namespace

void CheckWriteRequest(const WriteRequest& request) {
  TableFolder(request.table);
  if (request.mode == Mode::kReplacePartition && request.partition_column.empty()) {
    throw Error(Code::kInvalidArgument,
                StrCat("table ", request.table, ": which partition is replaced? No column is set"));
  }
  if (!request.facts.is_null() && !request.facts.is_object()) {
    throw Error(Code::kInvalidArgument,
                StrCat("table ", request.table, ": facts is no JSON object"));
  }
}

CommitInfo MakeCommitInfo(const TableState* base, std::string_view operation, Json parameters,
                          bool is_blind_append, int64_t timestamp_ms) {
  Json info = Json::MakeObject({{"timestamp", timestamp_ms},
                                {"operation", operation},
                                {"operationParameters", std::move(parameters)}});
  if (base) info["readVersion"] = base->version;
  info["isBlindAppend"] = is_blind_append;
  info["engineInfo"] = StrCat("marquee/", Version());
  return {std::move(info)};
}

std::vector<Action> PlanWrite(const TableState* base, const WriteRequest& request,
                              const std::vector<Field>& fields, const DataFiles& files,
                              int64_t timestamp_ms) {
  std::vector<Action> actions;
  if (!base) {
    actions.push_back(Protocol{});
    actions.push_back(Metadata{.id = NewUuid(),
                               .schema_string = SchemaString(fields),
                               .partition_columns = PartitionColumns(request),
                               .created_time_ms = timestamp_ms});
  } else {
    try {
      CheckWritable(*base->protocol, *base->metadata);
    } catch (const Error& error) {
      throw error.WithContext(StrCat("table ", request.table));
    }
    Metadata metadata = PlanMetadata(*base, request, fields);
    if (metadata != *base->metadata) actions.push_back(std::move(metadata));
    for (const auto& [path, add] : base->files) {
      if (!IsReplaced(request, add.partition_values)) continue;
      CheckMayRemove(*base->metadata, request.table);
      actions.push_back(Removal(add, timestamp_ms));
    }
  }
  const auto removed = std::count_if(actions.begin(), actions.end(), [](const Action& action) {
    return std::holds_alternative<RemoveFile>(action);
  });
  actions.insert(actions.begin(), WriteInfo(base, request, files, removed, timestamp_ms));
  if (request.stream) actions.push_back(PlanStream(base, request, timestamp_ms));
  actions.insert(actions.end(), files.files.begin(), files.files.end());
  return actions;
}

void CheckWinner(const WriteRequest& request, int64_t version, const std::vector<Action>& actions) {
  if (request.mode == Mode::kAppend) return;
  for (const Action& action : actions) {
    const auto* add = std::get_if<AddFile>(&action);
    const auto* remove = std::get_if<RemoveFile>(&action);
    const bool touches = request.mode == Mode::kOverwrite ||
                         std::holds_alternative<Metadata>(action) ||
                         (add && IsReplaced(request, add->partition_values)) ||
                         (remove && IsReplaced(request, remove->partition_values));
    if (!touches) continue;
    throw Error(Code::kFailedPrecondition,
                StrCat("table ", request.table, ": another writer published version ", version,
                       " first, and it touches the same rows"),
                "read the new version and write again");
  }
}

}  // namespace marquee::lake
