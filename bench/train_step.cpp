// One training step on random tensors, as bench/peers/train_step.py does it: same network, same
// crops, same masks' share, fp32 unless --bf16. With --peak-tflops (of the device, dense, at that
// precision) also model FLOP utilisation: step_flops() a second of that peak.
#include <torch/types.h>

#include "bench.hpp"
#include "flops.hpp"
#include "kernels/backend.hpp"
#include "random_batch.hpp"
#include "run/memory_report.hpp"
#include "train/step.hpp"

using namespace troodon;

namespace {

struct Args {
  int64_t dim = 384, depth = 12, heads = 6, patch = 16, global_size = 224, local_size = 96,
          locals = 8, batch = 8;
  int64_t prototypes = 65536, hidden = 2048, bottleneck = 256, steps = 10, warmup = 2;
  int threads = 2;
  double drop_path = 0, peak_tflops = 0;
  bool separate_head = false, bf16 = false;
  std::string device = "cpu";
};

Args parse(int argc, char** argv) {
  Args args;
  CLI::App app("Times one training step.");
  app.add_option("--dim", args.dim), app.add_option("--depth", args.depth),
      app.add_option("--heads", args.heads);
  app.add_option("--patch", args.patch), app.add_option("--global-size", args.global_size);
  app.add_option("--local-size", args.local_size), app.add_option("--locals", args.locals);
  app.add_option("--batch", args.batch), app.add_option("--prototypes", args.prototypes);
  app.add_option("--hidden", args.hidden), app.add_option("--bottleneck", args.bottleneck);
  app.add_option("--steps", args.steps), app.add_option("--warmup", args.warmup),
      app.add_option("--threads", args.threads);
  app.add_option("--drop-path", args.drop_path), app.add_option("--device", args.device);
  app.add_option("--peak-tflops", args.peak_tflops);
  app.add_flag("--separate-head", args.separate_head), app.add_flag("--bf16", args.bf16);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return args;
}

train::TrainConfig config_of(const Args& args) {
  train::TrainConfig config;
  config.student.arch = fmt::format("vit_{}x{}x{}", args.dim, args.depth, args.heads);
  config.student.patch_size = args.patch;
  config.student.drop_path_rate = args.drop_path;
  config.crops.global_crops_size = args.global_size;
  config.crops.local_crops_size = args.local_size;
  config.crops.local_crops_number = args.locals;
  config.train.batch_size_per_gpu = args.batch;
  config.train.centering = "sinkhorn_knopp";
  config.ibot.separate_head = args.separate_head;
  config.dino.head_n_prototypes = config.ibot.head_n_prototypes = args.prototypes;
  config.dino.head_hidden_dim = config.ibot.head_hidden_dim = args.hidden;
  config.dino.head_bottleneck_dim = config.ibot.head_bottleneck_dim = args.bottleneck;
  return config;
}

}  // namespace

int main(int argc, char** argv) {
  kernels::prepare_process(argv);
  const Args args = parse(argc, argv);
  kernels::use_threads(args.threads);
  kernels::keep_freed_memory();
  torch::manual_seed(0);
  const torch::Device device(args.device);
  const train::TrainConfig config = config_of(args);
  train::State state(config, device);
  const train::Batch batch = bench::random_batch(config).to(device, torch::kFloat);
  distributed::Alone ranks;
  const train::Rates rates = bench::some_rates();
  const auto types = train::all_products(args.bf16 ? torch::kBFloat16 : torch::kFloat);
  std::vector<double> samples;
  for (int64_t step = 0; step < args.warmup + args.steps; ++step) {
    const double seconds = bench::seconds_of([&] {
      train::train_step(state, batch, rates, {config, ranks, step, types});
      state.teacher->parameters().back().flatten()[0].item<float>();  // waits for the device
    });
    if (step >= args.warmup) samples.push_back(static_cast<double>(args.batch) / seconds);
  }
  if (args.peak_tflops > 0) {
    const double seconds = static_cast<double>(args.batch) / bench::median(samples);
    const double flops = bench::step_flops(config, batch.mask_indices.numel());
    fmt::print(stderr,
               "{:.3f} TFLOP a step, {:.1f} TFLOP/s, {:.1f} % of the peak; {} MiB at most\n",
               flops / 1e12,
               flops / seconds / 1e12,
               100 * flops / seconds / (args.peak_tflops * 1e12),
               run::memory_use(device).peak >> 20);
  }
  bench::print_samples(
      args.bf16 ? "training step, bf16" : "training step, fp32", "images/s", samples);
}
