#include "notify/notify_file.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "flow/toml_fields.h"
#include "http/mail.h"
#include "notify/mail_channel.h"
#include "notify/webhook_channel.h"

namespace marquee::notify {
namespace {

using flow::TomlFields;

constexpr int64_t kPerHourHere = 100'000;  // of lines on this machine
constexpr int64_t kMostPerHour = 100'000;
constexpr int64_t kMostTimeoutMs = 600'000;

class LogChannel : public Channel {
 public:
  Delivery Send(const Message& message, const CancelToken&) override {
    const Json command = message.Value("log_command");
    const std::string line =
        StrCat(message.event == "summary" ? message.text : message.title,
               command.is_string() ? StrCat(" (", command.AsString(), ")") : std::string());
    if (message.event == "failure") {
      LogError(line);
    } else {
      message.event == "success" ? LogInfo(line) : LogWarning(line);
    }
    return {};
  }
};

class ConsoleChannel : public Channel {
 public:
  explicit ConsoleChannel(std::function<void(std::string_view)> show) : show_(std::move(show)) {}
  Delivery Send(const Message& message, const CancelToken&) override {
    if (show_) show_(message.event == "summary" ? message.text : message.title);
    return {};
  }

 private:
  const std::function<void(std::string_view)> show_;
};

// The text of a key, with its secrets put in.
std::string Secret(TomlFields& fields, std::string_view key, const TemplateNames& names) {
  std::string text = fields.Text(key);
  fields.At(key, [&] { text = ResolveSecrets(text, names); });
  return text;
}

TextTemplate TemplateOf(TomlFields& fields, std::string_view key, const TemplateNames& names,
                        const char* fallback) {
  TextTemplate made;
  const std::string text = fields.Text(key, fallback);
  fields.At(key, [&] { made = TextTemplate(text, names); });
  return made;
}

int TimeoutOf(TomlFields& fields) {
  const int64_t ms = fields.Duration("timeout", 30'000);
  if (ms >= 1'000 && ms <= kMostTimeoutMs) return static_cast<int>(ms);
  fields.Refuse("timeout", StrCat("timeout is ", ms, " ms: must be 1s to 10m"));
}

// What a check throws gets file and line of `key`.
void CheckAddresses(TomlFields& fields, std::string_view key,
                    const std::vector<std::string>& addresses) {
  if (addresses.empty()) fields.Refuse(key, StrCat("the mail channel has no ", key));
  fields.At(key, [&] {
    for (const std::string& each : addresses) http::ParseMailAddress(each);
  });
}

void ReadMail(TomlFields& fields, const TemplateNames& names, ChannelSpec* spec) {
  auto settings = std::make_shared<MailSettings>();
  http::MailerOptions& server = settings->server;
  server.url = fields.RequiredText("server");
  fields.At("server", [&] { http::Mailer check(server); });
  if (server.url.find('@') != std::string::npos) {
    fields.Refuse("server", "the server is named without user and password", "say user, password");
  }
  const std::string tls = fields.Text("tls", "required");
  if (tls != "required" && tls != "none") {
    fields.Refuse("tls", StrCat("tls is '", tls, "': must be required or none"));
  }
  server.use_tls = tls == "required";
  server.user = Secret(fields, "user", names);
  server.password = Secret(fields, "password", names);
  server.ca_file = fields.Text("ca_file");
  server.timeout_ms = TimeoutOf(fields);
  server.connect_timeout_ms = std::min(server.connect_timeout_ms, server.timeout_ms);
  settings->from = fields.RequiredText("from");
  settings->to = fields.Texts("to");
  CheckAddresses(fields, "from", {settings->from});
  CheckAddresses(fields, "to", settings->to);
  settings->subject = TemplateOf(fields, "subject", names, "Marquee: {{ title }}");
  settings->body = TemplateOf(fields, "body", names, "{{ text }}");
  settings->html = TemplateOf(fields, "html", names, "");
  spec->target = StrCat(Join(settings->to, ", "), " by ", server.url);
  spec->make = [settings](const ChannelParts& parts) {
    return std::make_unique<MailChannel>(*settings, parts.clock);
  };
}

void ReadWebhook(TomlFields& fields, const TemplateNames& names, ChannelSpec* spec) {
  auto settings = std::make_shared<WebhookSettings>();
  fields.RequiredText("url");
  settings->url = Secret(fields, "url", names);
  fields.At("url", [&] { WebhookChannel check({.url = settings->url}); });
  settings->secret = Secret(fields, "secret", names);
  settings->ca_file = fields.Text("ca_file");
  settings->timeout_ms = TimeoutOf(fields);
  for (const auto& [name, value] : fields.Table("headers").AsObject()) {
    if (!value.is_string()) fields.Refuse("headers", StrCat("header ", name, " must be a text"));
    std::string text;
    fields.At("headers", [&, &raw = value] { text = ResolveSecrets(raw.AsString(), names); });
    if (text.find_first_of("\r\n") != std::string::npos) {
      fields.Refuse("headers", StrCat("header ", name, " holds a line break"));
    }
    settings->headers.push_back({name, std::move(text)});
  }
  settings->has_body = fields.Has("body");
  const Json& body = fields.Table("body");
  fields.At("body", [&] { settings->body = JsonTemplate(body, names); });
  spec->target = HostOfUrl(fields.Text("url"));  // as it stands in the file
  spec->make = [settings](const ChannelParts&) {
    return std::make_unique<WebhookChannel>(*settings);
  };
}

ChannelSpec ReadChannel(TomlFields& fields, std::string name, const TemplateNames& names) {
  ChannelSpec spec{.name = std::move(name)};
  spec.type = fields.RequiredText("type");
  spec.per_hour = fields.Int("max_per_hour", spec.per_hour, 1, kMostPerHour);
  if (spec.type == "mail") {
    ReadMail(fields, names, &spec);
  } else if (spec.type == "webhook") {
    ReadWebhook(fields, names, &spec);
  } else {
    const std::vector<std::string> types = {"mail", "webhook"};
    fields.Refuse("type", StrCat("type is '", spec.type, "'", DidYouMean(spec.type, types)),
                  "there are mail and webhook");
  }
  fields.RefuseUnknown();
  return spec;
}

NotifySettings Defaults() {
  NotifySettings settings;
  settings.channels.push_back(
      {.name = "log",
       .type = "log",
       .target = "the log",
       .per_hour = kPerHourHere,
       .make = [](const ChannelParts&) { return std::make_unique<LogChannel>(); }});
  settings.channels.push_back({.name = "console",
                               .type = "console",
                               .target = "whoever started the scheduler",
                               .per_hour = kPerHourHere,
                               .make = [](const ChannelParts& parts) {
                                 return std::make_unique<ConsoleChannel>(parts.console);
                               }});
  settings.notices.on_failure = {{"log", "console"}};
  settings.notices.on_sla_miss = {{"log", "console"}};
  return settings;
}

void CheckNamed(TomlFields& fields, std::string_view key, const flow::Notices::Channels& named,
                const NotifySettings& settings) {
  for (const std::string& each : named.value_or(std::vector<std::string>())) {
    try {
      settings.Named(each);
    } catch (const Error& error) {
      fields.Refuse(key, error.message(), error.hint());
    }
  }
}

}  // namespace

const ChannelSpec& NotifySettings::Named(std::string_view name) const {
  const auto found = std::ranges::find(channels, name, &ChannelSpec::name);
  if (found != channels.end()) return *found;
  std::vector<std::string> known;
  for (const ChannelSpec& each : channels) known.push_back(each.name);
  throw Error(Code::kNotFound, StrCat("no channel '", name, "'", DidYouMean(name, known)),
              StrCat("there are ", Join(known, ", ")));
}

NotifySettings ReadNotifyFile(const std::filesystem::path& file, const TemplateNames& names) {
  NotifySettings settings = Defaults();
  if (!std::filesystem::exists(file)) return settings;
  const TomlDocument document = ReadTomlDocument(file);
  TomlFields fields(document, document.value, "", "file of channels");
  settings.url = fields.Text("url");
  while (settings.url.ends_with('/')) settings.url.pop_back();
  flow::ReadNotices(fields, &settings.notices);
  const Json& channels = fields.Table("channels");
  for (const auto& [name, table] : channels.AsObject()) {
    const std::string path = StrCat("channels.", name);
    if (name == "log" || name == "console") {
      fields.Refuse(path, StrCat("the channel ", name, " is built in"), "choose another name");
    }
    if (!table.is_object()) fields.Refuse(path, StrCat(path, " must be a table"));
    TomlFields channel(document, table, path, "channel");
    settings.channels.push_back(ReadChannel(channel, name, names));
  }
  fields.RefuseUnknown();
  CheckNamed(fields, "on_failure", settings.notices.on_failure, settings);
  CheckNamed(fields, "on_retry", settings.notices.on_retry, settings);
  CheckNamed(fields, "on_success", settings.notices.on_success, settings);
  CheckNamed(fields, "on_sla_miss", settings.notices.on_sla_miss, settings);
  return settings;
}

}  // namespace marquee::notify
