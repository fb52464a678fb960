#include "base/error.hpp"
#include "infer/small_source.hpp"
#include "infer/twin.hpp"
#include "store/feature_file.hpp"

namespace troodon::infer {
namespace {

using BaselinesTest = ExtractTest;

TEST_F(BaselinesTest, AnUntrainedTwinIsTheSameNetworkWithOtherWeights) {
  const fs::path twin = untrained_twin(options_.model, folder_ / "twins", 3);
  const auto trained = model::load_backbone(options_.model), fresh = model::load_backbone(twin);
  EXPECT_EQ(trained.config, fresh.config);
  EXPECT_EQ(trained.image_size, fresh.image_size);
  const auto &a = trained.network->named_parameters(), &b = fresh.network->named_parameters();
  const std::string name = "blocks.1.attn.qkv.weight";
  EXPECT_GT((a[name] - b[name]).abs().max().item<float>(), 1e-3);
  EXPECT_NEAR(b[name].std().item<float>(), 0.02, 0.002);  // the official initialisation
  EXPECT_EQ(b["blocks.1.attn.qkv.bias"].abs().max().item<float>(), 0);
}

TEST_F(BaselinesTest, TwinsAreMadeOncePerSeedAndDisturbNoDraws) {
  const fs::path folder = folder_ / "twins";
  torch::manual_seed(5);
  const float wanted = torch::rand({1}).item<float>();
  torch::manual_seed(5);
  const fs::path twin = untrained_twin(options_.model, folder, 3);
  EXPECT_EQ(torch::rand({1}).item<float>(), wanted);
  const auto written = fs::last_write_time(twin);
  EXPECT_EQ(untrained_twin(options_.model, folder, 3), twin);
  EXPECT_EQ(fs::last_write_time(twin), written);
  const fs::path other = untrained_twin(options_.model, folder, 4);
  EXPECT_NE(read_text(other), read_text(twin));
  EXPECT_EQ(read_text(untrained_twin(options_.model, folder_ / "again", 3)), read_text(twin));
  EXPECT_THROW(untrained_twin("hog", folder), Error);
}

TEST_F(BaselinesTest, ClassicalNamesAreModels) {
  ExtractOptions options = to("hog.safetensors");
  options.model = "hog";
  EXPECT_EQ(extract(options).item_shape, (std::vector<int64_t>{4356}));
  const store::FeatureFile file = store::open_features(options.out);
  EXPECT_EQ(file.rows, 11);
  EXPECT_EQ(file.metadata.at("backend"), "classical");
  EXPECT_NE(file.metadata.at("model").find("never trained"), std::string::npos);
  Embedder dense("colour", {.size = 32, .output = Output::blocks, .layers = 4});
  EXPECT_EQ(dense.depth(), 1);
  EXPECT_EQ(dense.patch_size(), 8);
  EXPECT_EQ(dense.item_shape(16, 32), (std::vector<int64_t>{1, 9, 12}));
  EXPECT_THROW(Embedder("colour", {.size = 30}), Error);
  EXPECT_THROW(Embedder("hog", {.precision = Precision::bf16}), Error);
  EXPECT_THROW(Embedder("hogg"), Error);
}

TEST_F(BaselinesTest, ProbeIsExtractedAsLayersAndTheMeanPatch) {
  ExtractOptions options = to("probe.safetensors");
  options.embed.output = Output::probe;
  options.embed.layers = 7;  // more than there are
  EXPECT_EQ(extract(options).item_shape, (std::vector<int64_t>{3, 32}));
  options = to("blocks.safetensors");
  options.embed.output = Output::blocks;
  options.embed.blocks = {0};
  EXPECT_EQ(extract(options).item_shape, (std::vector<int64_t>{1, 17, 32}));
  options.out = folder_ / "no.safetensors";
  options.resize = Resize::fit;
  EXPECT_THROW(extract(options), Error);
  options.resize = Resize::crop;
  options.embed.blocks = {1, 0};
  EXPECT_THROW(extract(options), Error);
}

}  // namespace
}  // namespace troodon::infer
