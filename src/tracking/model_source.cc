#include "tracking/model_source.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "tracking/artifact_path.h"
#include "tracking/read_runs.h"
#include "tracking/registry_rows.h"

namespace marquee::tracking {
namespace {

[[noreturn]] void RefuseSource(const std::string& source, std::string_view why) {
  throw Error(Code::kInvalidArgument, StrCat("Invalid model version source: '", source, "'. ", why),
              "give the artifact URI of the run or model that it is of");
}

// "runs" of "runs:/abc"; "" for a plain path.
std::string SchemeOf(const std::string& source) {
  const size_t colon = source.find(":/");
  return colon == std::string::npos ? std::string() : AsciiLower(source.substr(0, colon));
}

std::string AfterScheme(const std::string& source) {
  const std::string rest = source.substr(source.find(':') + 1);
  return rest.substr(std::min(rest.find_first_not_of('/'), rest.size()));
}

ModelSource OfRun(Session& session, const std::string& path) {
  const size_t slash = path.find('/');
  const RunInfo info = ReadRunInfo(session, path.substr(0, slash));
  const std::string below = slash == std::string::npos ? "" : path.substr(slash);
  return {info.artifact_uri + below, info.run_id};
}

ModelSource OfLoggedModel(Session& session, const std::string& model_id) {
  Rows rows = session.Query(
      "select artifact_uri, source_run_id from logged_models where model_id = ?", {model_id});
  if (rows.Next()) return {rows.Text(0), rows.Text(1)};
  throw Error(Code::kNotFound, StrCat("Logged model with ID '", model_id, "' not found."),
              "check the id");
}

ModelSource OfVersion(Session& session, const std::string& source, const std::string& path) {
  const size_t slash = path.find('/');
  const std::optional<int64_t> version =
      slash == std::string::npos ? std::nullopt : ParseInt(path.substr(slash + 1));
  if (!version) RefuseSource(source, "Of models there are models:/m-... and models:/NAME/VERSION.");
  const int64_t model = FindVersion(session, path.substr(0, slash), *version);
  Rows rows =
      session.Query("select location, run_id from model_versions where model = ? and version = ?",
                    {model, *version});
  rows.Next();
  return {rows.Text(0), rows.Text(1)};
}

ModelSource Local(Session& session, const NewModelVersion& version) {
  const std::string artifacts =
      version.run_id.empty() ? std::string() : ReadRunInfo(session, version.run_id).artifact_uri;
  const bool inside = !artifacts.empty() &&
                      (version.source == artifacts || version.source.starts_with(artifacts + "/"));
  if (!inside) {
    RefuseSource(version.source,
                 "A local path must lie within the artifacts of the run that is given as run_id.");
  }
  return {version.source, version.run_id};
}

}  // namespace

ModelSource ResolveSource(Session& session, const NewModelVersion& version) {
  const std::string& source = version.source;
  const std::string scheme = SchemeOf(source);
  try {
    CheckedArtifactPath(AfterScheme(scheme.empty() ? ":" + source : source));
  } catch (const Error&) {
    RefuseSource(source, "It must have no '..', '#', '\\' and empty parts.");
  }
  if (scheme.empty() || scheme == "file") return Local(session, version);
  if (scheme == "http" || scheme == "https") {
    RefuseSource(source, "What is behind a web address may change.");
  }
  if (scheme == "runs") return OfRun(session, AfterScheme(source));
  if (scheme != "models") return {source, ""};
  const std::string path = AfterScheme(source);
  return path.starts_with("m-") && path.find('/') == std::string::npos
             ? OfLoggedModel(session, path)
             : OfVersion(session, source, path);
}

}  // namespace marquee::tracking
