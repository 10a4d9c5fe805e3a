// What the settings of a home say to pipelines.
#pragma once

#include "app/environment.h"
#include "pipelines/import.h"
#include "pipelines/promotion.h"

namespace marquee {

// Scale, and who was erased; for today.
LoadOptions LoadOptionsOf(const Environment& environment);
// By the usual protocol and metric.
PromotionRules PromotionRulesOf(const Environment& environment);

}  // namespace marquee
