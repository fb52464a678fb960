#include "zoo/cache.hpp"

#include <cstdlib>
#include <unistd.h>

#include <gtest/gtest.h>

#include "zoo/digest.hpp"
#include "zoo/fetch.hpp"
#include "zoo/transfer.hpp"

namespace troodon::zoo {
namespace {

class CacheTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root_); }
  void TearDown() override { fs::remove_all(root_); }
  Caches here() const {
    return {.own = root_ / "own", .torch_hub = root_ / "hub", .hugging_face = root_ / "hf"};
  }
  void put(const std::string& name, const std::string& text = "") const {
    write_atomically(root_ / name, text);
  }
  fs::path root_ = fs::temp_directory_path() / ("troodon_zoo_" + std::to_string(::getpid()));
};

TEST_F(CacheTest, OurFolderComesBeforeTorchHubAndThatBeforeHuggingFace) {
  const Released model = *released("vits14");
  EXPECT_FALSE(find_released(model, here()));
  const std::string snapshot = "hf/models--facebook--dinov2-small/snapshots/abc/";
  put(snapshot + "config.json");
  EXPECT_FALSE(find_released(model, here())) << "a snapshot without weights";
  put(snapshot + "model.safetensors");
  EXPECT_EQ(find_released(model, here())->filename(), "abc");
  put("hub/dinov2_vits14_pretrain.pth");
  EXPECT_EQ(*find_released(model, here()), root_ / "hub/dinov2_vits14_pretrain.pth");
  put("own/dinov2_vits14_pretrain.safetensors");
  EXPECT_EQ(*find_released(model, here()), root_ / "own/dinov2_vits14_pretrain.safetensors");
}

TEST_F(CacheTest, TheSnapshotThatMainNamesWins) {
  for (const char* commit : {"abc", "def"}) {
    const std::string folder = "hf/models--timm--vit_small_patch14_dinov2.lvd142m/snapshots/";
    put(folder + commit + "/config.json");
    put(folder + commit + "/model.safetensors");
  }
  put("hf/models--timm--vit_small_patch14_dinov2.lvd142m/refs/main", "abc");
  EXPECT_EQ(find_released(*released("vits14"), here())->filename(), "abc");
}

TEST_F(CacheTest, AMissingModelIsOneSentenceWithFileSizeAndCommand) {
  const std::string text = how_to_get("vits14", *released("vits14"));
  for (const char* part :
       {"`troodon fetch vits14`", "dinov2_vits14_pretrain.pth", "88 MB", "not on this machine"}) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

TEST_F(CacheTest, DigestsAreThoseOfTheStandard) {
  if (!can_fetch()) GTEST_SKIP() << "skipped: built without OpenSSL";
  put("abc", "abc");  // FIPS 180-2, appendix B.1
  EXPECT_EQ(sha256_of_file(root_ / "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  put("none");
  EXPECT_EQ(sha256_of_file(root_ / "none"),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(DigestInName, IsWhatTorchHubPutsThere) {
  EXPECT_EQ(digest_in_name("resnet18-f37072fd.pth"), "f37072fd");
  EXPECT_EQ(digest_in_name("dinov2_vits14_pretrain.pth"), "");
  EXPECT_EQ(digest_in_name("a-small.pth"), "");
  EXPECT_EQ(digest_in_name("a-0123456.pth"), "");
  EXPECT_EQ(digest_in_name("a-backbone1.pth"), "");
}

}  // namespace
}  // namespace troodon::zoo
