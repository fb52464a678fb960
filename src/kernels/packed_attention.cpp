#include "kernels/packed_attention.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <numeric>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/attention_cpu.hpp"
#include "kernels/linear.hpp"

namespace troodon::kernels {
namespace {

using torch::Tensor;

/// One head of one sequence of a packed tensor.
struct Head {
  int64_t first;  ///< row of the sequence's first token
  int64_t length;
  int64_t head;
};

/// Calls body for every head, on LibTorch's threads, each of which gets about the same number of
/// scores; the heads are independent, so threads change no bit.
void each_head(const Lengths& lengths,
               int64_t heads,
               int64_t dim,
               const std::function<void(const Head& head, float* scratch)>& body) {
  if (lengths.empty()) return;
  double all = 0;
  for (const int64_t length : lengths) all += static_cast<double>(length * length);
  const int64_t threads = at::in_parallel_region() ? 1 : at::get_num_threads();
  const size_t room = attention_scratch(*std::max_element(lengths.begin(), lengths.end()), dim);
  at::parallel_for(0, threads, 1, [&](int64_t begin, int64_t end) {
    const double per_thread = all * static_cast<double>(heads) / static_cast<double>(threads);
    const double from = static_cast<double>(begin) * per_thread,
                 to = end == threads ? 2 * all * static_cast<double>(heads)
                                     : static_cast<double>(end) * per_thread;
    const std::unique_ptr<float[]> scratch(new float[room]);
    double before = 0;
    int64_t first = 0;
    for (const int64_t length : lengths) {
      for (int64_t head = 0; head < heads; ++head) {
        if (before >= from && before < to) body({first, length, head}, scratch.get());
        before += static_cast<double>(length * length);
      }
      first += length;
    }
  });
}

float scale_of(int64_t dim) {
  return 1.0f / std::sqrt(static_cast<float>(dim));
}

/// qkv, out, log_sums [H,S] -> out and log_sums filled.
void forward_on_cpu(
    const Tensor& qkv, int64_t heads, const Lengths& lengths, Tensor& out, Tensor& log_sums) {
  const int64_t rows = qkv.size(0), width = qkv.size(1) / 3, dim = width / heads;
  const float* in = qkv.const_data_ptr<float>();
  float* const to = out.data_ptr<float>();
  float* const sums = log_sums.data_ptr<float>();
  each_head(lengths, heads, dim, [&](const Head& h, float* scratch) {
    const float* q = in + h.first * 3 * width + h.head * dim;
    attention_kernels().front().forward({.q = q,
                                         .k = q + width,
                                         .v = q + 2 * width,
                                         .out = to + h.first * width + h.head * dim,
                                         .log_sums = sums + h.head * rows + h.first,
                                         .length = h.length,
                                         .dim = dim,
                                         .stride = 3 * width,
                                         .out_stride = width,
                                         .scale = scale_of(dim)},
                                        scratch);
  });
}

/// The gradient of qkv from that of out.
Tensor backward_on_cpu(const Tensor& qkv,
                       int64_t heads,
                       const Lengths& lengths,
                       const std::array<Tensor, 3>& out_dout_sums) {
  const int64_t rows = qkv.size(0), width = qkv.size(1) / 3, dim = width / heads;
  Tensor dqkv = at::empty_like(qkv);
  const float* in = qkv.const_data_ptr<float>();
  const float* out = out_dout_sums[0].const_data_ptr<float>();
  const float* dout = out_dout_sums[1].const_data_ptr<float>();
  const float* sums = out_dout_sums[2].const_data_ptr<float>();
  float* const to = dqkv.data_ptr<float>();
  each_head(lengths, heads, dim, [&](const Head& h, float* scratch) {
    const int64_t at = h.first * 3 * width + h.head * dim, at_out = h.first * width + h.head * dim;
    attention_kernels().front().backward({.q = in + at,
                                          .k = in + at + width,
                                          .v = in + at + 2 * width,
                                          .out = out + at_out,
                                          .dout = dout + at_out,
                                          .log_sums = sums + h.head * rows + h.first,
                                          .dq = to + at,
                                          .dk = to + at + width,
                                          .dv = to + at + 2 * width,
                                          .length = h.length,
                                          .dim = dim,
                                          .stride = 3 * width,
                                          .out_stride = width,
                                          .scale = scale_of(dim)},
                                         scratch);
  });
  return dqkv;
}

/// Keeps qkv, the result and one number per query and head; the backward pass computes scores anew.
/// Between narrow products it takes and gives their type, and computes in float32.
struct CpuAttention : torch::autograd::Function<CpuAttention> {
  static Tensor forward(torch::autograd::AutogradContext* context,
                        const Tensor& qkv,
                        int64_t heads,
                        const Lengths& lengths) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const Tensor in = qkv.to(at::kFloat).contiguous();
    Tensor out = at::empty({in.size(0), in.size(1) / 3}, in.options());
    Tensor log_sums = at::empty({heads, in.size(0)}, in.options());
    forward_on_cpu(in, heads, lengths, out, log_sums);
    out = out.to(qkv.scalar_type());
    context->save_for_backward({product_operand(qkv), out, log_sums});
    context->saved_data["heads"] = heads;
    context->saved_data["lengths"] = lengths;
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto wide = [](const Tensor& x) { return x.to(at::kFloat).contiguous(); };
    const Tensor dqkv = backward_on_cpu(wide(saved[0]),
                                        context->saved_data["heads"].toInt(),
                                        context->saved_data["lengths"].toIntVector(),
                                        {wide(saved[1]), wide(gradients[0]), saved[2]});
    return {dqkv.to(gradients[0].scalar_type()), Tensor(), Tensor()};
  }
};

/// Where each sequence starts and the last one ends, as the CUDA kernels want it: int32 [n+1].
Tensor edges_of(const Lengths& lengths, torch::Device device) {
  std::vector<int32_t> edges(lengths.size() + 1, 0);
  std::partial_sum(lengths.begin(), lengths.end(), edges.begin() + 1);
  return at::tensor(edges, at::kInt).to(device, /*non_blocking=*/true);
}

/// LibTorch's own kernels for several lengths, which are differentiable.
Tensor attention_on_cuda(const Tensor& qkv, int64_t heads, const Lengths& lengths) {
  const int64_t rows = qkv.size(0), dim = qkv.size(1) / 3 / heads;
  const int64_t longest = *std::max_element(lengths.begin(), lengths.end());
  const Tensor edges = edges_of(lengths, qkv.device());
  const auto parts = qkv.view({rows, 3, heads, dim}).unbind(1);
  if (qkv.scalar_type() != at::kFloat) {
    const auto flash = at::_flash_attention_forward(
        parts[0], parts[1], parts[2], edges, edges, longest, longest, 0.0, false, false);
    return std::get<0>(flash).reshape({rows, heads * dim});
  }
  const auto efficient = at::_efficient_attention_forward(parts[0].unsqueeze(0),
                                                          parts[1].unsqueeze(0),
                                                          parts[2].unsqueeze(0),
                                                          std::nullopt,
                                                          edges,
                                                          edges,
                                                          longest,
                                                          longest,
                                                          0.0,
                                                          0,
                                                          at::GradMode::is_enabled());
  return std::get<0>(efficient).reshape({rows, heads * dim});
}

void check(const Tensor& qkv, int64_t heads, const Lengths& lengths) {
  TORCH_CHECK(qkv.dim() == 2 && heads > 0 && qkv.size(1) % (3 * heads) == 0,
              "packed_attention wants [S,3*H*d] with H = ",
              heads,
              ", not ",
              qkv.sizes());
  const int64_t sum = std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
  TORCH_CHECK(sum == qkv.size(0) &&
                  std::all_of(lengths.begin(), lengths.end(), [](int64_t n) { return n > 0; }),
              "packed_attention: sequences of ",
              lengths,
              " tokens don't make the ",
              qkv.size(0),
              " rows given");
}

/// [S,3*H*d] -> for each run of n equal lengths T: queries, keys, values [3,n,H,T,d] to [n,H,T,d];
/// the results below each other [S,H*d].
template <class Attend>
Tensor by_runs(const Tensor& qkv, int64_t heads, const Lengths& lengths, const Attend& attend) {
  check(qkv, heads, lengths);
  const int64_t width = qkv.size(1) / 3;
  std::vector<Tensor> out;
  int64_t row = 0;
  for (size_t i = 0; i < lengths.size();) {
    size_t end = i;
    while (end < lengths.size() && lengths[end] == lengths[i]) ++end;
    const int64_t count = static_cast<int64_t>(end - i), length = lengths[i];
    const Tensor parts = qkv.slice(0, row, row + count * length)
                             .view({count, length, 3, heads, width / heads})
                             .permute({2, 0, 3, 1, 4});
    const Tensor mixed = attend(parts[0], parts[1], parts[2]);
    out.push_back(mixed.transpose(1, 2).reshape({count * length, width}));
    row += count * length;
    i = end;
  }
  if (out.empty()) return qkv.slice(1, 0, width);
  return out.size() == 1 ? out[0] : at::cat(out);
}

}  // namespace

