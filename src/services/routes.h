#pragma once

#include "http/router.h"
#include "services/catalog_service.h"
#include "services/event_service.h"
#include "services/model_service.h"
#include "services/rating_service.h"
#include "services/recommend_service.h"
#include "services/status_service.h"
#include "services/user_service.h"

namespace marquee {

// What the routes call.
struct Services {
  const RecommendService& recommend;
  const CatalogService& catalog;
  const UserService& users;
  const RatingService& ratings;
  const EventService& events;
  const ModelService& models;
  const StatusService& status;
};

// Every route of the program, as api/openapi.yaml describes them. The services must outlive the
// router.
http::Router MakeRouter(const Services& services);

}  // namespace marquee
