#include <cstdlib>

#include <gtest/gtest.h>

#include "recipe/plan.hpp"

namespace troodon::recipe {
namespace {

TEST(ShippedRecipes, ArePlans) {
  const char* source = std::getenv("TROODON_SOURCE");
  ASSERT_NE(source, nullptr);
  int recipes = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(source) / "configs" / "curation")) {
    const auto commands = plan(read_recipe(entry.path()));
    EXPECT_EQ(commands.front().stage, "embed") << entry.path();
    EXPECT_EQ(commands.back().stage, "report") << entry.path();
    ++recipes;
  }
  EXPECT_GE(recipes, 2);
}

}  // namespace
}  // namespace troodon::recipe
