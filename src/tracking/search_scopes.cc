// What can be searched in each kind of thing.
#include "tracking/filter.h"

namespace marquee::tracking {
namespace {

constexpr auto kNumber = Attribute::Kind::kNumber;
constexpr auto kText = Attribute::Kind::kText;

}  // namespace

const SearchScope& ExperimentScope() {
  static const SearchScope scope = {
      .things = "experiments",
      .attributes = {{.names = {"name"}, .kind = kText},
                     {.names = {"experiment_id"}, .kind = kText, .in_list = true},
                     {.names = {"creation_time"}, .kind = kNumber},
                     {.names = {"last_update_time"}, .kind = kNumber}},
      .entities = {Entity::kTag},
      .order_entities = {},
  };
  return scope;
}

const SearchScope& RunScope() {
  static const SearchScope scope = {
      .things = "runs",
      .attributes = {{.names = {"run_id"}, .kind = kText, .in_list = true},
                     {.names = {"run_name", "run name", "Run name", "Run Name"}, .kind = kText},
                     {.names = {"user_id"}, .kind = kText},
                     {.names = {"status"}, .kind = kText},
                     {.names = {"artifact_uri"}, .kind = kText},
                     {.names = {"start_time", "created", "Created"}, .kind = kNumber},
                     {.names = {"end_time"}, .kind = kNumber}},
      .entities = {Entity::kMetric, Entity::kParam, Entity::kTag, Entity::kDataset},
      .order_entities = {Entity::kMetric, Entity::kParam, Entity::kTag},
  };
  return scope;
}

const SearchScope& LoggedModelScope() {
  static const SearchScope scope = {
      .things = "logged models",
      .attributes = {{.names = {"name"}, .kind = kText, .in_list = true},
                     {.names = {"model_id"}, .kind = kText, .in_list = true},
                     {.names = {"model_type"}, .kind = kText, .in_list = true},
                     {.names = {"source_run_id"}, .kind = kText, .in_list = true},
                     {.names = {"status"}, .kind = kText, .in_list = true},
                     {.names = {"creation_timestamp", "creation_time"}, .kind = kNumber},
                     {.names = {"last_updated_timestamp", "last_updated_time"}, .kind = kNumber}},
      .entities = {Entity::kMetric, Entity::kParam, Entity::kTag},
      .order_entities = {Entity::kMetric},
  };
  return scope;
}

const SearchScope& RegisteredModelScope() {
  static const SearchScope scope = {
      .things = "registered models",
      .attributes = {{.names = {"name"}, .kind = kText, .in_list = true},
                     {.names = {"last_updated_timestamp", "timestamp"},
                      .kind = kNumber,
                      .in_filter = false}},
      .entities = {Entity::kTag},
      .order_entities = {},
  };
  return scope;
}

const SearchScope& ModelVersionScope() {
  static const SearchScope scope = {
      .things = "model versions",
      .attributes = {{.names = {"name"}, .kind = kText, .in_list = true},
                     {.names = {"version_number"}, .kind = kNumber},
                     {.names = {"run_id"}, .kind = kText, .in_list = true, .in_order = false},
                     {.names = {"source_path"}, .kind = kText, .in_order = false},
                     {.names = {"creation_timestamp"}, .kind = kNumber, .in_filter = false},
                     {.names = {"last_updated_timestamp"}, .kind = kNumber, .in_filter = false}},
      .entities = {Entity::kTag},
      .order_entities = {},
  };
  return scope;
}

}  // namespace marquee::tracking
