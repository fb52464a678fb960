#include <gtest/gtest.h>

#include "base/interrupt.hpp"
#include "model/checkpoint.hpp"
#include "run/checkpoints.hpp"
#include "run/pretrain.hpp"
#include "small_run.hpp"

namespace troodon::run {
namespace {

/// A trained teacher, and students that it may have.
struct School {
  data::Folder folder;

  School() {
    put_pictures(folder, 16, 5);
    pretrain(small_config({"student.arch=vit_32x2x2", "troodon.max_steps=3"}), options("teacher"));
  }
  RunOptions options(const std::string& name, bool resume = false) const {
    return {.data = folder.path().string(),
            .out = folder.path() / "runs" / name,
            .resume = resume,
            .progress = ProgressStyle::none};
  }
  train::TrainConfig config(const std::string& arch, int64_t steps = 6) const {
    return small_config(
        {"student.arch=" + arch,
         "optim.warmup_epochs=0",
         "troodon.save_every=2",
         "troodon.max_steps=" + std::to_string(steps),
         "distillation.checkpoint_path='" + (folder.path() / "runs/teacher").string() + "'"});
  }
  std::vector<torch::Tensor> weights(const std::string& name) const {
    return model::load_backbone(folder.path() / "runs" / name / "teacher.safetensors")
        .network->parameters();
  }
};

void expect_equal(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(torch::equal(a[i], b[i])) << i;
}

TEST(Students, LearnTogetherWhatTheyWouldLearnAlone) {
  const School school;
  pretrain(school.config("vit_16x2x2"), school.options("narrow"));
  pretrain(school.config("vit_24x1x2"), school.options("flat"));
  const auto results =
      pretrain_together({{school.config("vit_16x2x2"), school.options("both/narrow")},
                         {school.config("vit_24x1x2"), school.options("both/flat")}});
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[1].steps, 6);
  expect_equal(school.weights("narrow"), school.weights("both/narrow"));
  expect_equal(school.weights("flat"), school.weights("both/flat"));
}

TEST(Students, GoOnFromTheLastStepThatAllOfThemSaved) {
  const School school;
  const auto start = [&](bool resume) {
    return pretrain_together({{school.config("vit_16x2x2"), school.options("a", resume)},
                              {school.config("vit_24x1x2"), school.options("b", resume)}});
  };
  start(false);
  const auto first = school.weights("a"), second = school.weights("b");
  // As if the machine had died when one of them had saved step 4 and the other had not.
  for (const auto& [name, kept] : {std::pair("a", 4), {"b", 2}}) {
    const fs::path folder = school.folder.path() / "runs" / name / "checkpoints";
    for (int step = kept + 2; step <= 6; step += 2)
      fs::remove(folder / fmt::format("step_{:07d}.json", step));
  }
  const auto results = start(true);
  EXPECT_EQ(results[0].steps_now, 4);
  EXPECT_EQ(results[1].steps_now, 4);
  expect_equal(first, school.weights("a"));
  expect_equal(second, school.weights("b"));
}

TEST(Students, MustDifferInThemselvesAlone) {
  const School school;
  auto other = school.config("vit_24x1x2");
  other.optim.base_lr = 1;
  EXPECT_THROW(pretrain_together({{school.config("vit_16x2x2"), school.options("a")},
                                  {other, school.options("b")}}),
               Error);
  EXPECT_THROW(pretrain_together(
                   {{small_config(), school.options("a")}, {small_config(), school.options("b")}}),
               Error);
}

}  // namespace
}  // namespace troodon::run
