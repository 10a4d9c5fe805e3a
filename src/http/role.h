// Who may call what.
#pragma once

#include <optional>
#include <string_view>

namespace marquee::http {

// In rising order: each may do what those before it may. kPublic: anybody, and nobody's own role.
enum class Role { kPublic, kViewer, kService, kOperator, kAdmin };

// "public", "viewer", "service", "operator", "admin"
std::string_view RoleName(Role role);
// A role that somebody can have; nothing for other text, "public" too.
std::optional<Role> ParseRole(std::string_view name);

}  // namespace marquee::http
