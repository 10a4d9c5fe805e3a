// The routes of Airflow's REST API, versions 1 and 2, and the form of its errors.
#pragma once

#include <string_view>

#include "http/middleware.h"
#include "http/router.h"
#include "services/auth_service.h"
#include "services/flow_service.h"

namespace marquee {

// Below /api/v1 and /api/v2, and POST /auth/token. Null: another process has it, and they are to be
// replaced (services/deployment.h). Reading is for viewers; what changes DAGs, runs and pools for
// operators, and audited.
void AddFlowRoutes(const FlowService* flow, const AuthService* auth, http::Router* router);
// Makes GET /health answer as Airflow's web server does.
void AnswerHealthAsAirflow(const FlowService* flow, http::Router* router);

// Whether a path is of this protocol.
bool IsFlowPath(std::string_view path);
// Turns what is thrown for such paths into problems (version 1) or {"detail"} (version 2). Goes
// before the guard, so that its refusals too have that form.
http::Middleware FlowErrors();

}  // namespace marquee
