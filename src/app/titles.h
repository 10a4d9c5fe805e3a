// The titles DAGs with the settings and folders of a home.
#pragma once

#include "app/environment.h"
#include "titles/task.h"

namespace marquee {

// Folders that the settings leave open are below netflix/ in the home.
titles::TitlesSettings TitlesSettingsOf(const Environment& environment);

}  // namespace marquee
