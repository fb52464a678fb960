#include "metrics/robustness.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon::metrics {
namespace {

const std::vector<StrengthErrors> kReference = {{0.2, 0.3, 0.4, 0.5, 0.6},
                                                {0.4, 0.4, 0.4, 0.4, 0.4}};
const std::vector<StrengthErrors> kOurs = {{0.1, 0.2, 0.2, 0.2, 0.3}, {0.2, 0.3, 0.4, 0.5, 0.6}};

TEST(CorruptionError, IsTheMeanOfTheSharesOfTheReferencesErrors) {
  EXPECT_DOUBLE_EQ(mean_corruption_error(kReference, kReference), 1);
  EXPECT_DOUBLE_EQ(mean_corruption_error(kOurs, kReference), (1.0 / 2 + 2.0 / 2) / 2);
}

TEST(CorruptionError, RelativeCountsWhatCorruptionAdds) {
  EXPECT_NEAR(
      relative_corruption_error(kOurs, 0.1, kReference, 0.2), (0.5 / 1 + 1.5 / 1) / 2, 1e-12);
}

TEST(CorruptionError, NeedsTheSameCorruptionsOfBoth) {
  EXPECT_THROW(mean_corruption_error(kOurs, {}), Error);
  EXPECT_THROW(mean_corruption_error({}, {}), Error);
}

}  // namespace
}  // namespace troodon::metrics
