// marquee keys, marquee users: who may call the API; marquee audit: what they changed.
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "auth/accounts.h"
#include "auth/audit_log.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "base/text_table.h"
#include "cli/context.h"
#include "services/auth_service.h"

namespace marquee::cli {
namespace {

struct AccessFlags {
  std::string id;
  std::string name;
  std::string role;
  std::string expires;
  std::vector<std::string> paths;
  bool password_stdin = false;
  int64_t limit = 100;
  int64_t before = 0;
};

auth::AccountStore OpenAccounts(Context& context) {
  const Environment& environment = context.environment();
  return auth::AccountStore(environment.home().auth(), environment.clock());
}

// What the terminal changes stands in the same record as what HTTP changes.
void Record(Context& context, const std::string& command, const std::string& target) {
  const Environment& environment = context.environment();
  auth::AuditLog audit(environment.home().auth(), environment.clock(), 0);
  audit.Append({.who = StrCat("terminal:uid-", ::getuid()),
                .role = "admin",
                .address = "",
                .method = "run",
                .route = command,
                .target = target,
                .status = 0,
                .request_id = ""});
}

http::Role RoleOf(const std::string& text) {
  const std::optional<http::Role> role = http::ParseRole(text);
  if (role) return *role;
  static const std::vector<std::string> kRoles = {"viewer", "service", "operator", "admin"};
  throw Error(Code::kInvalidArgument, StrCat("unknown role '", text, "'", DidYouMean(text, kRoles)),
              "roles are: viewer (reads), service (writes events too), operator (changes what is "
              "served), admin");
}

int64_t ExpiryOf(const std::string& text, int64_t now_ms) {
  if (text.empty()) return 0;
  const std::optional<int64_t> duration_ms = ParseDuration(text);
  if (!duration_ms || *duration_ms == 0) {
    throw Error(Code::kInvalidArgument,
                StrCat("--expires is '", text, "': must be a time from now"),
                "as 30d, 12h, 45m or 90s");
  }
  return now_ms + *duration_ms;
}

// The key alone on standard output, so that KEY=$(marquee keys create ...) has it.
void CreateKey(Context& context, const AccessFlags& flags) {
  const int64_t now_ms = context.environment().clock().NowMs();
  auth::KeyInfo wanted;
  wanted.name = flags.name;
  wanted.role = RoleOf(flags.role);
  wanted.paths = flags.paths;
  wanted.expires_ms = ExpiryOf(flags.expires, now_ms);
  const auth::AccountStore::NewKey made = OpenAccounts(context).CreateKey(wanted);
  Record(context, "keys create", made.info.id);
  if (context.json) return PrintJson(RenderNewKey(made, now_ms));
  Print(made.key + "\n");
  context.Note(StrCat("key ", made.info.id, ", role ", flags.role,
                      wanted.expires_ms == 0 ? "" : ", expires " + FormatUtc(wanted.expires_ms),
                      ". It is shown this once: keep it now."));
}

void ListKeys(Context& context) {
  const int64_t now_ms = context.environment().clock().NowMs();
  Json json = Json::MakeArray();
  TextTable table({"id", "name", "role", "state", "created", "expires", "paths"});
  for (const auth::KeyInfo& key : OpenAccounts(context).ListKeys()) {
    const Json shown = RenderKey(key, now_ms);
    table.Add({key.id, key.name, shown.GetString("role"), shown.GetString("state"),
               shown.GetString("created"), shown.GetString("expires", "never"),
               Join(key.paths, ",")});
    json.Append(shown);
  }
  context.json ? PrintJson(json) : Print(table.ToText());
}

void RevokeKey(Context& context, const AccessFlags& flags) {
  OpenAccounts(context).RevokeKey(flags.id);
  Record(context, "keys revoke", flags.id);
  if (context.json) return PrintJson(Json::MakeObject({{"id", flags.id}, {"state", "revoked"}}));
  Print(StrCat("key ", flags.id, " is revoked\n"));
}

// Nothing that is typed is shown, until the end of the object.
class NoEcho {
 public:
  NoEcho() {
    ::tcgetattr(STDIN_FILENO, &before_);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~NoEcho() { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
};

std::string AskPassword(const char* prompt) {
  const NoEcho no_echo;
  std::cerr << prompt << std::flush;
  std::string password;
  std::getline(std::cin, password);
  std::cerr << '\n';
  return password;
}

std::string ReadPassword(const AccessFlags& flags) {
  std::string password;
  if (flags.password_stdin) {
    std::getline(std::cin, password);
    return password;
  }
  if (::isatty(STDIN_FILENO) == 0) {
    throw Error(Code::kInvalidArgument, "there is no terminal to ask for the password",
                "send it to standard input with --password-stdin");
  }
  password = AskPassword("Password: ");
  if (AskPassword("Once more: ") != password) {
    throw Error(Code::kInvalidArgument, "the two passwords differ", "try again");
  }
  return password;
}

Json RenderAccount(const auth::UserInfo& user) {
  return Json::MakeObject({{"name", user.name},
                           {"role", http::RoleName(user.role)},
                           {"created", FormatUtc(user.created_ms)}});
}

void CreateUser(Context& context, const AccessFlags& flags) {
  const http::Role role = RoleOf(flags.role);
  const auth::UserInfo user =
      OpenAccounts(context).CreateUser(flags.name, role, ReadPassword(flags));
  Record(context, "users create", flags.name);
  if (context.json) return PrintJson(RenderAccount(user));
  Print(StrCat("user ", user.name, " has the role ", flags.role, "\n"));
}

void ListUsers(Context& context) {
  Json json = Json::MakeArray();
  TextTable table({"name", "role", "created"});
  for (const auth::UserInfo& user : OpenAccounts(context).ListUsers()) {
    json.Append(RenderAccount(user));
    table.Add({user.name, std::string(http::RoleName(user.role)), FormatUtc(user.created_ms)});
  }
  context.json ? PrintJson(json) : Print(table.ToText());
}

void SetPassword(Context& context, const AccessFlags& flags) {
  OpenAccounts(context).SetPassword(flags.name, ReadPassword(flags));
  Record(context, "users set-password", flags.name);
  if (context.json) return PrintJson(Json::MakeObject({{"name", flags.name}}));
  Print(StrCat("user ", flags.name, " has a new password; tokens of the old one are void\n"));
}

void RemoveUser(Context& context, const AccessFlags& flags) {
  OpenAccounts(context).RemoveUser(flags.name);
  Record(context, "users remove", flags.name);
  if (context.json) return PrintJson(Json::MakeObject({{"name", flags.name}, {"removed", true}}));
  Print(StrCat("user ", flags.name, " is removed\n"));
}

void ShowAudit(Context& context, const AccessFlags& flags) {
  const Environment& environment = context.environment();
  auth::AuditLog audit(environment.home().auth(), environment.clock(), 0);
  Json json = Json::MakeArray();
  TextTable table({"id", "at", "who", "role", "address", "what", "status"});
  for (const auth::AuditEntry& entry : audit.Page(flags.before, flags.limit)) {
    json.Append(RenderAuditEntry(entry));
    table.Add({std::to_string(entry.id), FormatUtc(entry.at_ms), entry.who, entry.role,
               entry.address,
               entry.status == 0 ? StrCat(entry.route, " ", entry.target)
                                 : StrCat(entry.method, " ", entry.target),
               entry.status == 0 ? "" : std::to_string(entry.status)});
  }
  context.json ? PrintJson(json) : Print(table.ToText(0, 60));
}

CLI::App& AddGroup(CLI::App& root, Context& context, const char* name, const char* what) {
  CLI::App& group = *root.add_subcommand(name, what);
  group.require_subcommand(1);
  group.fallthrough();
  group.add_flag("--json", context.json, "One JSON document instead of text");
  return group;
}

void AddRole(CLI::App& command, AccessFlags& flags) {
  command.add_option("--role", flags.role, "viewer, service, operator or admin")->required();
}

void AddPasswordFlag(CLI::App& command, AccessFlags& flags) {
  command.add_flag("--password-stdin", flags.password_stdin,
                   "The password is the first line of standard input");
}

}  // namespace

void AddKeys(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<AccessFlags>();
  CLI::App& keys = AddGroup(root, context, "keys", "API keys: which programs may call");
  CLI::App& create = *keys.add_subcommand("create", "Make one; it is shown once");
  AddRole(create, *flags);
  create.add_option("--name", flags->name, "What it is for");
  create.add_option("--expires", flags->expires, "When, from now: 30d, 12h, 45m (default: never)");
  create.add_option("--path", flags->paths,
                    "A route that it is for, with all below it: /recommend; may be repeated "
                    "(default: all)");
  create.callback([&context, flags] { CreateKey(context, *flags); });
  keys.add_subcommand("list", "All, the revoked ones too")->callback([&context] {
    ListKeys(context);
  });
  CLI::App& revoke = *keys.add_subcommand("revoke", "End one, at once");
  revoke.add_option("id", flags->id, "As marquee keys list shows it")->required();
  revoke.callback([&context, flags] { RevokeKey(context, *flags); });
}

void AddUsers(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<AccessFlags>();
  CLI::App& users = AddGroup(root, context, "users", "Users with passwords: which people may call");
  const auto add = [&](const char* name, const char* what) -> CLI::App& {
    CLI::App& command = *users.add_subcommand(name, what);
    command.add_option("name", flags->name, "Of the user")->required();
    return command;
  };
  CLI::App& create = add("create", "Make one; the password is asked for");
  AddRole(create, *flags);
  AddPasswordFlag(create, *flags);
  create.callback([&context, flags] { CreateUser(context, *flags); });
  users.add_subcommand("list", "All of them")->callback([&context] { ListUsers(context); });
  CLI::App& set_password = add("set-password", "Another password; their tokens are void");
  AddPasswordFlag(set_password, *flags);
  set_password.callback([&context, flags] { SetPassword(context, *flags); });
  add("remove", "Remove one; their tokens are void").callback([&context, flags] {
    RemoveUser(context, *flags);
  });
}

void AddAudit(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<AccessFlags>();
  CLI::App& audit = *root.add_subcommand("audit", "Who changed what, the newest first");
  audit.add_flag("--json", context.json, "One JSON document instead of text");
  audit.add_option("--limit", flags->limit, "How many")->check(CLI::Range(1, 100'000));
  audit.add_option("--before", flags->before, "Only those before this id");
  audit.callback([&context, flags] { ShowAudit(context, *flags); });
}

}  // namespace marquee::cli
