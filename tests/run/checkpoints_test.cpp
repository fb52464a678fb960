#include "run/checkpoints.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "model/checkpoint.hpp"
#include "small_run.hpp"

namespace troodon::run {
namespace {

distributed::Alone alone;
const int64_t kCropSize = small_config().crops.global_crops_size;

bool same_weights(const train::Network& a, const train::Network& b) {
  const auto other = b->named_parameters();
  for (const auto& item : a->named_parameters()) {
    if (!torch::equal(item.value(), other[item.key()])) return false;
  }
  return true;
}

TEST(Checkpoints, BringBackEveryTensor) {
  const data::Folder folder;
  const auto config = small_config();
  train::State saved = small_state(config, 1), other = small_state(config, 2);
  {
    const torch::NoGradGuard frozen;
    saved.teacher->parameters().front().add_(1);  // teacher and student differ
  }
  saved.centers.dino.value = torch::randn({1, 12});
  ASSERT_FALSE(same_weights(saved.student, other.student));
  save_checkpoint(folder.path(), saved, 7, "a: 1\n", 3, alone);

  const auto found = latest_checkpoint(folder.path());
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->step, 7);
  EXPECT_EQ(found->config_yaml, "a: 1\n");
  load_checkpoint(*found, other, alone);
  EXPECT_TRUE(same_weights(saved.student, other.student));
  EXPECT_TRUE(same_weights(saved.teacher, other.teacher));
  EXPECT_FALSE(same_weights(other.teacher, other.student));
  EXPECT_TRUE(torch::equal(saved.centers.dino.value, other.centers.dino.value));
}

TEST(Checkpoints, BringBackTheLossScale) {
  const data::Folder folder;
  train::State saved = small_state(small_config(), 1), other = small_state(small_config(), 1);
  saved.loss_scale = {.used = true, .value = 512, .good_steps = 7};
  other.loss_scale = {.used = true, .value = 65536};
  save_checkpoint(folder.path(), saved, 1, "", 3, alone);
  load_checkpoint(*latest_checkpoint(folder.path()), other, alone);
  EXPECT_EQ(other.loss_scale.value, 512);
  EXPECT_EQ(other.loss_scale.good_steps, 7);
}

TEST(Checkpoints, OnlyTheNewestStay) {
  const data::Folder folder;
  train::State state = small_state(small_config(), 1);
  for (int64_t step = 1; step <= 4; ++step)
    save_checkpoint(folder.path(), state, step, "", 2, alone);
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.path() / "checkpoints")) {
    ++files;
  }
  EXPECT_EQ(files, 4U);  // two checkpoints, two sidecars
  EXPECT_EQ(latest_checkpoint(folder.path())->step, 4);
}

TEST(Checkpoints, ADamagedOneIsPassedOver) {
  const data::Folder folder;
  train::State state = small_state(small_config(), 1);
  save_checkpoint(folder.path(), state, 1, "", 3, alone);
  save_checkpoint(folder.path(), state, 2, "", 3, alone);
  const fs::path newest = latest_checkpoint(folder.path())->file;
  std::string bytes = read_text(newest);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_atomically(newest, bytes);
  EXPECT_EQ(latest_checkpoint(folder.path())->step, 1);
  EXPECT_FALSE(latest_checkpoint(folder.path() / "elsewhere").has_value());
}

TEST(Checkpoints, OfAnotherNetworkAreRefusedByName) {
  const data::Folder folder;
  train::State narrow = small_state(small_config(), 1);
  save_checkpoint(folder.path(), narrow, 1, "", 3, alone);
  train::State wider = small_state(small_config({"dino.head_n_prototypes=13"}), 1);
  try {
    load_checkpoint(*latest_checkpoint(folder.path()), wider, alone);
    FAIL() << "a head of 12 prototypes went into one of 13";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("last_layer"), std::string::npos) << error.what();
  }
}

TEST(Checkpoints, TheExportedTeacherIsABackboneThatKnowsItsSize) {
  const data::Folder folder;
  train::State state = small_state(small_config(), 1);
  export_teacher(folder.path() / "teacher.safetensors", state, 24);
  const auto backbone = model::load_backbone(folder.path() / "teacher.safetensors");
  EXPECT_EQ(backbone.image_size, 24);
  EXPECT_EQ(backbone.config.num_heads, 2);
  EXPECT_TRUE(torch::equal(backbone.network->named_parameters()["cls_token"],
                           state.teacher->backbone->named_parameters()["cls_token"]));
}

TEST(StartFrom, GivesStudentAndTeacherTheBackboneAndLeavesTheHeads) {
  const data::Folder folder;
  train::State trained = small_state(small_config(), 1), fresh = small_state(small_config(), 2);
  export_teacher(folder.path() / "teacher.safetensors", trained, 24);
  const auto head = fresh.student->dino_head->parameters().front().clone();
  start_from(folder.path() / "teacher.safetensors", fresh, alone);
  const auto wanted = trained.teacher->backbone->named_parameters();
  for (const auto& item : fresh.student->backbone->named_parameters()) {
    EXPECT_TRUE(torch::equal(item.value(), wanted[item.key()])) << item.key();
  }
  EXPECT_TRUE(same_weights(fresh.student, fresh.teacher));
  EXPECT_TRUE(torch::equal(head, fresh.student->dino_head->parameters().front()));
}

TEST(StartFrom, ReadsPositionsAtTheNewCropSize) {
  const data::Folder folder;
  train::State trained = small_state(small_config(), 1);
  export_teacher(folder.path() / "teacher.safetensors", trained, 24);
  const auto larger = small_config({"crops.global_crops_size=" + std::to_string(2 * kCropSize)});
  train::State fresh = small_state(larger, 2);
  start_from(folder.path() / "teacher.safetensors", fresh, alone);
  const auto positions = fresh.student->backbone->named_parameters()["pos_embed"];
  const auto old = trained.teacher->backbone->named_parameters()["pos_embed"];
  EXPECT_EQ(positions.size(1) - 1, 4 * (old.size(1) - 1));
  EXPECT_TRUE(torch::equal(positions.select(1, 0), old.select(1, 0)));  // the class token's
}

}  // namespace
}  // namespace troodon::run
