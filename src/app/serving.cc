#include "app/serving.h"

#include <utility>

#include "kernels/simd.h"
#include "services/routes.h"

namespace marquee {

Serving::Serving(std::shared_ptr<const ModelBundle> bundle, http::ServerOptions options,
                 const Clock& clock)
    : http_metrics_(metrics_),
      engine_(std::move(bundle)),
      recommend_(engine_),
      status_(engine_, metrics_, clock, std::string(kernels::SimdLevel())),
      server_(std::move(options), MakeRouter(recommend_, status_), http_metrics_) {}

}  // namespace marquee
