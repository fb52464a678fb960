#include "fingerprint/copies.hpp"

#include <gtest/gtest.h>

#include "fingerprint/edits.hpp"
#include "pictures.hpp"

namespace troodon::fingerprint {
namespace {

/// Forty pictures, the standard edits of the first four, and two flat ones.
std::vector<Fingerprint> prints_with_copies() {
  std::vector<Fingerprint> out;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    out.push_back(fingerprint_of(clouds(150, 110, seed)));
  }
  for (const Copy& copy : planned_copies(4, standard_edits(), 1)) {
    out.push_back(fingerprint_of(edited(clouds(150, 110, copy.original), copy.edit, copy.seed)));
  }
  out.push_back(fingerprint_of(image::Image(90, 90)));
  out.push_back(fingerprint_of(image::Image(90, 90)));
  return out;
}

using Row = std::array<uint32_t, 3>;  ///< first, second, kind

std::vector<Row> rows_of(const std::vector<FoundCopy>& found) {
  std::vector<Row> out;
  for (const FoundCopy& c : found) {
    out.push_back({c.first, c.second, static_cast<uint32_t>(c.verdict.kind)});
  }
  return out;
}

TEST(FindCopies, FindsWhatComparingEachWithEachFinds) {
  const std::vector<Fingerprint> prints = prints_with_copies();
  std::vector<Row> want;
  for (uint32_t i = 0; i < prints.size(); ++i) {
    for (uint32_t j = i + 1; j < prints.size(); ++j) {
      if (const CopyVerdict v = compare(prints[i], prints[j])) {
        want.push_back({i, j, static_cast<uint32_t>(v.kind)});
      }
    }
  }
  ASSERT_GT(want.size(), 200U);
  EXPECT_EQ(rows_of(find_copies(prints, {.threads = 1})), want);
  EXPECT_EQ(rows_of(find_copies(prints, {.threads = 3})), want);
}

TEST(FindCopies, ComparesTwoSetsEachWithEach) {
  const std::vector<Fingerprint> prints = prints_with_copies();
  const std::span queries(prints.data(), 30), base(prints.data() + 20, prints.size() - 20);
  std::vector<Row> want;
  for (uint32_t i = 0; i < queries.size(); ++i) {
    for (uint32_t j = 0; j < base.size(); ++j) {
      if (const CopyVerdict v = compare(queries[i], base[j])) {
        want.push_back({i, j, static_cast<uint32_t>(v.kind)});
      }
    }
  }
  EXPECT_EQ(rows_of(find_copies(queries, base)), want);
}

TEST(FindCopies, NothingComesOfNothing) {
  EXPECT_TRUE(find_copies({}).empty());
  EXPECT_TRUE(find_copies({}, std::vector<Fingerprint>(1)).empty());
}

}  // namespace
}  // namespace troodon::fingerprint
