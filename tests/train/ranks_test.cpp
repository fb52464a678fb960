#include <memory>
#include <mutex>

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "distributed/threads.hpp"
#include "small_network.hpp"
#include "train/losses.hpp"

// What several ranks must make of a step, whether each holds everything or its part.
namespace troodon::train {
namespace {

using distributed::Communicator;
using distributed::run_ranks;

TEST(KoleoLoss, OverRanksIsThatOfOneProcessWithAllRows) {
  torch::manual_seed(3);
  const Tensor rows = torch::randn({8, 5});
  Tensor together = rows.clone().requires_grad_();
  const Tensor expected = koleo_loss(together);
  expected.backward();
  run_ranks(4, [&](Communicator& ranks) {
    const int64_t from = 2 * ranks.rank();
    Tensor mine = rows.slice(0, from, from + 2).clone().requires_grad_();
    const Tensor loss = koleo_loss_over_ranks(mine, ranks);
    loss.backward();
    Tensor mean = loss.detach().clone();
    ranks.all_reduce(mean);
    EXPECT_NEAR(mean.item<double>() / 4, expected.item<double>(), 1e-6);
    // Gradients are averaged over ranks later on.
    EXPECT_TRUE((mine.grad() / 4).allclose(together.grad().slice(0, from, from + 2), 1e-5, 1e-7));
  });
}

TEST(KoleoLoss, PerRankSeesOnlyItsOwnRows) {
  const Tensor rows = torch::eye(4);
  run_ranks(2, [&](Communicator& ranks) {
    const Tensor same = rows.slice(0, 0, 2);  // of both ranks: over ranks each has a twin
    EXPECT_LT(koleo_loss(same).item<double>(), 0);
    EXPECT_GT(koleo_loss_over_ranks(same, ranks).item<double>(), 10);
  });
}

TEST(CentredSoftmax, ByRowsIsThatOfOneProcess) {
  torch::manual_seed(4);
  const Tensor logits = torch::randn({5, 3});
  run_ranks(2, [&](Communicator& ranks) {
    const Tensor mine = ranks.rank() == 0 ? logits.slice(0, 0, 4) : logits.slice(0, 4);
    Center by_rows{.by_rows = true}, by_ranks;
    centred_softmax(mine, 1, by_rows, ranks), centred_softmax(mine, 1, by_ranks, ranks);
    EXPECT_TRUE(by_rows.pending.allclose(logits.mean(0, true)));
    EXPECT_TRUE(by_ranks.pending.allclose((logits.slice(0, 0, 4).mean(0) + logits[4]) / 2));
  });
}

Batch random_batch(const TrainConfig& config, uint64_t seed) {
  const auto dice = at::make_generator<at::CPUGeneratorImpl>(seed);
  const int64_t b = config.train.batch_size_per_gpu, n = config.crops.local_crops_number;
  const int64_t g = config.crops.global_crops_size, l = config.crops.local_crops_size;
  Batch batch{.global_crops = at::randn({2 * b, 3, g, g}, dice),
              .local_crops = at::randn({n * b, 3, l, l}, dice)};
  batch.masks = torch::zeros({2 * b, config.global_patches()}, torch::kBool);
  batch.masks.slice(1, 0, 3).fill_(true);
  batch.mask_indices = batch.masks.flatten().nonzero().flatten();
  batch.masks_weight = masks_weight(batch.masks);
  return batch;
}

TrainConfig with_sharding(TrainConfig config, const char* sharding) {
  config.troodon.sharding = sharding;
  return config;
}

/// States are made one after the other: their first weights come from one generator.
std::unique_ptr<State> make_state(const TrainConfig& config, Communicator& ranks) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  torch::manual_seed(7);
  at::set_num_threads(1);
  return std::make_unique<State>(config, torch::kCPU, torch::kFloat, &ranks);
}

/// Without the K third of a qkv bias: its true gradient is 0, so Adam amplifies rounding noise.
Tensor comparable(const std::string& name, const Tensor& tensor) {
  if (!name.ends_with("attn.qkv.bias")) return tensor.detach().clone();
  const int64_t dim = tensor.size(0) / 3;
  return at::cat({tensor.detach().slice(0, 0, dim), tensor.detach().slice(0, 2 * dim)});
}

/// The student's weights, whole, after some steps.
std::vector<Tensor> weights_after(int64_t steps, const TrainConfig& config, Communicator& ranks) {
  const auto state = make_state(config, ranks);
  for (int64_t i = 0; i < steps; ++i) {
    const Batch batch = random_batch(config, 10 * i + ranks.rank());
    const StepValues values = train_step(
        *state, batch, Schedules(config, ranks.world_size()).at(i + 1), {config, ranks, i});
    EXPECT_TRUE(values.finite());
  }
  if (state->student_shards) state->student_shards->gather();
  std::vector<Tensor> out;
  for (const auto& item : state->student->named_parameters())
    out.push_back(comparable(item.key(), item.value()));
  return out;
}

TEST(Sharding, ChangesNothingOfWhatIsLearnt) {
  for (const char* more : {"ibot.separate_head=true", "student.drop_path_rate=0.4"}) {
    const TrainConfig config =
        small_config({"optim.lr=1e-2", "optim.warmup_epochs=0", "student.layerscale=0.5", more});
    run_ranks(3, [&](Communicator& ranks) {
      const auto whole = weights_after(4, with_sharding(config, "none"), ranks);
      const auto sharded = weights_after(4, with_sharding(config, "full"), ranks);
      for (size_t i = 0; i < whole.size(); ++i) {
        EXPECT_LT((whole[i] - sharded[i]).abs().max().item<double>(), 2e-5) << "parameter " << i;
      }
    });
  }
}

TEST(Sharding, TakesPartsWithoutAnyGradientAlong) {
  const TrainConfig config = with_sharding(small_config({"crops.local_crops_number=0"}), "full");
  run_ranks(2, [&](Communicator& ranks) { weights_after(2, config, ranks); });
}

/// Bytes of one rank, summed up over live tensors.
struct Memory {
  int64_t student = 0, gradients = 0, moments = 0, teacher = 0;
  int64_t total() const { return student + gradients + moments + teacher; }
};

Memory memory_of(const State& state) {
  Memory out;
  const auto bytes = [](const Network& network, bool gradients) {
    int64_t sum = 0;
    for (const Tensor& param : network->parameters()) {
      const Tensor& counted = gradients ? param.grad() : param;
      if (counted.defined()) sum += static_cast<int64_t>(counted.nbytes());
    }
    return sum;
  };
  for (const auto& [name, tensor] : state.optimizer.state())
    out.moments += static_cast<int64_t>(tensor.nbytes());
  const bool sharded = state.student_shards != nullptr;
  out.student = sharded ? state.student_shards->weight_bytes() : bytes(state.student, false);
  out.gradients = sharded ? state.student_shards->gradient_bytes() : bytes(state.student, true);
  out.teacher = sharded ? state.teacher_shards->weight_bytes() : bytes(state.teacher, false);
  return out;
}

/// Most that rank 0 held at any moment of a step, and what it holds between steps.
std::pair<Memory, Memory> memory_of_a_step(const TrainConfig& config, int64_t world) {
  Memory peak, after;
  run_ranks(world, [&](Communicator& ranks) {
    const auto state = make_state(config, ranks);
    const auto look = [&] {
      const Memory now = memory_of(*state);
      if (ranks.rank() == 0 && now.total() > peak.total()) peak = now;
    };
    if (state->student_shards) {
      state->student_shards->watch(look), state->teacher_shards->watch(look);
    }
    for (int64_t step = 0; step < 2; ++step) {
      const Batch batch = random_batch(config, static_cast<uint64_t>(ranks.rank()));
      train_step(*state, batch, Schedules(config, world).at(step), {config, ranks, step});
      look();
    }
    if (ranks.rank() == 0) after = memory_of(*state);
  });
  return {peak, after};
}

void print_row(const char* what, const Memory& memory, const Memory& one) {
  const auto mb = [](int64_t bytes) { return static_cast<double>(bytes) / 1e6; };
  fmt::print("{:<34} {:>8.1f} {:>9.1f} {:>8.1f} {:>8.1f} {:>8.1f} {:>6.2f}\n",
             what,
             mb(memory.student),
             mb(memory.gradients),
             mb(memory.moments),
             mb(memory.teacher),
             mb(memory.total()),
             static_cast<double>(memory.total()) / static_cast<double>(one.total()));
}

TEST(Sharding, OverFourRanksNeedsLessThanFourTenthsOfTheMemory) {
  const TrainConfig config = small_config({"student.arch=vit_small",
                                           "student.patch_size=14",
                                           "crops.global_crops_size=28",
                                           "crops.local_crops_size=14",
                                           "dino.head_n_prototypes=8192",
                                           "dino.head_hidden_dim=2048",
                                           "dino.head_bottleneck_dim=256",
                                           "train.batch_size_per_gpu=2"});
  const auto [one, one_after] = memory_of_a_step(with_sharding(config, "none"), 1);
  const auto [none, none_after] = memory_of_a_step(with_sharding(config, "none"), 4);
  const auto [full, full_after] = memory_of_a_step(with_sharding(config, "full"), 4);
  fmt::print("{:<34} {:>8} {:>9} {:>8} {:>8} {:>8} {:>6}\n",
             "MB of one rank (ViT-S/14)",
             "student",
             "gradients",
             "moments",
             "teacher",
             "total",
             "part");
  print_row("1 process, highest", one, one);
  print_row("4 ranks, none, highest", none, one);
  print_row("4 ranks, full, highest", full, one);
  print_row("4 ranks, full, between steps", full_after, one);
  EXPECT_EQ(none.total(), one.total());
  EXPECT_LT(static_cast<double>(full.total()), 0.4 * static_cast<double>(one.total()));
  EXPECT_LT(static_cast<double>(full_after.total()), 0.26 * static_cast<double>(one.total()));
}

}  // namespace
}  // namespace troodon::train
