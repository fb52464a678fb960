// Attention forward and backward, from the qkv layer's output to its gradient, in one training
// step's mix of crops: our kernel against LibTorch's scaled_dot_product_attention once per size.
#include <algorithm>
#include <numeric>

#include <torch/types.h>

#include "bench.hpp"
#include "kernels/attention_cpu.hpp"
#include "kernels/backend.hpp"
#include "kernels/packed_attention.hpp"

using namespace troodon;
using kernels::Lengths;

namespace {

struct Case {
  std::string name;
  Lengths lengths;
};

Lengths crops(int64_t globals, int64_t global_tokens, int64_t locals, int64_t local_tokens) {
  Lengths out(static_cast<size_t>(globals), global_tokens);
  out.insert(out.end(), static_cast<size_t>(locals), local_tokens);
  return out;
}

double seconds(torch::Tensor (*attention)(const torch::Tensor&, int64_t, const Lengths&),
               const torch::Tensor& qkv,
               const torch::Tensor& gradient,
               int64_t heads,
               const Lengths& lengths) {
  if (!gradient.defined()) {
    const torch::NoGradGuard frozen;
    return bench::seconds_of([&] { attention(qkv, heads, lengths); });
  }
  return bench::seconds_of([&] {
    const torch::Tensor leaf = qkv.detach().requires_grad_();
    attention(leaf, heads, lengths).backward(gradient);
  });
}

}  // namespace

int main(int argc, char** argv) {
  kernels::prepare_process(argv);
  int64_t heads = 6, dim = 64, pictures = 4;
  int threads = 2, rounds = 15;
  bool forward = false;
  CLI::App app("Times attention over packed crops against one call per crop size.");
  app.add_option("--heads", heads), app.add_option("--dim", dim),
      app.add_option("--pictures", pictures), app.add_option("--threads", threads),
      app.add_option("--rounds", rounds), app.add_flag("--forward", forward, "no gradients");
  CLI11_PARSE(app, argc, argv);
  kernels::use_threads(threads);
  fmt::print("{}; ours with {}\n", kernels::description(), kernels::attention_kernels()[0].isa);
  fmt::print("{:<24} {:>12} {:>12} {:>7}   ms, medians of {} in turns\n",
             "crops",
             "ours",
             "LibTorch",
             "ratio",
             rounds);
  for (const Case& mix : {Case{"2x224", crops(2 * pictures, 257, 0, 0)},
                          Case{"8x98", crops(0, 0, 8 * pictures, 50)},
                          Case{"2x224 + 8x98", crops(2 * pictures, 257, 8 * pictures, 50)},
                          Case{"1x518", crops(pictures, 1370, 0, 0)}}) {
    const int64_t rows = std::accumulate(mix.lengths.begin(), mix.lengths.end(), int64_t{0});
    const auto qkv = torch::randn({rows, 3 * heads * dim}),
               gradient = forward ? torch::Tensor() : torch::randn({rows, heads * dim});
    std::vector<double> ours, theirs;
    for (int round = 0; round < rounds; ++round) {
      ours.push_back(1e3 * seconds(kernels::packed_attention, qkv, gradient, heads, mix.lengths));
      theirs.push_back(1e3 *
                       seconds(kernels::packed_attention_plain, qkv, gradient, heads, mix.lengths));
    }
    fmt::print("{:<24} {:>12.3f} {:>12.3f} {:>6.2f}x\n",
               mix.name,
               bench::median(ours),
               bench::median(theirs),
               bench::median(theirs) / bench::median(ours));
  }
}
