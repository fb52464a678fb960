#include "recipe/plan.hpp"

#include <algorithm>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "recipe/journal.hpp"

namespace troodon::recipe {
namespace {

class Recipes : public ::testing::Test {
 protected:
  Recipes() { fs::create_directories(folder_); }
  ~Recipes() override { fs::remove_all(folder_); }

  std::vector<Command> plan_of(const std::string& text) {
    write_atomically(folder_ / "recipe.yaml", text);
    return plan(read_recipe(folder_ / "recipe.yaml"));
  }
  std::string fault_of(const std::string& text) {
    try {
      plan_of(text);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  fs::path folder_ = fs::temp_directory_path() / ("troodon_recipe_" + std::to_string(::getpid()));
};

/// The value after an option.
std::string value(const Command& command, const std::string& option) {
  const auto found = std::ranges::find(command.words, option);
  return found == command.words.end() ? "" : found[1];
}

TEST_F(Recipes, EachStageLooksAtWhatTheLastOneLeft) {
  const auto commands = plan_of(R"(
pictures: heap
model: some_model
stages: [sift, dedup: {threshold: 0.9}, cluster: {clusters: [20, 4]}, sample: {target: 5}, report]
)");
  std::vector<std::string> stages;
  for (const Command& command : commands) stages.push_back(command.stage);
  EXPECT_EQ(stages,
            (std::vector<std::string>{"embed", "sift", "dedup", "cluster", "sample", "report"}));
  EXPECT_EQ(commands[0].words[1], (folder_ / "heap").string());
  EXPECT_EQ(value(commands[1], "--only"), "");
  EXPECT_EQ(value(commands[2], "--only"), value(commands[1], "--out"));
  EXPECT_EQ(value(commands[2], "--threshold"), "0.9");
  EXPECT_EQ(value(commands[3], "--clusters"), "20,4");
  EXPECT_EQ(value(commands[4], "--clusters"), value(commands[3], "--out"));
  EXPECT_EQ(value(commands[4], "--only"), value(commands[3], "--only"));
}

TEST_F(Recipes, AStageMayLookThroughAnotherNetwork) {
  const auto commands = plan_of(R"(
pictures: heap
model: meaning
stages:
  - dedup: {model: descriptor}
  - match: {model: descriptor, against: [tests/]}
  - retrieve: {seeds: [seeds.npy]}
)");
  ASSERT_EQ(commands.size(), 6U);
  EXPECT_EQ(value(commands[0], "--model"), "meaning");
  EXPECT_NE(value(commands[0], "--looks"), "");
  EXPECT_EQ(value(commands[1], "--model"), "descriptor");
  EXPECT_EQ(value(commands[1], "--looks"), "");
  EXPECT_EQ(commands[2].words[1], value(commands[1], "--out"));
  EXPECT_EQ(value(commands[3], "--model"), "descriptor");
  EXPECT_EQ(value(commands[4], "--against"), value(commands[3], "--out"));
  EXPECT_EQ(value(commands[4], "--against-pictures"), value(commands[3], "--looks"));
  EXPECT_EQ(value(commands[4], "--pictures"), value(commands[0], "--looks"));
  EXPECT_EQ(commands[5].words[1], value(commands[0], "--out"));
  EXPECT_EQ(value(commands[5], "--seeds"), (folder_ / "seeds.npy").string());
}

TEST_F(Recipes, FaultsSayWhatIsMissing) {
  const std::string begin = "pictures: heap\nstages:\n";
  EXPECT_NE(fault_of(begin + "  - cluster\n").find("name a model"), std::string::npos);
  EXPECT_NE(fault_of("model: m\n" + begin + "  - sample: {target: 3}\n").find("put the stage"),
            std::string::npos);
  EXPECT_NE(fault_of("model: m\n" + begin + "  - cluster\n  - sift\n  - sample: {target: 3}\n")
                .find("directly before"),
            std::string::npos);
  EXPECT_NE(fault_of("model: m\n" + begin + "  - match\n").find("against"), std::string::npos);
  EXPECT_NE(fault_of("pictures: heap\n").find("stages"), std::string::npos);
  EXPECT_NE(fault_of("stages: [sift]\n").find("pictures"), std::string::npos);
  EXPECT_NE(fault_of("pictures: {a: b}\nstages: [sift]\n").find("recipe.yaml"), std::string::npos);
}

TEST_F(Recipes, AJournalKnowsWhatIsDoneUntilAFileChanges) {
  write_atomically(folder_ / "in", "1");
  write_atomically(folder_ / "out.csv", "path\n");
  Command command{.stage = "dedup",
                  .words = {"dedup", "it's"},
                  .reads = {folder_ / "in"},
                  .writes = {folder_ / "out.csv"}};
  EXPECT_EQ(text_of(command), "troodon curate dedup 'it'\\''s'");
  Journal journal(folder_);
  EXPECT_FALSE(journal.is_done(command));
  journal.note(command, 1.5, R"({"kept": 3})");
  EXPECT_TRUE(journal.is_done(command));
  EXPECT_TRUE(Journal(folder_).is_done(command));
  Command other = command;
  other.words.push_back("--more");
  EXPECT_FALSE(journal.is_done(other));
  write_atomically(folder_ / "in", "22");
  EXPECT_FALSE(journal.is_done(command));
}

}  // namespace
}  // namespace troodon::recipe
