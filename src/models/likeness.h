// How alike two sets are, items by who met them or users by what they met: what the neighbourhood
// models have in common.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "interactions/interactions.h"

namespace marquee {

// What a shared member says.
enum class Weighting {
  kCosine,  // all the same; the product of the sets' lengths divides
  kTfIdf,   // a rare one says more (its idf squared); the lengths count idf too
  kBm25     // as tfidf, but large sets are held back by Okapi BM25's rule instead of by length
};

const std::vector<std::string>& WeightingNames();  // "cosine", "tfidf", "bm25"
std::string_view NameOf(Weighting weighting);
// Throws invalid_argument for another name.
Weighting WeightingNamed(std::string_view name);

// What each column says when two rows share it. idf is that of BM25, ln((N + 1) / (n + 1/2)) of a
// column in n of N rows, squared as both rows have it; 1 throughout for cosine.
std::vector<double> MemberWeights(Weighting weighting, const SparseMatrix& rows);

// The factor of each row: 1 over its length (0 for an empty row), or for BM25
// 2.2 / (1.2 (1/4 + 3/4 size / mean size) + 1).
std::vector<double> RowFactors(Weighting weighting, const SparseMatrix& rows,
                               std::span<const double> member_weights);

// 1 over the length of a set with that sum of member weights; 0 for 0.
double InverseLength(double sum_of_weights);

// What of a likeness remains when it rests on `shared` members: shared / (shared + shrinkage) (Bell
// and Koren 2007). The likeness is the sum of shared weights times both factors times this.
double Shrunk(int32_t shared, double shrinkage);

// "weighting", "shrinkage" and "neighbours", with the search ranges.
struct LikenessDefaults {
  Weighting weighting;
  double shrinkage;
  int neighbours;
};
std::vector<SettingSpec> LikenessSettings(const LikenessDefaults& defaults);
// Throws invalid_argument for a number out of range.
void RequireLikeness(double shrinkage, int neighbours);

}  // namespace marquee
