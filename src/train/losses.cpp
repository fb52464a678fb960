#include "train/losses.hpp"

#include <ATen/ATen.h>

namespace troodon::train {
namespace {

constexpr double kKoleoEps = 1e-8;

Tensor log_probabilities(const Tensor& logits, double temperature) {
  return at::log_softmax(at_least_float(logits) / temperature, -1);
}

Tensor on_sphere(const Tensor& x) {
  return x / x.norm(2, {-1}, /*keepdim=*/true).clamp_min(kKoleoEps);
}

}  // namespace

Tensor at_least_float(const Tensor& x) {
  const bool half = x.scalar_type() == torch::kHalf || x.scalar_type() == torch::kBFloat16;
  return half ? x.to(torch::kFloat) : x;
}

Tensor dino_loss(const Tensor& student, const Tensor& teacher, double temperature) {
  TORCH_CHECK(student.dim() == 3 && teacher.dim() == 3 && student.size(1) == teacher.size(1),
              "dino_loss wants student [S,B,K] and teacher [V,B,K], not ",
              student.sizes(),
              " and ",
              teacher.sizes());
  // Sum over pairs of products = product of the sums: two [B,K] instead of S * V of them.
  const Tensor log_p = log_probabilities(student, temperature).sum(0);
  return -(log_p * teacher.sum(0)).sum() / static_cast<double>(student.size(1));
}

Tensor ibot_loss(const Tensor& student,
                 const Tensor& teacher,
                 const Tensor& weight,
                 int64_t crops,
                 double temperature) {
  TORCH_CHECK(student.sizes() == teacher.sizes() && weight.size(0) == student.size(0),
              "ibot_loss wants logits and targets [M,K] and weights [M], not ",
              student.sizes(),
              ", ",
              teacher.sizes(),
              " and ",
              weight.sizes());
  const Tensor cross_entropy = -(teacher * log_probabilities(student, temperature)).sum(-1);
  return (cross_entropy * weight).sum() / static_cast<double>(crops);
}

Tensor ibot_loss_dense(const Tensor& student,
                       const Tensor& teacher,
                       const Tensor& masks,
                       double temperature) {
  const Tensor chosen = masks.flatten().nonzero().flatten();
  return ibot_loss(student.flatten(0, 1).index_select(0, chosen),
                   teacher.flatten(0, 1).index_select(0, chosen),
                   masks_weight(masks).to(at_least_float(student).scalar_type()),
                   masks.size(0),
                   temperature);
}

Tensor masks_weight(const Tensor& masks) {
  const Tensor per_crop = 1.0 / masks.sum(1).clamp_min(1).to(torch::kFloat);
  return per_crop.unsqueeze(1).expand_as(masks).masked_select(masks);
}

Tensor koleo_loss(const Tensor& x) {
  if (x.size(0) < 2) return at_least_float(x).new_zeros({});
  const Tensor unit = on_sphere(at_least_float(x));
  const Tensor nearest = unit.index_select(0, nearest_rows(unit.detach()));
  const Tensor distance = at::pairwise_distance(unit, nearest, 2, kKoleoEps);
  return -(distance + kKoleoEps).log().mean();
}

Tensor koleo_loss_over_ranks(const Tensor& x, distributed::Communicator& ranks) {
  if (x.size(0) * ranks.world_size() < 2) return at_least_float(x).new_zeros({});
  const Tensor unit = on_sphere(at_least_float(x));
  const Tensor all = distributed::gather_rows(unit, ranks);
  Tensor similarity = unit.detach().matmul(all.detach().t());
  similarity.slice(1, ranks.rank() * x.size(0)).fill_diagonal_(-1);  // each row itself
  const Tensor nearest = all.index_select(0, similarity.argmax(1));
  const Tensor distance = at::pairwise_distance(unit, nearest, 2, kKoleoEps);
  return -(distance + kKoleoEps).log().mean();
}

Tensor nearest_rows(const Tensor& x) {
  const Tensor unit = on_sphere(at_least_float(x));
  Tensor similarity = unit.matmul(unit.t());
  similarity.fill_diagonal_(-1);
  return similarity.argmax(1);
}

}  // namespace troodon::train
