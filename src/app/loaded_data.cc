#include "app/loaded_data.h"

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"

namespace marquee {
namespace {

std::filesystem::path FileOf(const std::filesystem::path& data_folder) {
  return data_folder / "loaded.json";
}

LoadedData FromJson(const Json& json) {
  LoadedData loaded;
  loaded.path = json.At("path").AsString();
  loaded.options.source = json.At("source").AsString();
  for (const auto& [key, column] : json.At("mapping").AsObject()) {
    loaded.options.mapping[key] = column.AsString();
  }
  loaded.name = json.At("name").AsString();
  loaded.fingerprint = json.At("fingerprint").AsString();
  return loaded;
}

}  // namespace

std::optional<LoadedData> ReadLoadedData(const std::filesystem::path& data_folder) {
  const std::filesystem::path file = FileOf(data_folder);
  if (!std::filesystem::exists(file)) return std::nullopt;
  try {
    return FromJson(Json::Parse(ReadFile(file)));
  } catch (const Error& error) {
    if (error.code() != Code::kInvalidArgument) throw;
    throw Error(Code::kDataLoss, StrCat(file.string(), ": ", error.message()),
                "delete the file and import the data set again");
  }
}

void WriteLoadedData(const std::filesystem::path& data_folder, const LoadedData& loaded) {
  Json mapping = Json::MakeObject();
  for (const auto& [key, column] : loaded.options.mapping) mapping[key] = column;
  std::error_code error;
  std::filesystem::create_directories(data_folder, error);
  if (error) ThrowFileError(error.value(), "create", data_folder);
  WriteFileAtomic(FileOf(data_folder), Json::MakeObject({{"path", loaded.path.string()},
                                                         {"source", loaded.options.source},
                                                         {"mapping", mapping},
                                                         {"name", loaded.name},
                                                         {"fingerprint", loaded.fingerprint}})
                                           .Pretty());
}

}  // namespace marquee
