#include "app/pipeline_options.h"

#include "records/record_store.h"

namespace marquee {

LoadOptions LoadOptionsOf(const Environment& environment) {
  const Config& config = environment.config();
  LoadOptions options{.date = {},
                      .rating_min = config.Number("import.rating_min"),
                      .rating_max = config.Number("import.rating_max")};
  if (std::filesystem::exists(environment.home().records())) {
    const RecordStore records(environment.home().records(), environment.clock());
    options.erased = {records.salt(), records.Erasures()};
  }
  return options;
}

PromotionRules PromotionRulesOf(const Environment& environment) {
  const Config& config = environment.config();
  return {.errors = config.Number("models.promote_errors"),
          .max_bytes = config.Int("models.max_mib") << 20,
          .probe = environment.probe_limits()};
}

}  // namespace marquee
