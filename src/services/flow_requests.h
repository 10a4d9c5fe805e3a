// What calls of Airflow's API say, and how they are refused.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "flow/flow_store.h"
#include "http/message.h"
#include "services/flow_json.h"

namespace marquee {

// By the path.
FlowApi FlowApiOf(const http::Request& request);

// A refusal with what a client of Airflow reads of it: the title of a problem (version 1), and a
// detail that may be more than a text (version 2).
class FlowRefusal : public http::StatusError {
 public:
  FlowRefusal(int status, Code code, std::string title, Json detail);
  const std::string& title() const { return title_; }
  const Json& detail() const { return detail_; }

 private:
  std::string title_;
  Json detail_;
};

// A value of a body or a query that cannot be: 400, and 422 of version 2.
[[noreturn]] void RefuseFlowValue(FlowApi api, std::string_view field, const Json& value,
                                  std::string_view wanted);

// The JSON object of a request, in which only `known` may stand. Throws FlowRefusal, 415 for
// another type than JSON too.
Json FlowBody(const http::Request& request, std::initializer_list<std::string_view> known);

// Fields of a body. Null, and absent, is nothing.
std::optional<std::string> FlowText(FlowApi api, const Json& body, std::string_view field);
std::optional<int64_t> FlowInt(FlowApi api, const Json& body, std::string_view field);
bool FlowBool(FlowApi api, const Json& body, std::string_view field, bool fallback);
std::optional<int64_t> FlowTimeField(FlowApi api, const Json& body, std::string_view field);
std::vector<std::string> FlowTexts(FlowApi api, const Json& body, std::string_view field);

// limit (100, or 50 with version 2; at most 100 counts) and offset.
struct FlowPage {
  int64_t limit;
  int64_t offset;
};
FlowPage FlowPageOf(const http::Request& request);
std::vector<std::string> FlowList(const http::Request& request, std::string_view name);
std::optional<bool> FlowFlag(const http::Request& request, std::string_view name);

flow::RunSearch RunSearchOfQuery(const http::Request& request);
flow::RunSearch RunSearchOfBody(const http::Request& request);
flow::TaskSearch TaskSearchOfQuery(const http::Request& request);
flow::TaskSearch TaskSearchOfBody(const http::Request& request);
flow::NewRun NewRunOf(const http::Request& request);
flow::ClearRequest ClearRequestOf(const http::Request& request);
flow::RunState RunStateOf(FlowApi api, const Json& value);

}  // namespace marquee
