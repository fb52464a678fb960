// One update of weights and teacher, clipping included: our one pass through memory against
// LibTorch's fused AdamW between a multiplication of the gradients and an interpolation of the
// teacher. Tensors of a ViT-S/14 with the official head.
#include <algorithm>

#include <torch/types.h>

#include "bench.hpp"
#include "kernels/adamw.hpp"
#include "kernels/backend.hpp"
#include "train/teacher.hpp"

using namespace troodon;

namespace {

kernels::AdamWTensors tensors_of(const train::Network& network) {
  kernels::AdamWTensors out;
  for (const torch::Tensor& param : network->parameters()) {
    out.params.push_back(param.detach());
    for (auto* list : {&out.gradients, &out.means, &out.averages})
      list->push_back(torch::randn(param.sizes()));
    out.squares.push_back(torch::rand(param.sizes()));
    out.steps.push_back(torch::ones({}));
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  kernels::prepare_process(argv);
  int threads = 2, rounds = 15;
  CLI::App app("Times one update of weights and teacher.");
  app.add_option("--threads", threads), app.add_option("--rounds", rounds);
  CLI11_PARSE(app, argc, argv);
  kernels::use_threads(threads);
  const train::TrainConfig config = train::load_config(
      {}, {"student.arch=vit_small", "student.patch_size=14", "crops.local_crops_size=98"});
  const train::Network network(config.student_vit(), config);
  const kernels::AdamWTensors tensors = tensors_of(network);
  const kernels::AdamWRates rates{
      .lr = 1e-6, .weight_decay = 0.04, .gradient_factor = 0.999, .momentum = 0.99};
  std::vector<double> ours, plain;
  for (int round = 0; round <= rounds; ++round) {
    const double a = bench::seconds_of([&] { kernels::adamw(tensors, rates); });
    const double b = bench::seconds_of([&] { kernels::adamw_plain(tensors, rates); });
    if (round > 0) ours.push_back(1e3 * a), plain.push_back(1e3 * b);
  }
  int64_t numbers = 0;
  for (const torch::Tensor& param : tensors.params) numbers += param.numel();
  fmt::print("{}\n", kernels::description());
  fmt::print(
      "update of {:.1f} M parameters: ours {:.1f} ms, LibTorch {:.1f} ms, {:.2f}x; medians "
      "of {} in turns\n",
      static_cast<double>(numbers) / 1e6,
      bench::median(ours),
      bench::median(plain),
      bench::median(plain) / bench::median(ours),
      rounds);
}
