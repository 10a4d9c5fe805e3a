// Query parameters as handlers want them: known, typed, within range. Every failure is
// invalid_argument that names the parameter and its value.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace marquee::http {

// Throws for a parameter that is not in `known`, naming the nearest one.
void RequireKnownQuery(const Request& request, std::span<const std::string> known);
void RequireKnownQuery(const Request& request, std::initializer_list<std::string_view> known);

// The whole number of parameter `name`, or `fallback` when it is not given. Throws
// "k is 0: must be 1 to 1000".
int64_t QueryInt(const Request& request, std::string_view name, int64_t fallback, int64_t min,
                 int64_t max);

// The number of parameter `name`, or `fallback`. Throws as QueryInt.
double QueryNumber(const Request& request, std::string_view name, double fallback, double min,
                   double max);

// The parts of "a,b,c", without blanks around them; none when it is not given, or empty.
std::vector<std::string> QueryList(const Request& request, std::string_view name);

}  // namespace marquee::http
