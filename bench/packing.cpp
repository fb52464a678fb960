// A training step at the official crop mix (2x224 + 8x98, patch 14), packed and not: peak memory of
// each way in a process of its own, time of all ways in one process, step by step in turns.
#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <map>

#include <ATen/ATen.h>
#include <fmt/chrono.h>

#include "base/error.hpp"
#include "base/machine.hpp"
#include "bench.hpp"
#include "kernels/backend.hpp"
#include "random_batch.hpp"
#include "run/memory_report.hpp"
#include "train/step.hpp"

using namespace troodon;
using kernels::Lengths;

namespace {

struct Args {
  std::string variant, device = "cpu", out, arch = "vit_small";
  int64_t batch = 8, prototypes = 65536;
  int threads = 2, rounds = 3;
  bool bf16 = false;
};

struct Variant {
  std::string name, says;
};
const std::array kVariants = {
    Variant{"padded", "all crops as long as the longest, attention masked"},
    Variant{"per_size", "one pass per crop size, LibTorch's attention, all logits kept"},
    Variant{"packed", "one packed sequence, our attention, all logits kept"},
    Variant{"everything", "packed, lean blocks, fused loss: the default of a run"},
    Variant{"checkpoint", "everything, and blocks computed again in the backward pass"},
    Variant{"plain",
            "per size, attention by its matrix, all logits kept, fp32 as LibTorch has it"}};

/// Attention of crops padded to one length: local ones see their class token and the first 7 x 7
/// patches of 16 x 16.
torch::Tensor padded_attention(const torch::Tensor& qkv, int64_t heads, const Lengths& lengths) {
  const auto count = static_cast<int64_t>(lengths.size()), length = lengths[0];
  const int64_t side = 16, seen = 7, globals = count / 5;  // 2 of 10 crops
  torch::Tensor mask = torch::ones({count, length}, torch::kBool);
  if (length == 1 + side * side && count > 1) {
    torch::Tensor grid = mask.slice(0, globals).slice(1, 1).view({-1, side, side});
    grid.slice(1, seen).fill_(false), grid.slice(2, seen).fill_(false);
  }
  const auto parts = qkv.view({count, length, 3, heads, -1}).permute({2, 0, 3, 1, 4});
  const auto out = at::scaled_dot_product_attention(
      parts[0], parts[1], parts[2], mask.view({count, 1, 1, length}).to(qkv.device()));
  return out.transpose(1, 2).reshape({count * length, -1});
}

train::TrainConfig config_of(const Args& args, const std::string& variant) {
  train::TrainConfig config;
  config.student.arch = args.arch;
  config.student.patch_size = 14;
  config.student.drop_path_rate = 0;
  config.crops.global_crops_size = 224;
  config.crops.local_crops_size = variant == "padded" ? 224 : 98;
  config.train.batch_size_per_gpu = args.batch;
  config.train.centering = "sinkhorn_knopp";
  config.dino.head_n_prototypes = args.prototypes;
  config.troodon.fused_loss = variant == "everything" || variant == "checkpoint";
  return config;
}

model::NestedPass pass_of(const std::string& variant) {
  if (variant == "padded") return {.attention = padded_attention};
  if (variant == "per_size") return {.packed = false, .attention = kernels::packed_attention_plain};
  if (variant == "packed") return {};
  if (variant == "everything") return {.lean = true};
  if (variant == "checkpoint") return {.checkpoint = true, .lean = true};
  return {.packed = false, .attention = kernels::packed_attention_by_matrix};
}

/// Seconds of one step of this variant. The state may serve all variants.
double step_seconds(train::State& state,
                    const train::Batch& batch,
                    const Args& args,
                    const std::string& variant) {
  const train::TrainConfig config = config_of(args, variant);
  state.student->backbone->nested = pass_of(variant);
  distributed::Alone ranks;
  const train::Rates rates = bench::some_rates();
  const bool plain = variant == "plain";
  const auto type = args.bf16 && !plain ? torch::kBFloat16 : torch::kFloat;
  at::globalContext().setUserEnabledMkldnn(!plain);
  return bench::seconds_of([&] {
    train::train_step(state, batch, rates, {config, ranks, 0, train::all_products(type)});
  });
}

/// In this process: one variant's memory, or the time of all of them. A line of JSON.
int measure(const Args& args) {
  kernels::use_threads(args.threads);
  kernels::keep_freed_memory();
  torch::manual_seed(0);
  const torch::Device device(args.device == "cuda" ? "cuda:0" : args.device);
  const auto batch_of = [&](const std::string& variant) {
    return bench::random_batch(config_of(args, variant)).to(device, torch::kFloat);
  };
  train::State state(config_of(args, "packed"), device);
  nlohmann::json out;
  if (args.variant != "turns") {
    const train::Batch batch = batch_of(args.variant);
    const run::MemoryUse start = run::memory_use(device);
    out["start_mib"] = (device.is_cuda() ? start.peak : start.now) >> 20;
    for (int step = 0; step < 2; ++step) step_seconds(state, batch, args, args.variant);
    out["peak_mib"] = run::memory_use(device).peak >> 20;
  } else {
    const train::Batch padded = batch_of("padded"), usual = batch_of("packed");
    for (int round = 0; round <= args.rounds; ++round) {
      for (const auto& [name, says] : kVariants) {
        const double took = step_seconds(state, name == "padded" ? padded : usual, args, name);
        if (round > 0) out[name].push_back(took);  // the first allocates
      }
    }
  }
  fmt::print("{}\n", out.dump());
  return 0;
}

/// The command line that says what is measured.
std::string words_of(const Args& args) {
  return fmt::format("--device {} --arch {} --batch {} --prototypes {} --threads {} --rounds {}{}",
                     args.device,
                     args.arch,
                     args.batch,
                     args.prototypes,
                     args.threads,
                     args.rounds,
                     args.bf16 ? " --bf16" : "");
}

nlohmann::json in_child(const std::string& self, const Args& args, const std::string& variant) {
  const std::string command = fmt::format("{} --variant {} {}", self, variant, words_of(args));
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string text;
  for (std::array<char, 4096> part; pipe && std::fgets(part.data(), part.size(), pipe);)
    text += part.data();
  if (!pipe || ::pclose(pipe) != 0) fail("'{}' failed", command);
  return nlohmann::json::parse(text);
}

struct Seen {
  std::vector<double> seconds;
  int64_t start_mib = 0, peak_mib = 0;
};

void print_table(const std::map<std::string, Seen>& seen, const Args& args) {
  fmt::print("{:<11} {:>9} {:>9} {:>9} {:>9} {:>9}\n",
             "",
             "median s",
             "speed",
             "peak MiB",
             "of that",
             "step MiB");
  const Seen& first = seen.at("per_size");
  for (const auto& [name, says] : kVariants) {
    const Seen& now = seen.at(name);
    fmt::print("{:<11} {:>9.3f} {:>8.2f}x {:>9} {:>8.2f}x {:>9}   {}\n",
               name,
               bench::median(now.seconds),
               bench::median(first.seconds) / bench::median(now.seconds),
               now.peak_mib,
               static_cast<double>(now.peak_mib) / static_cast<double>(first.peak_mib),
               now.peak_mib - now.start_mib,
               says);
  }
  fmt::print(
      "speed and \"of that\": against per_size; step MiB: peak less what networks, optimizer and "
      "batch held before the first step\n");
  const auto ratio = [&](const char* slow, const char* fast) {
    const Seen &a = seen.at(slow), &b = seen.at(fast);
    fmt::print("{} against {}: {:.2f}x the speed, {:.2f} of the memory, {:.2f} of the step's own\n",
               fast,
               slow,
               bench::median(a.seconds) / bench::median(b.seconds),
               static_cast<double>(b.peak_mib) / static_cast<double>(a.peak_mib),
               static_cast<double>(b.peak_mib - b.start_mib) /
                   static_cast<double>(a.peak_mib - a.start_mib));
  };
  ratio("padded", "packed"), ratio("per_size", "packed"), ratio("plain", "everything"),
      ratio("plain", "checkpoint");
}

void write_lines(const std::map<std::string, Seen>& seen,
                 const Args& args,
                 const std::string& command) {
  std::ofstream out(args.out);
  const std::time_t now = std::time(nullptr);
  for (const auto& [name, says] : kVariants) {
    const Seen& one = seen.at(name);
    out << nlohmann::ordered_json{{"machine",
                                   args.device == "cpu" ? this_machine().cpu : args.device},
                                  {"threads", args.threads},
                                  {"date", fmt::format("{:%F}", *std::localtime(&now))},
                                  {"command", command},
                                  {"what", "training step, 2x224 + 8x98, " + name},
                                  {"unit", "s"},
                                  {"samples", one.seconds},
                                  {"start_mib", one.start_mib},
                                  {"peak_mib", one.peak_mib}}
               .dump()
        << "\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  kernels::prepare_process(argv);
  Args args;
  CLI::App app("Time and memory of a training step at the official crop mix, packed and not.");
  app.add_option("--variant", args.variant, "one way, in this process")->group("");
  app.add_option("--device", args.device), app.add_option("--arch", args.arch);
  app.add_option("--batch", args.batch), app.add_option("--prototypes", args.prototypes);
  app.add_option("--threads", args.threads), app.add_option("--rounds", args.rounds);
  app.add_option("--out", args.out);
  app.add_flag("--bf16", args.bf16);
  CLI11_PARSE(app, argc, argv);
  if (!args.variant.empty()) return measure(args);

  std::map<std::string, Seen> seen;
  for (const auto& [name, says] : kVariants) {
    const auto result = in_child(argv[0], args, name);
    seen[name] = {.start_mib = result["start_mib"], .peak_mib = result["peak_mib"]};
  }
  const auto times = in_child(argv[0], args, "turns");
  for (const auto& [name, says] : kVariants) times[name].get_to(seen[name].seconds);
  const std::string command = "bench_packing " + words_of(args);
  fmt::print("{}, {}\n{}\n", this_machine().cpu, kernels::description(), command);
  print_table(seen, args);
  if (!args.out.empty()) write_lines(seen, args, command);
}
