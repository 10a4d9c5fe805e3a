#pragma once

#include "http/router.h"
#include "services/auth_service.h"
#include "services/catalog_service.h"
#include "services/event_service.h"
#include "services/flow_routes.h"
#include "services/health_service.h"
#include "services/model_service.h"
#include "services/rating_service.h"
#include "services/recommend_service.h"
#include "services/status_service.h"
#include "services/tracking_routes.h"
#include "services/user_service.h"

namespace marquee {

// What answers. Null: another process has it, and what would call it here is to be replaced before
// the router is used (services/deployment.h).
struct Services {
  const HealthService* health = nullptr;
  const RecommendService* recommend = nullptr;
  const CatalogService* catalog = nullptr;
  const UserService* users = nullptr;
  const RatingService* ratings = nullptr;
  const EventService* events = nullptr;
  const ModelService* models = nullptr;
  const StatusService* status = nullptr;
  const AuthService* auth = nullptr;
  const TrackingServices* tracking = nullptr;
  const FlowService* flow = nullptr;
};

// Every route of the program, as api/openapi.yaml describes them. The services must outlive the
// router.
http::Router MakeRouter(const Services& services);

}  // namespace marquee
