#include "base/work.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace troodon {
namespace {

class WorkFolder : public ::testing::Test {
 protected:
  WorkFolder() { fs::remove_all(folder_); }
  ~WorkFolder() override { fs::remove_all(folder_); }

  fs::path folder_ =
      fs::temp_directory_path() / ("troodon_work_" + std::to_string(::getpid()) + "_" +
                                   ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

/// Makes the squares of 0, 1, ...; dies before piece `until`.
std::string squares(const Work& work, size_t until, int& made) {
  std::string out;
  work.pieces(
      {.name = "squares", .count = 5, .items = 5, .label = "squares"},
      [&](size_t i) {
        if (i == until) fail("killed");
        ++made;
        return std::to_string(i * i);
      },
      [&](size_t i, std::string_view bytes) { out += fmt::format("{}:{} ", i, bytes); });
  return out;
}

TEST_F(WorkFolder, WhatIsDoneIsNotDoneAgain) {
  int made = 0;
  EXPECT_THROW(squares(Work(folder_, "key"), 3, made), Error);
  EXPECT_EQ(made, 3);
  EXPECT_EQ(squares(Work(folder_, "key"), 9, made), "0:0 1:1 2:4 3:9 4:16 ");
  EXPECT_EQ(made, 5);
}

TEST_F(WorkFolder, PiecesOfAnotherKeyAreThrownAway) {
  int made = 0;
  squares(Work(folder_, "key"), 9, made);
  squares(Work(folder_, "other"), 9, made);
  EXPECT_EQ(made, 10);
}

TEST_F(WorkFolder, NothingIsLeftOfAJobThatDidNothing) {
  { const Work work(folder_, "key"); }
  EXPECT_FALSE(fs::exists(folder_));
  int made = 0;
  EXPECT_THROW(squares(Work(folder_, "key"), 1, made), Error);
  EXPECT_TRUE(fs::exists(folder_));
}

TEST_F(WorkFolder, TogetherIsMadeOnceAndFinishLeavesNothing) {
  int made = 0;
  const Work work(folder_, "key");
  const auto make = [&] {
    ++made;
    return std::string("it");
  };
  EXPECT_EQ(work.together("one", make), "it");
  EXPECT_EQ(work.together("one", make), "it");
  EXPECT_EQ(made, 1);
  work.finish();
  EXPECT_FALSE(fs::exists(folder_));
}

TEST(Work, WithoutAFolderKeepsNothing) {
  int made = 0;
  const Work work;
  EXPECT_EQ(squares(work, 9, made), squares(work, 9, made));
  EXPECT_EQ(made, 10);
  EXPECT_EQ(work.recall("state"), "");
}

TEST(Bytes, ComeBackAsTheyWent) {
  const std::string bytes =
      ByteWriter().put(7).put("text").put(std::vector<double>{1, 2}).put(std::vector<int>{}).take();
  int number = 0;
  std::string text;
  std::vector<double> values;
  std::vector<int> none = {1};
  ByteReader in(bytes);
  in.get(number).get(text).get(values).get(none);
  EXPECT_EQ(number, 7);
  EXPECT_EQ(text, "text");
  EXPECT_EQ(values, (std::vector<double>{1, 2}));
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(in.at_end());
  EXPECT_THROW(in.get(number), Error);
  EXPECT_THROW(ByteReader(bytes.substr(0, 10)).get(number).get(text), Error);
}

}  // namespace
}  // namespace troodon
