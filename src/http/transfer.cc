#include "http/transfer.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/text.h"
#include "base/version.h"
#include "http/curl_internal.h"

namespace marquee::http {
namespace {

using Outcome = TransferResult::Outcome;

constexpr long kKeptConnections = 2;

void RequireOneLine(const Header& header) {
  const std::string_view breaks("\r\n\0", 3);
  if (header.name.find_first_of(breaks) == std::string::npos &&
      header.value.find_first_of(breaks) == std::string::npos) {
    return;
  }
  throw Error(Code::kInvalidArgument, StrCat("header '", header.name, "' holds a line break"),
              "leave it out");
}

bool Has(const std::vector<Header>& headers, std::string_view name) {
  return std::ranges::any_of(
      headers, [&](const Header& header) { return AsciiLower(header.name) == AsciiLower(name); });
}

HeaderList ListOf(const OutgoingRequest& request) {
  HeaderList list;
  for (const Header& header : request.headers) {
    RequireOneLine(header);
    Append(header.value.empty() ? header.name + ";" : StrCat(header.name, ": ", header.value),
           &list);
  }
  // Else libcurl adds what nobody said.
  Append("Expect:", &list);
  if (!Has(request.headers, "Content-Type")) Append("Content-Type:", &list);
  return list;
}

Outcome OutcomeOf(CURLcode code, CURL* handle) {
  // A timeout before the connection stood: nothing was sent.
  curl_off_t ready_us = 0;
  curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
  switch (code) {
    case CURLE_OK:
      return Outcome::kAnswered;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return Outcome::kNotConnected;
    case CURLE_OPERATION_TIMEDOUT:
      return ready_us == 0 ? Outcome::kNotConnected : Outcome::kTimedOut;
    case CURLE_RANGE_ERROR:
      return Outcome::kCannotResume;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return Outcome::kBadUrl;
    default:
      return Outcome::kBroken;
  }
}

}  // namespace

struct Transfer::State {
  explicit State(const TransferOptions& wanted) : options(wanted), handle(curl_easy_init()) {
    if (!handle) throw Error(Code::kInternal, "cannot start libcurl");
  }

  template <typename T>
  void Set(CURLoption option, T value) {
    SetOption(handle, option, value);
  }

  void SetUp();
  void SetRequest(const OutgoingRequest& request, const HeaderList& headers);

  template <typename Call>
  bool Guarded(Call call) {
    try {
      call();
      return true;
    } catch (...) {
      thrown = std::current_exception();
      return false;
    }
  }

  int Status() const {
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
  }

  static size_t OnHeaderLine(char* bytes, size_t one, size_t size, void* self) {
    auto* state = static_cast<State*>(self);
    const std::string_view line = Trim(std::string_view(bytes, one * size));
    return state->Guarded([&] { state->Keep(line); }) ? one * size : 0;
  }
  static size_t OnBody(char* bytes, size_t one, size_t size, void* self) {
    auto* state = static_cast<State*>(self);
    if (state->options.leave_out_error_bodies && state->Status() >= 400) return one * size;
    return state->Guarded([&] { (*state->on_bytes)({bytes, one * size}); }) ? one * size : 0;
  }
  static int OnReport(void* self, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
    auto* state = static_cast<State*>(self);
    const auto report = [&] {
      if (state->cancel != nullptr) state->cancel->ThrowIfRequested("a request");
      if (*state->on_progress) (*state->on_progress)(done, total);
    };
    return state->Guarded(report) ? 0 : 1;
  }

  // A status line begins another answer: after 100 Continue, or a redirect.
  void Keep(std::string_view line) {
    const size_t colon = line.find(':');
    if (line.starts_with("HTTP/")) return answer_headers.clear();
    if (colon == std::string_view::npos) return;
    answer_headers.push_back(
        {std::string(line.substr(0, colon)), std::string(Trim(line.substr(colon + 1)))});
  }

  const TransferOptions options;
  CurlHandle handle;
  char error_text[CURL_ERROR_SIZE] = {};
  const OnBytes* on_bytes = nullptr;
  const OnProgress* on_progress = nullptr;
  const CancelToken* cancel = nullptr;
  std::vector<Header> answer_headers;
  std::exception_ptr thrown;
};

void Transfer::State::SetUp() {
  curl_easy_reset(handle.get());  // connections stay
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_FOLLOWLOCATION, options.max_redirects > 0 ? 1L : 0L);
  Set(CURLOPT_MAXREDIRS, static_cast<long>(options.max_redirects));
  Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_PATH_AS_IS, 1L);
  Set(CURLOPT_USERAGENT, StrCat("marquee/", Version()).c_str());
  Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout_ms));
  Set(CURLOPT_MAXCONNECTS, kKeptConnections);
  Set(CURLOPT_ERRORBUFFER, error_text);
  if (options.stall_timeout_ms > 0) {
    Set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    Set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(std::max(1, options.stall_timeout_ms / 1000)));
  }
  if (!options.ca_file.empty()) Set(CURLOPT_CAINFO, options.ca_file.c_str());
  if (!options.proxy_of_environment) Set(CURLOPT_PROXY, "");
  Set(CURLOPT_HEADERFUNCTION, &State::OnHeaderLine);
  Set(CURLOPT_HEADERDATA, this);
  Set(CURLOPT_WRITEFUNCTION, &State::OnBody);
  Set(CURLOPT_WRITEDATA, this);
}

void Transfer::State::SetRequest(const OutgoingRequest& request, const HeaderList& headers) {
  Set(CURLOPT_URL, request.url.c_str());
  Set(CURLOPT_HTTPHEADER, headers.get());
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
      request.method == "PATCH") {
    Set(CURLOPT_POSTFIELDS, request.body.data());
    Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  if (request.method == "HEAD") Set(CURLOPT_NOBODY, 1L);
  Set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  Set(CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(request.from));
  Set(CURLOPT_TIMEOUT_MS,
      static_cast<long>(request.timeout_ms > 0 ? request.timeout_ms : options.timeout_ms));
  Set(CURLOPT_FRESH_CONNECT, request.repeatable ? 0L : 1L);
}

Transfer::Transfer(const TransferOptions& options) : state_(std::make_unique<State>(options)) {}
Transfer::~Transfer() = default;

TransferResult Transfer::Run(const OutgoingRequest& request, const OnBytes& on_bytes,
                             const OnProgress& on_progress) {
  State& state = *state_;
  const HeaderList headers = ListOf(request);
  state.on_bytes = &on_bytes;
  state.on_progress = &on_progress;
  state.cancel = request.cancel;
  state.thrown = nullptr;
  state.error_text[0] = '\0';
  state.answer_headers.clear();
  state.SetUp();
  state.SetRequest(request, headers);
  if (on_progress || request.cancel != nullptr) {
    state.Set(CURLOPT_XFERINFOFUNCTION, &State::OnReport);
    state.Set(CURLOPT_XFERINFODATA, &state);
    state.Set(CURLOPT_NOPROGRESS, 0L);
  }
  const CURLcode code = curl_easy_perform(state.handle.get());
  if (state.thrown) std::rethrow_exception(state.thrown);
  return {.outcome = OutcomeOf(code, state.handle.get()),
          .reason = state.error_text[0] != '\0' ? state.error_text : curl_easy_strerror(code),
          .status = state.Status(),
          .headers = std::move(state.answer_headers)};
}

size_t Transfer::announced_bytes() const {
  curl_off_t bytes = -1;
  curl_easy_getinfo(state_->handle.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &bytes);
  return bytes > 0 ? static_cast<size_t>(bytes) : 0;
}

}  // namespace marquee::http
