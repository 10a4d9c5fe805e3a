#pragma once

#include "http/router.h"
#include "services/auth_service.h"
#include "services/event_service.h"
#include "services/recommend_service.h"
#include "services/status_service.h"

namespace marquee {

// Every route of the program, as api/openapi.yaml describes them. The services must outlive the
// router.
http::Router MakeRouter(const RecommendService& recommend, const EventService& events,
                        const StatusService& status, const AuthService& auth);

}  // namespace marquee
