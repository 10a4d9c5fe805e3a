#include "tracking/names.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace marquee::tracking {
namespace {

// Bytes that go on a code point.
bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string Shown(std::string_view value) {
  return CountChars(value) > 80 ? CutChars(value, 77) + "..." : std::string(value);
}

[[noreturn]] void RefuseName(std::string_view field, std::string_view value,
                             std::string_view rule) {
  throw Error(Code::kInvalidArgument, StrCat(field, " is '", Shown(value), "': ", rule),
              "choose another");
}

bool IsWordByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

template <typename Enum, size_t n>
using NameTable = std::array<std::pair<Enum, std::string_view>, n>;

constexpr NameTable<RunStatus, 5> kRunStatuses = {{{RunStatus::kRunning, "RUNNING"},
                                                   {RunStatus::kScheduled, "SCHEDULED"},
                                                   {RunStatus::kFinished, "FINISHED"},
                                                   {RunStatus::kFailed, "FAILED"},
                                                   {RunStatus::kKilled, "KILLED"}}};
constexpr NameTable<Stage, 4> kStages = {{{Stage::kNone, "None"},
                                          {Stage::kStaging, "Staging"},
                                          {Stage::kProduction, "Production"},
                                          {Stage::kArchived, "Archived"}}};
constexpr std::string_view kModelStatusPrefix = "LOGGED_MODEL_";
constexpr NameTable<ModelStatus, 4> kModelStatuses = {
    {{ModelStatus::kUnspecified, "LOGGED_MODEL_STATUS_UNSPECIFIED"},
     {ModelStatus::kPending, "LOGGED_MODEL_PENDING"},
     {ModelStatus::kReady, "LOGGED_MODEL_READY"},
     {ModelStatus::kUploadFailed, "LOGGED_MODEL_UPLOAD_FAILED"}}};

template <typename Enum, size_t n>
std::string_view NameIn(const NameTable<Enum, n>& table, Enum value) {
  return table[static_cast<size_t>(value)].second;
}

template <typename Enum, size_t n>
std::optional<Enum> FindIn(const NameTable<Enum, n>& table, std::string_view name) {
  for (const auto& [value, known] : table) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace

size_t CountChars(std::string_view utf8) {
  return static_cast<size_t>(
      std::ranges::count_if(utf8, [](char c) { return !IsContinuation(c); }));
}

std::string CutChars(std::string_view utf8, size_t max_chars) {
  size_t chars = 0;
  for (size_t i = 0; i < utf8.size(); ++i) {
    if (IsContinuation(utf8[i])) continue;
    if (chars++ == max_chars) return std::string(utf8.substr(0, i));
  }
  return std::string(utf8);
}

void CheckLength(std::string_view field, std::string_view value, size_t max_chars) {
  if (value.find('\0') != std::string_view::npos) RefuseName(field, "...", "it holds a NUL");
  if (value.size() <= max_chars || CountChars(value) <= max_chars) return;
  RefuseName(field, value,
             StrCat("it has ", CountChars(value), " characters, and may have ", max_chars));
}

void CheckText(std::string_view field, std::string_view value, size_t max_chars) {
  if (value.empty()) RefuseName(field, value, "it must not be empty");
  CheckLength(field, value, max_chars);
}

void CheckKey(std::string_view field, std::string_view key) {
  CheckText(field, key, kMaxKeyChars);
  const auto allowed = [](char c) {
    return IsWordByte(c) || c == '-' || c == '.' || c == ' ' || c == ':' || c == '/';
  };
  if (!std::ranges::all_of(key, allowed)) {
    RefuseName(field, key, "it may have letters, digits, and _ - . : / and blanks");
  }
  for (const std::string_view part : Split(key, "/")) {
    if (!part.empty() && part != "." && part != "..") continue;
    RefuseName(field, key, "as a path it must be relative, without empty, '.' and '..' parts");
  }
}

void CheckExperimentName(std::string_view name) {
  CheckText("name of the experiment", name, kMaxExperimentNameChars);
}

void CheckModelName(std::string_view name) {
  constexpr std::string_view kField = "name of the registered model";
  CheckText(kField, name, kMaxKeyChars);
  if (name.find_first_of("/:") != std::string_view::npos) {
    RefuseName(kField, name, "it must have no '/' and no ':'");
  }
}

void CheckAlias(std::string_view alias) {
  CheckText("alias", alias, kMaxAliasChars);
  if (!std::ranges::all_of(alias, [](char c) { return IsWordByte(c) || c == '-'; })) {
    RefuseName("alias", alias, "it may have letters, digits, '_' and '-'");
  }
  const std::string lower = AsciiLower(alias);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (lower == "latest" || (lower.size() > 1 && lower[0] == 'v' &&
                            std::all_of(lower.begin() + 1, lower.end(), is_digit))) {
    RefuseName("alias", alias, "that word means a version");
  }
}

std::string_view RunStatusName(RunStatus status) { return NameIn(kRunStatuses, status); }
std::string_view StageName(Stage stage) { return NameIn(kStages, stage); }
std::string_view ModelStatusName(ModelStatus status) { return NameIn(kModelStatuses, status); }
std::string_view LifecycleName(Lifecycle lifecycle) {
  return lifecycle == Lifecycle::kActive ? "active" : "deleted";
}

std::optional<RunStatus> ParseRunStatus(std::string_view name) {
  return FindIn(kRunStatuses, name);
}

std::optional<Stage> ParseStage(std::string_view name) {
  const std::string lower = AsciiLower(name);
  for (const auto& [stage, known] : kStages) {
    if (AsciiLower(known) == lower) return stage;
  }
  return std::nullopt;
}

std::optional<ModelStatus> ParseModelStatus(std::string_view name) {
  const bool bare = !name.starts_with(kModelStatusPrefix);
  return FindIn(kModelStatuses, bare ? StrCat(kModelStatusPrefix, name) : std::string(name));
}

}  // namespace marquee::tracking
