#pragma once

#include "http/router.h"
#include "services/auth_service.h"
#include "services/event_service.h"
#include "services/model_service.h"
#include "services/recommend_service.h"
#include "services/status_service.h"

namespace marquee {

// What routes lead to; must outlive the router.
struct Services {
  const RecommendService& recommend;
  const EventService& events;
  const ModelService& models;
  const StatusService& status;
  const AuthService& auth;
};

// Every route of the program, as api/openapi.yaml describes them.
http::Router MakeRouter(const Services& services);

}  // namespace marquee
