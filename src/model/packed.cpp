#include "model/packed.hpp"

#include <algorithm>

#include <ATen/ATen.h>

namespace troodon::model {

kernels::Lengths lengths_of(const std::vector<Sequences>& batches) {
  kernels::Lengths out;
  for (const Sequences& batch : batches) {
    out.insert(out.end(), static_cast<size_t>(batch.count), batch.length);
  }
  return out;
}

Packed pack(const std::vector<Tensor>& batches) {
  Packed out;
  std::vector<Tensor> rows;
  for (const Tensor& batch : batches) {
    rows.push_back(batch.flatten(0, 1));
    out.batches.push_back({batch.size(0), batch.size(1)});
  }
  out.tokens = rows.size() == 1 ? rows[0] : at::cat(rows);
  return out;
}

std::vector<Tensor> unpack(const Packed& packed) {
  std::vector<Tensor> out;
  int64_t row = 0;
  for (const Sequences& batch : packed.batches) {
    out.push_back(
        packed.tokens.slice(0, row, row + batch.rows()).unflatten(0, {batch.count, batch.length}));
    row += batch.rows();
  }
  return out;
}

int64_t kept_of(int64_t batch, double rate) {
  // In double, as the reference truncates: 1.0 - rate, times the batch.
  return std::max<int64_t>(static_cast<int64_t>(static_cast<double>(batch) * (1.0 - rate)), 1);
}

Kept draw_kept(const Packed& packed, double rate, const Permutation& permutation) {
  if (rate <= 0) return {.batches = packed.batches};
  const auto options = at::TensorOptions().dtype(at::kDouble).device(packed.tokens.device());
  Kept out;
  std::vector<Tensor> rows, factors;
  int64_t first = 0;
  for (const Sequences& batch : packed.batches) {
    const int64_t kept = kept_of(batch.count, rate);
    const Tensor chosen = permutation(batch.count).slice(0, 0, kept).to(packed.tokens.device());
    const Tensor tokens = at::arange(batch.length, options.dtype(at::kLong));
    rows.push_back((first + chosen.unsqueeze(1) * batch.length + tokens).flatten());
    factors.push_back(at::full({kept * batch.length, 1},
                               static_cast<double>(batch.count) / static_cast<double>(kept),
                               options));
    out.batches.push_back({kept, batch.length});
    first += batch.rows();
  }
  out.rows = at::cat(rows);
  out.factor = at::cat(factors);
  return out;
}

}  // namespace troodon::model
