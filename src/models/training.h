// What the training functions have in common.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/model.h"

namespace marquee {

// Throws cancelled when `observer` asks to stop.
void ThrowIfStopped(const TrainObserver& observer, std::string_view model_type);
// Throws invalid_argument for data without an interaction.
void RequireInteractions(const Interactions& data, std::string_view model_type);
// Throws invalid_argument, "<name> is <value>: must be <min> to <max>".
void RequireRange(std::string_view name, double value, double min, double max);
// Throws invalid_argument, "<name> is '<value>': must be one of: <choices>".
void RequireChoice(std::string_view name, std::string_view value,
                   const std::vector<std::string>& choices);

// Bytes that can be taken without swapping: what the machine has free, within the limit of this
// process's control group.
int64_t AvailableMemoryBytes();

// The k best of `scores`, best first, equal ones by item row, without `excluded` (-1: none).
std::vector<ScoredItem> BestItems(std::span<const float> scores, int32_t excluded, int k);
// The k largest of `items`, largest first, equal ones by item row.
std::vector<ScoredItem> Largest(std::vector<ScoredItem> items, int k);

}  // namespace marquee
