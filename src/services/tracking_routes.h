// The routes of the MLflow protocol, and the form of its errors.
#pragma once

#include "http/middleware.h"
#include "http/router.h"
#include "services/artifact_service.h"
#include "services/logged_model_service.h"
#include "services/registry_service.h"
#include "services/tracking_service.h"

namespace marquee {

// What answers; the parts must outlive the router.
struct TrackingServices {
  TrackingService runs;
  LoggedModelService models;
  RegistryService registry;
  ArtifactService artifacts;
};

// Below /api/2.0 and /ajax-api/2.0, and GET /version. Null: they are to be replaced
// (services/deployment.h). Reading is for viewers, logging and registering for services; what takes
// something away, or says which model is used, for operators, and audited.
void AddTrackingRoutes(const TrackingServices* services, http::Router* router);
// Makes GET /health answer the text OK, as clients of a tracking server ask for it.
void AnswerHealthAsMlflow(http::Router* router);

// Whether a path is of this protocol.
bool IsTrackingPath(std::string_view path);
// Turns what is thrown for such paths into {"error_code", "message"}. Goes before the guard, so
// that its refusals too have that form.
http::Middleware TrackingErrors();

}  // namespace marquee
