#include "lake/actions.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "lake/delta_path.h"

namespace marquee::lake {
namespace {

// Checkpoints hold a null where a commit leaves the key out.
const Json* FindValue(const Json& object, std::string_view key) {
  const Json* value = object.Find(key);
  return value && !value->is_null() ? value : nullptr;
}

std::vector<std::string> TextList(const Json* list) {
  std::vector<std::string> texts;
  if (!list) return texts;
  for (const Json& element : list->AsArray()) texts.push_back(element.AsString());
  return texts;
}

std::map<std::string, std::string> TextMap(const Json* object) {
  std::map<std::string, std::string> map;
  if (!object) return map;
  for (const auto& [key, value] : object->AsObject()) {
    if (!value.is_null()) map[key] = value.AsString();
  }
  return map;
}

PartitionValues ReadPartitionValues(const Json& object) {
  PartitionValues values;
  for (const auto& [key, value] : object.AsObject()) {
    // An empty text is a null partition to every reader.
    if (value.is_null() || value.AsString().empty()) {
      values[key] = std::nullopt;
    } else {
      values[key] = value.AsString();
    }
  }
  return values;
}

Protocol ReadProtocol(const Json& body) {
  return {body.At("minReaderVersion").AsInt(), body.At("minWriterVersion").AsInt(),
          TextList(FindValue(body, "readerFeatures")), TextList(FindValue(body, "writerFeatures"))};
}

Metadata ReadMetadata(const Json& body) {
  const std::string& provider = body.At("format").At("provider").AsString();
  if (provider != "parquet") {
    throw Error(Code::kFailedPrecondition, StrCat("files of format ", provider));
  }
  return {body.At("id").AsString(),
          body.GetString("name"),
          body.GetString("description"),
          body.At("schemaString").AsString(),
          TextList(&body.At("partitionColumns")),
          TextMap(FindValue(body, "configuration")),
          body.GetInt("createdTime")};
}

AddFile ReadAdd(const Json& body) {
  if (FindValue(body, "deletionVector")) {
    throw Error(Code::kFailedPrecondition, "a file has deleted rows (feature deletionVectors)");
  }
  AddFile add;
  add.path = body.At("path").AsString();
  add.partition_values = ReadPartitionValues(body.At("partitionValues"));
  add.size_bytes = body.At("size").AsInt();
  add.modified_ms = body.At("modificationTime").AsInt();
  add.data_change = body.At("dataChange").AsBool();
  if (const Json* stats = FindValue(body, "stats")) add.stats = stats->AsString();
  if (const Json* tags = FindValue(body, "tags")) add.tags = *tags;
  if (add.path.empty() || add.size_bytes < 0) {
    throw Error(Code::kInvalidArgument, "an add without a path or with a negative size");
  }
  return add;
}

RemoveFile ReadRemove(const Json& body) {
  RemoveFile remove;
  remove.path = body.At("path").AsString();
  remove.deleted_ms = body.GetInt("deletionTimestamp");
  remove.data_change = body.At("dataChange").AsBool();
  remove.size_bytes = body.GetInt("size");
  if (const Json* values = FindValue(body, "partitionValues")) {
    remove.partition_values = ReadPartitionValues(*values);
  }
  return remove;
}

Json TextArray(const std::vector<std::string>& texts) {
  Json array = Json::MakeArray();
  for (const std::string& text : texts) array.Append(text);
  return array;
}

Json PartitionJson(const PartitionValues& values) {
  Json object = Json::MakeObject();
  for (const auto& [key, value] : values) object[key] = value ? Json(*value) : Json();
  return object;
}

Json Body(const Protocol& protocol) {
  Json body = Json::MakeObject({{"minReaderVersion", protocol.min_reader_version},
                                {"minWriterVersion", protocol.min_writer_version}});
  if (protocol.min_reader_version >= 3)
    body["readerFeatures"] = TextArray(protocol.reader_features);
  if (protocol.min_writer_version >= 7)
    body["writerFeatures"] = TextArray(protocol.writer_features);
  return body;
}

Json Body(const Metadata& metadata) {
  Json body = Json::MakeObject({{"id", metadata.id}});
  if (!metadata.name.empty()) body["name"] = metadata.name;
  if (!metadata.description.empty()) body["description"] = metadata.description;
  body["format"] = Json::MakeObject({{"provider", "parquet"}, {"options", Json::MakeObject()}});
  body["schemaString"] = metadata.schema_string;
  body["partitionColumns"] = TextArray(metadata.partition_columns);
  Json configuration = Json::MakeObject();
  for (const auto& [key, value] : metadata.configuration) configuration[key] = value;
  body["configuration"] = std::move(configuration);
  if (metadata.created_time_ms != 0) body["createdTime"] = metadata.created_time_ms;
  return body;
}

Json Body(const AddFile& add) {
  Json body = Json::MakeObject({{"path", add.path},
                                {"partitionValues", PartitionJson(add.partition_values)},
                                {"size", add.size_bytes},
                                {"modificationTime", add.modified_ms},
                                {"dataChange", add.data_change}});
  if (add.stats) body["stats"] = *add.stats;
  if (!add.tags.is_null()) body["tags"] = add.tags;
  return body;
}

Json Body(const RemoveFile& remove) {
  return Json::MakeObject({{"path", remove.path},
                           {"deletionTimestamp", remove.deleted_ms},
                           {"dataChange", remove.data_change},
                           {"extendedFileMetadata", true},
                           {"partitionValues", PartitionJson(remove.partition_values)},
                           {"size", remove.size_bytes}});
}

Json Body(const Transaction& transaction) {
  return Json::MakeObject({{"appId", transaction.app_id},
                           {"version", transaction.version},
                           {"lastUpdated", transaction.updated_ms}});
}

Json Body(const CommitInfo& commit) { return commit.info; }

constexpr std::string_view kActionNames[] = {"protocol", "metaData", "add",
                                             "remove",   "txn",      "commitInfo"};
static_assert(std::size(kActionNames) == std::variant_size_v<Action>);

}  // namespace

std::optional<Action> ParseAction(const Json& line) {
  for (const auto& [kind, body] : line.AsObject()) {
    if (body.is_null()) continue;
    if (kind == "protocol") return ReadProtocol(body);
    if (kind == "metaData") return ReadMetadata(body);
    if (kind == "add") return ReadAdd(body);
    if (kind == "remove") return ReadRemove(body);
    if (kind == "txn") {
      return Transaction{body.At("appId").AsString(), body.At("version").AsInt(),
                         body.GetInt("lastUpdated")};
    }
    if (kind == "commitInfo") {
      body.AsObject();
      return CommitInfo{body};
    }
  }
  return std::nullopt;
}

Json ToJson(const Action& action) {
  Json body = std::visit([](const auto& kind) { return Body(kind); }, action);
  return Json::MakeObject({{std::string(kActionNames[action.index()]), std::move(body)}});
}

std::vector<Action> ParseCommit(std::string_view bytes, std::string_view file) {
  std::vector<Action> actions;
  size_t number = 0;
  for (const std::string_view line : Split(bytes, "\n")) {
    ++number;
    if (Trim(line).empty()) continue;
    try {
      if (auto action = ParseAction(Json::Parse(line))) actions.push_back(std::move(*action));
    } catch (const Error& error) {
      const Code code = error.code() == Code::kFailedPrecondition ? error.code() : Code::kDataLoss;
      throw Error(code, StrCat(file, " line ", number, ": ", error.message()), error.hint());
    }
  }
  if (Trim(bytes).empty()) throw Error(Code::kDataLoss, StrCat(file, " is empty"));
  return actions;
}

std::string FormatCommit(const std::vector<Action>& actions) {
  std::string bytes;
  for (const Action& action : actions) bytes += ToJson(action).Dump() + "\n";
  return bytes;
}

void TableState::Apply(std::vector<Action> actions) {
  for (Action& action : actions) {
    if (auto* add = std::get_if<AddFile>(&action)) {
      tombstones.erase(add->path);
      files.insert_or_assign(add->path, std::move(*add));
    } else if (auto* remove = std::get_if<RemoveFile>(&action)) {
      files.erase(remove->path);
      tombstones.insert_or_assign(remove->path, std::move(*remove));
    } else if (auto* new_protocol = std::get_if<Protocol>(&action)) {
      protocol = std::move(*new_protocol);
    } else if (auto* new_metadata = std::get_if<Metadata>(&action)) {
      metadata = std::move(*new_metadata);
    } else if (auto* transaction = std::get_if<Transaction>(&action)) {
      transactions.insert_or_assign(transaction->app_id, std::move(*transaction));
    }
  }
}

}  // namespace marquee::lake
