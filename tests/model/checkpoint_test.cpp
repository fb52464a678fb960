#include "model/checkpoint.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "model/arch.hpp"
#include "model/head.hpp"
#include "model/pickle.hpp"
#include "model/scratch.hpp"
#include "model/torch_file.hpp"

namespace troodon::model {
namespace {

VisionTransformer tiny_network() {
  VitConfig config = arch_config("vit_32x2x2", 4);
  config.img_size = 16;
  config.init_values = 1;
  return VisionTransformer(config);
}

std::string error_of(const auto& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

Pickle pickle_of(const std::string& text) {
  return read_pickle(std::as_bytes(std::span(text)), "test");
}

TEST(Checkpoint, BothFormatsGiveTheSameNetworkBack) {
  const Scratch scratch;
  VisionTransformer network = tiny_network();
  network->eval();
  const Tensor x = torch::rand({2, 3, 16, 16});
  for (const char* name : {"a.safetensors", "a.pth"}) {
    write_backbone(scratch.path / name, network);
    Backbone loaded = load_backbone(scratch.path / name, {.num_heads = 2});
    EXPECT_TRUE(torch::equal(loaded.network->forward(x), network->forward(x))) << name;
    EXPECT_FALSE(loaded.network->is_training());
  }
}

TEST(Checkpoint, AHeaderWhoseLengthReadsLikeAnotherFormatIsNoMistake) {
  const Scratch scratch;
  const fs::path path = scratch.path / "a.safetensors";
  StateDict state{.tensors = {{"x", torch::rand({3})}}, .metadata = {}};
  bool met = false;
  for (size_t more = 500; more < 640 && !met; ++more) {
    state.metadata["note"] = std::string(more, 'n');
    write_checkpoint(path, state);
    met = read_text(path).starts_with("\x80\x02");  // 640 bytes, or a pickle of protocol 2
  }
  ASSERT_TRUE(met);
  EXPECT_TRUE(torch::equal(*read_checkpoint(path).find("x"), state.tensors[0].second));
}

TEST(Checkpoint, ShapesAloneTakeNoMemoryAndTellTheSameNetwork) {
  const Scratch scratch;
  VisionTransformer network = tiny_network();
  for (const char* name : {"a.safetensors", "a.pth"}) {
    write_backbone(scratch.path / name, network);
    const StateDict shapes = read_checkpoint(scratch.path / name, Contents::shapes);
    for (const auto& [key, value] : shapes.tensors) EXPECT_TRUE(value.is_meta()) << key;
    EXPECT_EQ(deduce_config(select_backbone(shapes), 2).depth, 2) << name;
  }
}

TEST(Checkpoint, HalfPrecisionFilesAreReadAsFloats) {
  const Scratch scratch;
  VisionTransformer network = tiny_network();
  for (const auto type : {torch::kHalf, torch::kBFloat16}) {
    for (const char* name : {"a.safetensors", "a.pth"}) {
      StateDict state = state_of(*network);
      for (auto& [key, value] : state.tensors) value = value.to(type);
      write_checkpoint(scratch.path / name, state);
      Backbone loaded = load_backbone(scratch.path / name, {.num_heads = 2});
      for (const auto& parameter : loaded.network->named_parameters()) {
        EXPECT_EQ(parameter.value().scalar_type(), torch::kFloat);
        EXPECT_TRUE(
            torch::equal(parameter.value(), state.find(parameter.key())->to(torch::kFloat)));
      }
    }
  }
}

TEST(Checkpoint, TakingAStateLeavesNoSecondCopyAndNoSharedStorage) {
  VisionTransformer network = tiny_network();
  StateDict state;
  Tensor flat = torch::rand({100000});
  int64_t at = 0;
  for (const auto& parameter : network->named_parameters()) {
    const Tensor& p = parameter.value();
    state.tensors.emplace_back(parameter.key(), flat.slice(0, at, at + p.numel()).view(p.sizes()));
    at += p.numel();
  }
  const Tensor whole = torch::rand({1, 1, 32});
  state.tensors[0].second = whole;
  take_state(*network, std::move(state), "test");
  EXPECT_TRUE(state.tensors.empty());
  const auto parameters = network->named_parameters();
  EXPECT_EQ(parameters["cls_token"].data_ptr(), whole.data_ptr());
  for (const auto& parameter : parameters) {
    EXPECT_EQ(parameter.value().storage().nbytes(), parameter.value().nbytes()) << parameter.key();
  }
}

TEST(Checkpoint, SafetensorsRemembersTheHeads) {
  const Scratch scratch;
  VisionTransformer network = tiny_network();
  write_backbone(scratch.path / "a.safetensors", network);
  EXPECT_EQ(load_backbone(scratch.path / "a.safetensors").config, network->config());
  EXPECT_EQ(load_backbone(scratch.path / "a.safetensors").image_size, 0);
}

TEST(Checkpoint, SafetensorsRemembersTheSizeForWholePictures) {
  const Scratch scratch;
  VisionTransformer network = tiny_network();
  write_backbone(scratch.path / "a.safetensors", network, 96);
  EXPECT_EQ(load_backbone(scratch.path / "a.safetensors").image_size, 96);
  StateDict state = state_of(*network);
  state.metadata[kImageSizeMetadata] = "96 pixels";
  write_checkpoint(scratch.path / "b.safetensors", state);
  EXPECT_EQ(load_backbone(scratch.path / "b.safetensors", {.num_heads = 2}).image_size, 0);
}

TEST(Checkpoint, PyTorchReadsOurPth) {
  const char* source = std::getenv("TROODON_SOURCE");
  const fs::path python = fs::path(source == nullptr ? "." : source) / ".venv/bin/python";
  if (!fs::exists(python)) GTEST_SKIP() << "no Python with torch at " << python;
  const Scratch scratch;
  const std::vector<NamedTensor> state = {{"a", torch::arange(6).reshape({2, 3}).to(torch::kFloat)},
                                          {"b.half", torch::ones({3}, torch::kHalf)},
                                          {"scalar", torch::tensor(7)}};
  write_torch_file(scratch.path / "a.pth", state);
  const std::string script = fmt::format(
      "import torch; d = torch.load('{}', weights_only=True); assert list(d) == ['a', 'b.half', "
      "'scalar']; "
      "assert d['a'].tolist() == [[0, 1, 2], [3, 4, 5]]; assert d['b.half'].dtype == "
      "torch.float16; "
      "assert d['scalar'].item() == 7",
      (scratch.path / "a.pth").string());
  EXPECT_EQ(std::system(fmt::format("{} -c \"{}\"", python.string(), script).c_str()), 0);
}

TEST(Checkpoint, TakesTheNetworkAskedForOutOfATrainingCheckpoint) {
  StateDict state;
  for (const char* name : {"model.teacher.backbone.blocks.1.6.norm1.bias",
                           "model.student.backbone.module.norm.bias",
                           "model.teacher.dino_head.mlp.0.bias",
                           "optimizer.state.0.step"}) {
    state.tensors.emplace_back(name, torch::zeros({1}));
  }
  const StateDict teacher = select_backbone(state);
  ASSERT_EQ(teacher.tensors.size(), 1U);
  EXPECT_EQ(teacher.tensors[0].first, "blocks.6.norm1.bias");
  EXPECT_EQ(select_backbone(state, Network::student).tensors.at(0).first, "norm.bias");
  EXPECT_EQ(select_head(state, "dino_head").tensors.at(0).first, "mlp.0.bias");
  EXPECT_TRUE(select_head(state, "ibot_head").tensors.empty());
}

TEST(Checkpoint, ReadsBothSpellingsOfWeightNorm) {
  DINOHead head(HeadConfig{.in_dim = 4, .out_dim = 5, .nlayers = 1, .bottleneck_dim = 3});
  StateDict state;
  for (const auto& [name, value] : state_of(*head).tensors) {
    std::string spelt = "teacher.dino_head." + name;
    if (name.ends_with("weight_g"))
      spelt = "teacher.dino_head.last_layer.parametrizations.weight.original0";
    if (name.ends_with("weight_v"))
      spelt = "teacher.dino_head.last_layer.parametrizations.weight.original1";
    state.tensors.emplace_back(spelt, value + 1);
  }
  load_state(*head, select_head(state, "dino_head"), "test");
  EXPECT_TRUE(
      torch::equal(head->named_parameters()["last_layer.weight_g"], torch::full({5, 1}, 2.0F)));
}

TEST(Checkpoint, ErrorsNameTheTensorTheShapesAndTheClosestName) {
  VisionTransformer network = tiny_network();
  StateDict state = state_of(*network);
  state.tensors[0].first = "cls_tokens";
  EXPECT_NE(error_of([&] {
              load_state(*network, state, "f");
            }).find("no weight 'cls_token' (closest: 'cls_tokens')"),
            std::string::npos);
  state.tensors[0] = {"cls_token", torch::zeros({1, 1, 7})};
  EXPECT_NE(error_of([&] {
              load_state(*network, state, "f");
            }).find("'cls_token' is [1,1,7], this model wants [1,1,32]"),
            std::string::npos);
  state.tensors[0].second = torch::zeros({1, 1, 32});
  state.tensors.emplace_back("norm.weights", torch::zeros({1}));
  EXPECT_NE(
      error_of([&] { load_state(*network, state, "f"); }).find("unknown weight 'norm.weights'"),
      std::string::npos);
}

TEST(Checkpoint, MetadataThatContradictsTheWeightsIsRefused) {
  VisionTransformer network = tiny_network();
  StateDict state = state_of(*network);
  VitConfig wrong = network->config();
  wrong.depth = 1000000;
  state.metadata[kVitMetadata] = to_json(wrong);
  EXPECT_THROW(deduce_config(state), Error);
}

TEST(Checkpoint, EveryCutAndEveryFlippedByteIsAnErrorOrReads) {
  const Scratch scratch;
  const fs::path good = scratch.path / "a.pth", bad = scratch.path / "b.pth";
  const std::vector<NamedTensor> state = {{"a", torch::rand({2, 3})}, {"b", torch::rand({4})}};
  write_torch_file(good, state);
  const std::string bytes = read_text(good);
  const uint64_t seed = 11;
  Random random(seed);
  for (int i = 0; i < 400; ++i) {
    std::string damaged = bytes;
    const auto at = static_cast<size_t>(random.integer(0, static_cast<int64_t>(bytes.size()) - 1));
    if (i % 2 == 0) {
      damaged.resize(at);
    } else {
      damaged[at] = static_cast<char>(random.integer(0, 255));
    }
    write_atomically(bad, damaged);
    try {
      for (const auto& [name, tensor] : read_torch_file(bad)) (void)tensor.sum();
    } catch (const Error&) {
    }  // any other exception, or a crash, fails this test
  }
  SUCCEED() << "seed " << seed;
}

TEST(Pickle, RefusesAForeignGlobalByName) {
  const std::string evil =
      "\x80\x02"
      "cposix\nsystem\nX\x02\x00\x00\x00id\x85R.";
  EXPECT_NE(error_of([&] { pickle_of(evil); }).find("'posix.system'"), std::string::npos);
}

TEST(Pickle, RefusesWhatIsCutShort) {
  const std::string whole(
      "\x80\x02}X\x01\x00\x00\x00"
      "aK\x05s.",
      13);
  EXPECT_EQ(pickle_of(whole).bytes, whole.size());
  for (size_t n = 0; n < whole.size(); ++n) EXPECT_THROW(pickle_of(whole.substr(0, n)), Error) << n;
}

TEST(Pickle, DeepNestingDoesNotExhaustTheStack) {
  std::string deep = "\x80\x02)";
  deep.append(1000000, '\x85');
  EXPECT_NO_THROW(pickle_of(deep + "."));
}

TEST(Pickle, ReadsNegativeAndLongIntegers) {
  EXPECT_EQ(*pickle_of(std::string("J\xfe\xff\xff\xff.")).root->as<int64_t>(), -2);
  EXPECT_EQ(*pickle_of(std::string("\x8a\x02\x00\xff.", 5)).root->as<int64_t>(), -256);
  EXPECT_NE(pickle_of("\x8a\x0a"
                      "0123456789.")
                .root->as<PickleOpaque>(),
            nullptr);
}

}  // namespace
}  // namespace troodon::model
