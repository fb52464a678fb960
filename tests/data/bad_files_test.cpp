#include "data/bad_files.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "data/folder.hpp"

namespace troodon::data {
namespace {

TEST(BadFiles, CountsEachFileOnceFromManyThreads) {
  BadFiles bad;
  parallel_for(1000, [&](size_t i) { bad.add("file" + std::to_string(i % 10), "torn"); }, 4);
  EXPECT_EQ(bad.count(), 10);
}

TEST(BadFiles, WritesASortedList) {
  const Folder folder;
  BadFiles bad;
  bad.write(folder.path() / "bad.tsv");
  EXPECT_FALSE(fs::exists(folder.path() / "bad.tsv"));
  bad.add("b.jpg", "torn");
  bad.add("a\tb.jpg", "two\nlines");
  bad.add("b.jpg", "another reason");
  bad.write(folder.path() / "bad.tsv");
  EXPECT_EQ(read_text(folder.path() / "bad.tsv"), "a b.jpg\ttwo lines\nb.jpg\ttorn\n");
}

TEST(BadFiles, StrictEndsTheJobAtTheFirst) {
  BadFiles bad(BadFilePolicy::strict);
  EXPECT_THROW(bad.add("a.jpg", "torn"), Error);
}

TEST(BadFiles, TooManyEndTheJob) {
  BadFiles bad;
  bad.check(0, 0.5);
  for (int i = 0; i < 5; ++i) bad.add(std::to_string(i), "torn");
  EXPECT_NO_THROW(bad.check(10, 0.5));
  EXPECT_THROW(bad.check(9, 0.5), Error);
}

}  // namespace
}  // namespace troodon::data
