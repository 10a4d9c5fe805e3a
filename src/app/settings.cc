#include "app/settings.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace marquee {

namespace {

// Who may call, from where, and how often: docs/security.md.
std::vector<SettingSpec> SecuritySettings() {
  using Type = SettingSpec::Type;
  return {
      {.key = "security.access_token_minutes",
       .type = Type::kInt,
       .fallback = "15",
       .doc = "How long a token of POST /oauth/token lasts.",
       .min = 1,
       .max = 1440},
      {.key = "security.audience",
       .type = Type::kText,
       .fallback = "",
       .doc = "What tokens of an outside issuer must name as their audience (aud)."},
      {.key = "security.audit_retention_days",
       .type = Type::kInt,
       .fallback = "365",
       .doc = "Older entries of the audit log are removed; 0 keeps all.",
       .min = 0,
       .max = 36500},
      {.key = "security.authentication",
       .type = Type::kText,
       .fallback = "auto",
       .doc = "auto: credentials are demanded once there is a key or a user, and always from other "
              "machines; on; off, on this machine only.",
       .choices = {"auto", "on", "off"}},
      {.key = "security.failure_window_s",
       .type = Type::kInt,
       .fallback = "300",
       .doc = "Time over which failed logins and keys are counted.",
       .min = 1,
       .max = 86400},
      {.key = "security.issuer",
       .type = Type::kText,
       .fallback = "",
       .doc = "What tokens of an outside issuer must name as their issuer (iss)."},
      {.key = "security.jwks_url",
       .type = Type::kText,
       .fallback = "",
       .doc = "Where the keys of an outside issuer are (JWKS), whose tokens are then taken."},
      {.key = "security.max_failures",
       .type = Type::kInt,
       .fallback = "10",
       .doc = "Failed logins and keys of an address or a user in that time; further ones are 429.",
       .min = 1,
       .max = 1e6},
      {.key = "security.refresh_token_days",
       .type = Type::kInt,
       .fallback = "30",
       .doc = "How long a refresh token lasts; each is good for one exchange.",
       .min = 1,
       .max = 365},
      {.key = "security.requests_per_second_of_address",
       .type = Type::kInt,
       .fallback = "1000",
       .doc = "Where credentials are demanded, with bursts of twice as many; further ones are 429. "
              "The default does not bind clients on this machine; 0 binds nobody.",
       .min = 0,
       .max = 1e6},
      {.key = "security.requests_per_second_of_key",
       .type = Type::kInt,
       .fallback = "1000",
       .doc = "The same for each key and user.",
       .min = 0,
       .max = 1e6},
      {.key = "security.role_claim",
       .type = Type::kText,
       .fallback = "role",
       .doc = "The claim that holds the roles in tokens of an outside issuer."},
  };
}

// What browsers and proxies may do.
std::vector<SettingSpec> CrossSiteSettings() {
  using Type = SettingSpec::Type;
  return {
      {.key = "server.allowed_hosts",
       .type = Type::kText,
       .fallback = "",
       .doc = "Names by which clients reach the server, with commas between; where it listens on "
              "this machine only, others are refused."},
      {.key = "server.cors_origins",
       .type = Type::kText,
       .fallback = "",
       .doc = "Origins whose pages may call the API, with commas between: https://shop.example."},
      {.key = "server.trusted_proxies",
       .type = Type::kText,
       .fallback = "",
       .doc = "Addresses of proxies whose X-Forwarded-For is believed, with commas between."},
  };
}

// How the API faces clients, and how one process finds the others.
std::vector<SettingSpec> ServingSettings() {
  using Type = SettingSpec::Type;
  return {
      {.key = "server.drain_ms",
       .type = Type::kInt,
       .fallback = "1000",
       .doc =
           "How long a server that is told to end (SIGTERM) still answers while /health/ready says "
           "503, so that a load balancer can turn away; Ctrl-C does not wait.",
       .min = 0,
       .max = 60'000},
      {.key = "server.hsts_seconds",
       .type = Type::kInt,
       .fallback = "0",
       .doc = "With TLS: for so long browsers insist on it (Strict-Transport-Security); a year is "
              "31536000. 0: they are not told.",
       .min = 0,
       .max = 126'144'000},
      {.key = "server.max_connections",
       .type = Type::kInt,
       .fallback = "0",
       .doc =
           "Beyond it the connection that was idle the longest is closed; 0 is what the limit of "
           "open files allows.",
       .min = 0,
       .max = 1e6},
      {.key = "server.max_connections_per_address",
       .type = Type::kInt,
       .fallback = "1024",
       .doc = "A client with more is refused; 0 is no bound. Clients on this machine have none.",
       .min = 0,
       .max = 1e6},
      {.key = "server.tls_certificate",
       .type = Type::kText,
       .fallback = "",
       .doc = "PEM file of the certificate and its chain: with it and its key the API speaks TLS. "
              "Read again when it changes."},
      {.key = "server.tls_key",
       .type = Type::kText,
       .fallback = "",
       .doc = "PEM file of the certificate's key."},
      {"server.host", Type::kText, "127.0.0.1",
       "Address to listen on; 0.0.0.0 opens the API to the network.", 0, 0},
      {"server.port", Type::kInt, "8000",
       "Port of the API and of the pages; `marquee serve` has one for each service.", 0, 65535},
      {"server.threads", Type::kInt, "0", "Threads that answer requests; 0 is one a core.", 0,
       1024},
      {.key = "services.attempts",
       .type = Type::kInt,
       .fallback = "3",
       .doc = "How often `marquee serve web` asks for what may be repeated before it gives up.",
       .min = 1,
       .max = 20},
      {.key = "services.collect",
       .type = Type::kText,
       .fallback = "http://127.0.0.1:8003",
       .doc =
           "Where `marquee serve web` finds it; several URLs, with commas between, are replicas."},
      {.key = "services.flow",
       .type = Type::kText,
       .fallback = "",
       .doc = "Where `marquee serve web` finds it, as http://127.0.0.1:8080; empty: what belongs to"
              " it is refused."},
      {.key = "services.recommend",
       .type = Type::kText,
       .fallback = "http://127.0.0.1:8001",
       .doc =
           "Where `marquee serve web` finds it; several URLs, with commas between, are replicas."},
      {.key = "services.timeout_ms",
       .type = Type::kInt,
       .fallback = "10000",
       .doc = "How long `marquee serve web` waits for one answer of a service.",
       .min = 1,
       .max = 600'000},
  };
}

// Which models answer, and how.
std::vector<SettingSpec> AnsweringSettings() {
  using Type = SettingSpec::Type;
  return {
      {.key = "models.max_mib",
       .type = Type::kInt,
       .fallback = "0",
       .doc = "A model with a larger file is not promoted; MiB, 0: any.",
       .min = 0,
       .max = 1 << 20},
      {"models.max_ms", Type::kNumber, "50",
       "A model that takes longer for 5 of 100 answers is not published; milliseconds.", 0.001,
       1e6},
      {"models.min_overlap", Type::kNumber, "0",
       "A model whose lists of ten share less with the present ones' is not published; 0: any.", 0,
       1},
      {.key = "models.probe_users",
       .type = Type::kInt,
       .fallback = "100",
       .doc = "How many users a model is tried on before it answers.",
       .min = 1,
       .max = 1e6},
      {"models.min_rating", Type::kNumber, "3.5",
       "Ratings above it count as liked, which is what models learn from."},
      {"models.promote_errors", Type::kNumber, "2",
       "By how many standard errors a model must be better than the champion to be promoted.", 0,
       100},
      {.key = "recommend.deadline_ms",
       .type = Type::kInt,
       .fallback = "50",
       .doc = "A model that takes longer is passed over for an answer that is at hand; 0: waits.",
       .min = 0,
       .max = 60'000},
      {"recommend.rules", Type::kText, "rules.toml",
       "The file of rules for lists (docs/rules.md), below the home unless it is an absolute "
       "path."},
  };
}

// What is recorded of runs, and where their files are.
std::vector<SettingSpec> TrackingSettings() {
  using Type = SettingSpec::Type;
  return {
      {.key = "s3.access_key_id",
       .type = Type::kText,
       .fallback = "",
       .doc = "Whose key S3 is called with; empty: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
              "AWS_SESSION_TOKEN of the environment."},
      {.key = "s3.endpoint",
       .type = Type::kText,
       .fallback = "",
       .doc = "Where S3 is, https://host:port, when it is not Amazon's; empty: AWS_ENDPOINT_URL of "
              "the environment."},
      {.key = "s3.path_style",
       .type = Type::kBool,
       .fallback = "true",
       .doc = "Whether the bucket is named in the path, as every server takes it; false: in the "
              "name of the host, as some demand."},
      {.key = "s3.region",
       .type = Type::kText,
       .fallback = "",
       .doc = "The bucket's region; empty: AWS_REGION of the environment, otherwise us-east-1."},
      {.key = "s3.secret_access_key",
       .type = Type::kText,
       .fallback = "",
       .doc = "The secret of that key; better MARQUEE_S3_SECRET_ACCESS_KEY of the environment than "
              "a file that others can read.",
       .secret = true},
      {.key = "tracking.artifacts",
       .type = Type::kText,
       .fallback = "artifacts/tracking",
       .doc = "Where files of runs and models are kept: a folder, below the home unless it is an "
              "absolute path, or s3://bucket/prefix."},
      {"tracking.record", Type::kBool, "true",
       "Whether train, tune, evaluate and up record runs and register models (docs/tracking.md)."},
      {.key = "tracking.uri",
       .type = Type::kText,
       .fallback = "",
       .doc =
           "Where they are recorded: http://host:5000 of an MLflow server; empty: in this home."},
      {"tracking.experiment", Type::kText, "marquee", "The experiment that runs are recorded in."},
      {"tracking.model", Type::kText, "recommender",
       "The registered model whose versions are what is trained; its alias champion answers."},
  };
}

// The pipeline of the titles: docs/titles.md.
std::vector<SettingSpec> TitlesPipelineSettings() {
  using Type = SettingSpec::Type;
  return {
      {.key = "netflix.analysis_path",
       .type = Type::kText,
       .fallback = "",
       .doc = "Folder of the analyses of titles; default: netflix/analysis in the home."},
      {.key = "netflix.backup_days",
       .type = Type::kInt,
       .fallback = "7",
       .doc = "Older backups and archives of titles are removed; 0 keeps all.",
       .min = 0,
       .max = 36500},
      {.key = "netflix.backup_path",
       .type = Type::kText,
       .fallback = "",
       .doc = "Folder of the backups of titles; default: netflix/backup in the home."},
      {.key = "netflix.data_path",
       .type = Type::kText,
       .fallback = "",
       .doc = "Folder of the titles and what is made of them; default: netflix/data in the home."},
      {.key = "netflix.kaggle_dataset",
       .type = Type::kText,
       .fallback = "shivamb/netflix-shows",
       .doc = "Kaggle's data set of titles, fetched where there are credentials and no source."},
      {.key = "netflix.kaggle_url",
       .type = Type::kText,
       .fallback = "https://www.kaggle.com/api/v1",
       .doc = "Where Kaggle's API is."},
      {.key = "netflix.notify_url",
       .type = Type::kText,
       .fallback = "",
       .doc = "Gets the summary of each run of netflix_master_pipeline, as JSON; empty: nobody."},
      {.key = "netflix.source",
       .type = Type::kText,
       .fallback = "",
       .doc = "Where titles come from: a path, a URL or kaggle:owner/name; the source in the conf "
              "of a run goes before it."},
  };
}

// To whom runs of DAGs are told as OpenLineage events: docs/flow.md.
std::vector<SettingSpec> LineageSettings() {
  using Type = SettingSpec::Type;
  return {
      {.key = "lineage.api_key",
       .type = Type::kText,
       .fallback = "",
       .doc = "Sent to the server of lineage.url as Bearer; also OPENLINEAGE_API_KEY.",
       .secret = true},
      {.key = "lineage.endpoint",
       .type = Type::kText,
       .fallback = "api/v1/lineage",
       .doc = "Where that server takes events, below its URL; also OPENLINEAGE_ENDPOINT."},
      {.key = "lineage.file",
       .type = Type::kText,
       .fallback = "",
       .doc = "A file that gets OpenLineage events of runs and tasks, a line each, below the home "
              "unless it is an absolute path; empty: none."},
      {.key = "lineage.file_max_bytes",
       .type = Type::kBytes,
       .fallback = "100MiB",
       .doc = "That file is renamed, by the time, when it is so large; 0: never.",
       .min = 0,
       .max = 1e15},
      {.key = "lineage.namespace",
       .type = Type::kText,
       .fallback = "marquee",
       .doc = "The namespace of jobs in those events; also OPENLINEAGE_NAMESPACE."},
      {.key = "lineage.url",
       .type = Type::kText,
       .fallback = "",
       .doc = "A server that gets OpenLineage events of runs and tasks, as http://host:5000 of "
              "Marquez; empty: none; also OPENLINEAGE_URL."},
  };
}

// How DAGs run: docs/flow.md.
std::vector<SettingSpec> FlowSettings() {
  using Type = SettingSpec::Type;
  return {
      {"flow.dags", Type::kText, "dags",
       "The folder of DAG files (docs/flow.md), below the home unless it is an absolute path."},
      {"flow.memory_limit", Type::kBytes, "0",
       "Address space of each process of a task that names no memory_limit; 0: no limit.", 0, 1e15},
      {"flow.nice", Type::kInt, "10",
       "How far tasks step back for what else runs: 0 not at all, 19 as far as can be.", 0, 19},
      {"flow.orphan_seconds", Type::kInt, "300",
       "Tasks end by themselves when no scheduler was there for so long; then one on another "
       "machine takes them over. 0: they go on, and none takes over.",
       0, 1e6},
      {"flow.parallelism", Type::kInt, "16", "Tasks of a scheduler that run at once.", 1, 10'000},
      {"flow.paused_at_creation", Type::kBool, "true",
       "Whether a new DAG is paused until somebody says otherwise (marquee flow unpause)."},
      {"flow.retention_days", Type::kInt, "0",
       "Runs that ended earlier are removed at a start, with their logs; 0 keeps all.", 0, 36500},
  };
}

}  // namespace

std::span<const SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  static const std::vector<SettingSpec> settings = {
      {"compute.threads", Type::kInt, "0",
       "Threads for training, evaluation and SQL; 0 is one a core.", 0, 1024},
      {.key = "database.url",
       .type = Type::kText,
       .fallback = "",
       .doc = "Where experiments, runs and the model registry are kept: postgresql://user:password@"
              "host:port/database for many machines; otherwise tracking.db of the home."},
      {"events.impressions", Type::kBool, "true",
       "Whether each list that a known person is shown becomes an event: experiments need it."},
      {.key = "events.kafka.brokers",
       .type = Type::kText,
       .fallback = "",
       .doc = "Where Kafka is, host:port, several separated by commas; for events.log = kafka."},
      {.key = "events.kafka.properties",
       .type = Type::kText,
       .fallback = "",
       .doc = "A file of librdkafka's settings, key=value a line, for TLS and SASL "
              "(security.protocol, sasl.username, ssl.ca.location, ...); empty: none."},
      {.key = "events.kafka.topic",
       .type = Type::kText,
       .fallback = "marquee-events",
       .doc = "The topic of the event log, with one partition; made when it is not there."},
      {.key = "events.log",
       .type = Type::kText,
       .fallback = "sqlite",
       .doc = "Where events are kept: sqlite, a file of the home, or kafka, for many machines.",
       .choices = {"sqlite", "kafka"}},
      {.key = "events.max_per_user",
       .type = Type::kInt,
       .fallback = "500",
       .doc = "Of each user, the items last acted on that the online engine keeps in memory.",
       .min = 1,
       .max = 1e6},
      {"events.poll_ms", Type::kInt, "25",
       "How often a server looks for events that other processes wrote, in milliseconds.", 1,
       60'000},
      {.key = "events.retention_days",
       .type = Type::kInt,
       .fallback = "0",
       .doc =
           "Older events are removed from the log at a start, once bronze.events has them; 0 keeps "
           "all.",
       .min = 0,
       .max = 36500},
      {.key = "events.unknown_items",
       .type = Type::kText,
       .fallback = "refuse",
       .doc = "refuse or accept events with items that no data has.",
       .choices = {"refuse", "accept"}},
      {"import.max_reject_share", Type::kNumber, "0.05",
       "An import fails as a whole when a larger share of its rows is rejected.", 0, 1},
      {"import.rating_max", Type::kNumber, "5",
       "Largest rating of the scale; raise it for a data set that rates 1 to 10.", -1e6, 1e6},
      {"import.rating_min", Type::kNumber, "0.5", "Smallest rating of the scale.", -1e6, 1e6},
      {"lake.memory_limit", Type::kBytes, "2GiB",
       "Memory of SQL; beyond it sorts and joins spill to disk.", 67108864, 1e15},
      {"log.level", Type::kText, "warning", "debug, info, warning, error or off."},
  };
  static const std::vector<SettingSpec> all = [] {
    std::vector<SettingSpec> joined = settings;
    for (const auto& more :
         {AnsweringSettings(), TrackingSettings(), SecuritySettings(), CrossSiteSettings(),
          ServingSettings(), TitlesPipelineSettings(), FlowSettings(), LineageSettings()}) {
      std::ranges::copy(more, std::back_inserter(joined));
    }
    return joined;
  }();
  return all;
}

}  // namespace marquee
