// marquee flow notify: who is told of runs and tasks.
#include <CLI/CLI.hpp>
#include <memory>
#include <set>
#include <string>

#include "app/flow.h"
#include "base/error.h"
#include "base/text.h"
#include "base/text_table.h"
#include "cli/flow_runs.h"
#include "notify/flow_messages.h"

namespace marquee::cli {
namespace {

std::string ListText(const flow::Notices::Channels& channels) {
  return channels && !channels->empty() ? Join(*channels, ", ") : "nobody";
}

void ListChannels(Context& context) {
  Flow flow(context.environment());
  const notify::NotifySettings settings = ReadChannels(context.environment());
  TextTable table({"channel", "type", "an hour", "to"});
  Json json = Json::MakeArray();
  std::set<std::string> names;
  for (const notify::ChannelSpec& each : settings.channels) {
    names.insert(each.name);
    table.Add({each.name, each.type, std::to_string(each.per_hour), each.target});
    json.Append(Json::MakeObject({{"channel", each.name},
                                  {"type", each.type},
                                  {"max_per_hour", each.per_hour},
                                  {"target", each.target}}));
  }
  const notify::FlowRules rules({settings.notices, names, settings.url}, flow.store(), flow.dags());
  for (const std::string& problem : rules.Problems()) context.Note(problem);
  if (context.json) return PrintJson(json);
  Print(StrCat(table.ToText(0, 60), "\nUnless a DAG or a task says otherwise:\n  on_failure   ",
               ListText(settings.notices.on_failure), "\n  on_retry     ",
               ListText(settings.notices.on_retry), "\n  on_success   ",
               ListText(settings.notices.on_success), "\n  on_sla_miss  ",
               ListText(settings.notices.on_sla_miss), "\n"));
}

void SendTest(Context& context, const std::string& name) {
  const Clock& clock = context.environment().clock();
  const notify::NotifySettings settings = ReadChannels(context.environment());
  const notify::ChannelSpec& spec = settings.Named(name);
  notify::Message message{.event = "test", .group = "test", .title = "a test message"};
  message.text = StrCat("This is a test message for the channel ", name, ".\n");
  message.time_ms = clock.NowMs();
  const auto channel =
      spec.make({clock, [&context](std::string_view line) { context.Note(line); }});
  const notify::Delivery delivery = channel->Send(message, context.cancel);
  if (delivery.outcome == notify::Delivery::Outcome::kDone) {
    return Print(StrCat("Sent to ", name, ": ", spec.target, "\n"));
  }
  throw Error(Code::kUnavailable, StrCat("channel ", name, ": ", delivery.reason),
              StrCat("see notify.toml: docs/flow.md"));
}

}  // namespace

void AddFlowNotify(CLI::App& group, Context& context) {
  CLI::App& notify = *group.add_subcommand("notify", "Who is told of runs and tasks");
  notify.require_subcommand(1);
  CLI::App& channels = *notify.add_subcommand("channels", "All channels, and who gets what");
  channels.add_flag("--json", context.json, "One JSON document");
  channels.callback([&context] { ListChannels(context); });
  CLI::App& test = *notify.add_subcommand("test", "Send a message now");
  const auto name = std::make_shared<std::string>();
  test.add_option("channel", *name, "The channel")->required();
  test.callback([&context, name] { SendTest(context, *name); });
}

}  // namespace marquee::cli
