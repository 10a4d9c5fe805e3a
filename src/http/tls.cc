#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace marquee::http {
namespace {

std::string LastReason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "not readable" : reason;
}

[[noreturn]] void Refuse(const std::string& what, const std::string& file) {
  throw Error(Code::kInvalidArgument, StrCat("tls: ", what, " '", file, "': ", LastReason()),
              "server.tls_certificate and server.tls_key name PEM files of the same pair");
}

std::shared_ptr<void> Load(const std::string& certificate_file, const std::string& key_file) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) throw Error(Code::kInternal, StrCat("tls: ", LastReason()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Tickets resume sessions without memory here.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    Refuse("cannot use certificate", certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    Refuse("cannot use key", key_file);
  }
  return context;
}

}  // namespace

TlsIdentity::TlsIdentity(std::string certificate_file, std::string key_file)
    : certificate_(std::move(certificate_file)), key_(std::move(key_file)) {
  certificate_.Changed();
  key_.Changed();
  context_ = Load(certificate_.path(), key_.path());
}

void TlsIdentity::ReloadIfChanged() {
  const std::lock_guard lock(mutex_);
  try {
    const bool certificate_changed = certificate_.Changed();
    if (!key_.Changed() && !certificate_changed) return;
    context_ = Load(certificate_.path(), key_.path());
    LogInfo(StrCat("tls: certificate '", certificate_.path().string(), "' is in use from now on"));
  } catch (const Error& error) {
    // Most likely one of the two is replaced and the other will be.
    LogWarning(StrCat(error.what(), "; the old one stays in use"));
  }
}

std::shared_ptr<void> TlsIdentity::context() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

std::unique_ptr<TlsIdentity> MakeTlsIdentity(const ServerOptions& options) {
  if (options.tls_certificate.empty() && options.tls_key.empty()) return nullptr;
  if (options.tls_certificate.empty() || options.tls_key.empty()) {
    throw Error(Code::kInvalidArgument,
                StrCat("tls: a ", options.tls_key.empty() ? "certificate without a key"
                                                          : "key without a certificate"),
                "set both server.tls_certificate and server.tls_key, or neither");
  }
  return std::make_unique<TlsIdentity>(options.tls_certificate, options.tls_key);
}

}  // namespace marquee::http
