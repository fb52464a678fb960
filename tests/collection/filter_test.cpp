#include "collection/filter.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon::collection {
namespace {

const Picture kDog{.id = 7,
                   .path = "beach/a dog.jpg",
                   .file = {.bytes = 2000},
                   .width = 640,
                   .height = 480,
                   .label = "dog",
                   .columns = {{"year", "2019"}, {"place", "Nice"}}};

bool passes_text(const char* text) {
  return passes(parse_filter(text), kDog);
}

TEST(Filter, NothingAskedLetsEveryPicturePass) {
  EXPECT_TRUE(parse_filter("  ").empty());
  EXPECT_TRUE(passes({}, kDog));
}

TEST(Filter, ComparesNumbersAsNumbersAndTextsAsTexts) {
  EXPECT_TRUE(passes_text("width >= 640 and height<500 and year > 999"));
  EXPECT_FALSE(passes_text("width > 640"));
  EXPECT_TRUE(passes_text("label = dog"));
  EXPECT_FALSE(passes_text("label = Dog"));
  EXPECT_TRUE(passes_text("label != cat"));
  EXPECT_TRUE(passes_text("place < Oslo"));
  EXPECT_FALSE(passes_text("place > 5")) << "a text is no number";
  EXPECT_TRUE(passes_text("place != 5"));
}

TEST(Filter, ContainsKnowsNoCase) {
  EXPECT_TRUE(passes_text("path ~ BEACH and path ~ \"a dog\""));
  EXPECT_FALSE(passes_text("path ~ mountain"));
}

TEST(Filter, AColumnThatAPictureLacksIsEmpty) {
  EXPECT_TRUE(passes_text("camera != Leica"));
  EXPECT_FALSE(passes_text("camera = Leica"));
  EXPECT_FALSE(passes_text("iso > 0"));
}

TEST(Filter, SaysWhatIsMissingAndWhere) {
  for (const char* text : {"label", "label =", "= dog", "label = dog width > 3", "path ~ \"open"}) {
    try {
      parse_filter(text);
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Exit::usage);
      EXPECT_NE(std::string(error.what()).find("missing"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace troodon::collection
