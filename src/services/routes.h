#pragma once

#include "http/router.h"
#include "services/event_service.h"
#include "services/model_service.h"
#include "services/recommend_service.h"
#include "services/status_service.h"

namespace marquee {

// Every route of the program, as api/openapi.yaml describes them. The services must outlive the
// router.
http::Router MakeRouter(const RecommendService& recommend, const EventService& events,
                        const ModelService& models, const StatusService& status);

}  // namespace marquee
