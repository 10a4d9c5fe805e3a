// Who may call the API of a home, as its settings, keys and users say.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/environment.h"
#include "auth/guard.h"
#include "auth/oauth.h"
#include "http/options.h"
#include "services/auth_service.h"
#include "services/flow_routes.h"
#include "services/tracking_routes.h"

namespace marquee {

// What the settings say of hosts, origins and proxies. Throws invalid_argument for an origin that
// is none.
void ReadCrossSiteSettings(const Config& config, http::ServerOptions* options);

// Everything between a request and its handler. Thread-safe once made; `environment` must outlive
// it.
class Security {
 public:
  // For a server on `host`. Throws failed_precondition, with what to do, when it would be open to
  // other machines: without a key, a user or an outside issuer, or with authentication off;
  // invalid_argument for settings that do not go together. Makes auth.db and auth.key in the home.
  Security(const Environment& environment, const std::string& host);

  // Whether requests without credentials are refused.
  bool demanded() const { return demanded_; }
  // What stands before every handler, in their order.
  std::vector<http::Middleware> guards() {
    return {TrackingErrors(), FlowErrors(), guard_.Entry()};
  }
  const AuthService& service() const { return service_; }

 private:
  auth::AccountStore accounts_;
  auth::AccessTokens tokens_;
  auth::RefreshTokens refresh_;
  auth::AuditLog audit_;
  auth::Failures failures_;
  std::unique_ptr<auth::OutsideIssuer> outside_;
  const bool demanded_;
  auth::Authenticator authenticator_;
  auth::TokenGrants grants_;
  auth::Guard guard_;
  AuthService service_;
};

}  // namespace marquee
