#pragma once

#include <string>
#include <string_view>

namespace marquee::tracking {

// The scheme of what this server keeps: "mlflow-artifacts:/3/<run_id>/artifacts".
inline constexpr std::string_view kArtifactScheme = "mlflow-artifacts:/";

// A path of an artifact as clients give it, without '/' at its end: parts with '/' between,
// relative and without '.', '..', '\' and '#', even after decoding %XX again and again. "" is the
// root. Throws invalid_argument "Invalid path".
std::string CheckedArtifactPath(std::string_view path);

// The path below the scheme: of "mlflow-artifacts:/3/x" and of "mlflow-artifacts://host/3/x",
// "3/x". Throws invalid_argument for another scheme, and as CheckedArtifactPath.
std::string PathOfArtifactUri(std::string_view uri);

}  // namespace marquee::tracking
