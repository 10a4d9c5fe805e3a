#include "app/titles.h"

namespace marquee {

titles::TitlesSettings TitlesSettingsOf(const Environment& environment) {
  const Config& config = environment.config();
  const auto folder = [&](const char* key, const char* usual) {
    const std::string named = config.Text(key);
    return named.empty() ? environment.home().root / "netflix" / usual
                         : std::filesystem::path(named);
  };
  return {.data = folder("netflix.data_path", "data"),
          .analysis = folder("netflix.analysis_path", "analysis"),
          .backup = folder("netflix.backup_path", "backup"),
          .source = config.Text("netflix.source"),
          .kaggle_url = config.Text("netflix.kaggle_url"),
          .kaggle_dataset = config.Text("netflix.kaggle_dataset"),
          .notify_url = config.Text("netflix.notify_url"),
          .backup_days = static_cast<int>(config.Int("netflix.backup_days")),
          .max_reject_share = config.Number("import.max_reject_share")};
}

}  // namespace marquee
