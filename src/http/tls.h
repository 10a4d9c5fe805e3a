// The server's certificate and key.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/watched_file.h"
#include "http/options.h"

namespace marquee::http {

// TLS 1.2 and 1.3, with OpenSSL's default ciphers. Thread-safe.
class TlsIdentity {
 public:
  // Reads PEM files: the certificate with its chain, and its key. Throws invalid_argument that
  // names the file, for one that cannot be read, that is no PEM, or a key of another certificate.
  TlsIdentity(std::string certificate_file, std::string key_file);

  // Reads the files again when either has changed since; what cannot be used is logged, and the
  // old ones stay. Connections open keep what they began with.
  void ReloadIfChanged();

  // OpenSSL's SSL_CTX, for sessions that begin now.
  std::shared_ptr<void> context() const;

 private:
  mutable std::mutex mutex_;
  WatchedFile certificate_;
  WatchedFile key_;
  std::shared_ptr<void> context_;
};

// What the options name; null when they name none. Throws invalid_argument when they name one of
// certificate and key only.
std::unique_ptr<TlsIdentity> MakeTlsIdentity(const ServerOptions& options);

}  // namespace marquee::http
