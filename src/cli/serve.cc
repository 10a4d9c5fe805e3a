// marquee serve: one service of the API as a process of its own.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "app/flow.h"
#include "app/flow_server.h"
#include "app/gateway.h"
#include "app/open_event_log.h"
#include "app/security.h"
#include "app/tracking.h"
#include "app/tracking_server.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/serving_loop.h"

namespace marquee::cli {
namespace {

struct Service {
  std::string_view name;
  uint16_t port;
  std::string_view what;
};

constexpr std::array kServices = std::to_array<Service>({
    {"web", 8000, "the gateway: pages, and every route passed on to the service that has it"},
    {"recommend", 8001, "recommendations, titles and users"},
    {"collect", 8003, "events: taken in, and the history of a user"},
    {"flow", 8080, "DAGs: the scheduler, and Airflow's API"},
    {"tracking", 5000, "experiments, runs, models and artifacts, for clients of MLflow"},
});
// Parts of the program that have commands, and no API yet.
constexpr std::array kWithoutApi = std::to_array<std::string_view>(
    {"feature-store", "process", "train", "features", "ingest", "simulate", "tmdb", "reports"});

struct ServeFlags {
  std::string name;
  ListenFlags listen;
};

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const Service& service : kServices) names.emplace_back(service.name);
  return names;
}

const Service& Find(const std::string& name) {
  const auto found = std::ranges::find(kServices, name, &Service::name);
  if (found != kServices.end()) return *found;
  const std::string there_are = StrCat("there are ", Join(Names(), ", "));
  if (std::ranges::find(kWithoutApi, name) != kWithoutApi.end()) {
    throw Error(Code::kInvalidArgument, StrCat("service '", name, "' is not in this version"),
                there_are);
  }
  throw Error(Code::kInvalidArgument, StrCat("no service '", name, "'", DidYouMean(name, Names())),
              there_are);
}

std::string Greeting(const Service& service, const http::ServerOptions& options, uint16_t port) {
  return StrCat("Serving ", service.name, " on ", BaseUrl(options, port), "   Ctrl-C ends it\n");
}

void ServeGateway(Context& context, const Service& service, const http::ServerOptions& options) {
  Environment& environment = context.environment();
  Security security(environment, options.host);
  Gateway gateway(MakeForwarders(environment.config(), environment.clock()), security, options);
  ListenWith([&] { gateway.Start(); });
  ServeUntilTold(context, gateway, Greeting(service, options, gateway.port()));
}

void ServeTracking(Context& context, const Service& service, const http::ServerOptions& options) {
  Environment& environment = context.environment();
  Security security(environment, options.host);
  KeepLittleFreedMemory();
  Tracking tracking(environment);
  tracking.BeginSweep();
  TrackingServer server(tracking, security, options);
  ListenWith([&] { server.Start(); });
  ServeUntilTold(context, server, Greeting(service, options, server.port()));
}

void ServeFlow(Context& context, const Service& service, const http::ServerOptions& options) {
  Environment& environment = context.environment();
  Security security(environment, options.host);
  ReadChannels(environment);
  Flow flow(environment);
  FlowServer server(flow, environment, security, options);
  ListenWith([&] { server.Start(); });
  ServeUntilTold(context, server, Greeting(service, options, server.port()));
}

void ServePublished(Context& context, const Service& service, const http::ServerOptions& options) {
  ListenWith([&] { http::RequireCanListen(options); });
  Environment& environment = context.loaded_environment();
  Security security(environment, options.host);
  ModelStore store(environment.home().models(), environment.clock());
  const auto log = OpenEventLog(environment);
  RecordStore records(environment.home().records(), environment.clock());
  const auto serving =
      MakeServing(context, {store, *log, records, security}, options, std::string(service.name));
  ListenWith([&] { serving->Start(); });
  ServeUntilTold(context, *serving, Greeting(service, options, serving->port()));
}

void Serve(Context& context, const ServeFlags& flags) {
  const Service& service = Find(flags.name);
  http::RaiseOpenFileLimit();
  const http::ServerOptions options =
      ReadServerOptions(context.environment().config(), flags.listen, service.port);
  if (service.name == "web") return ServeGateway(context, service, options);
  if (service.name == "flow") return ServeFlow(context, service, options);
  if (service.name == "tracking") return ServeTracking(context, service, options);
  ServePublished(context, service, options);
}

}  // namespace

void AddServe(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<ServeFlags>();
  CLI::App* serve = root.add_subcommand(
      "serve", "One service of the API as a process of its own, over what is published");
  std::string names;
  for (const Service& service : kServices) {
    names += StrCat("\n", service.name, " (", service.port, "): ", service.what);
  }
  serve
      ->add_option("name", flags->name,
                   "Which, and where it listens unless told otherwise:" + names)
      ->required();
  AddListenFlags(*serve, flags->listen, "that of the service");
  serve->callback([&context, flags] { Serve(context, *flags); });
}

}  // namespace marquee::cli