Tensor packed_attention(const Tensor& qkv, int64_t heads, const Lengths& lengths) {
  check(qkv, heads, lengths);
  const int64_t dim = qkv.size(1) / 3 / heads;
  if (lengths.empty() || !attention_takes(dim)) return packed_attention_plain(qkv, heads, lengths);
  if (qkv.is_cpu() &&
      (qkv.scalar_type() == at::kFloat || qkv.scalar_type() == NarrowProducts::active())) {
    return CpuAttention::apply(qkv, heads, lengths);
  }
  if (qkv.is_cuda() && qkv.scalar_type() != at::kDouble) {
    return attention_on_cuda(qkv, heads, lengths);
  }
  return packed_attention_plain(qkv, heads, lengths);
}

Tensor packed_attention_plain(const Tensor& qkv, int64_t heads, const Lengths& lengths) {
  return by_runs(qkv, heads, lengths, [](const Tensor& q, const Tensor& k, const Tensor& v) {
    return at::scaled_dot_product_attention(q, k, v);
  });
}

Tensor packed_attention_by_matrix(const Tensor& qkv, int64_t heads, const Lengths& lengths) {
  return by_runs(qkv, heads, lengths, [](const Tensor& q, const Tensor& k, const Tensor& v) {
    const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(-1)));
    return (q * scale).matmul(k.transpose(-2, -1)).softmax(-1).matmul(v);
  });
}

}  // namespace troodon::kernels
