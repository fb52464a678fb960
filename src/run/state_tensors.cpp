#include "run/state_tensors.hpp"

#include <map>
#include <utility>

#include <ATen/ATen.h>

namespace troodon::run {
namespace {

using torch::Tensor;
using train::ShardedNetwork;

/// What this rank has of a tensor shaped as the parameter `key` of a network: all of it, or with
/// `shards` a piece (undefined: nothing).
StateTensor entry(std::string name,
                  const std::string& key,
                  const Tensor& like,
                  const ShardedNetwork* shards,
                  Tensor mine) {
  StateTensor out{std::move(name), like.scalar_type(), like.sizes().vec(), {}, {}};
  out.read = [=] { return shards != nullptr ? shards->assemble(key, mine) : mine; };
  out.write = [=](const Tensor& whole) {
    const torch::NoGradGuard frozen;
    Tensor target = mine;
    if (target.defined()) target.copy_(shards != nullptr ? shards->cut(key, whole) : whole);
  };
  return out;
}

/// A step count: the same for all pieces of a parameter, so any rank that has one knows it.
StateTensor step_entry(std::string name,
                       const torch::TensorOptions& options,
                       distributed::Communicator* over,
                       Tensor mine) {
  StateTensor out{std::move(name), torch::kFloat, {}, {}, {}};
  out.read = [=] {
    if (over == nullptr) return mine;
    Tensor known = mine.defined() ? mine.clone() : at::full({}, -1, options);
    over->all_reduce_max(known);
    return known;
  };
  out.write = [=](const Tensor& whole) {
    Tensor target = mine;
    if (target.defined()) target.copy_(whole);
  };
  return out;
}

std::map<std::string, Tensor> pieces_by_name(const ShardedNetwork& shards) {
  std::map<std::string, Tensor> out;
  for (const auto& [name, piece] : shards.pieces()) out[name] = piece;
  return out;
}

void add_weights(const std::string& prefix,
                 const train::Network& network,
                 const ShardedNetwork* shards,
                 std::vector<StateTensor>& out) {
  std::map<std::string, Tensor> pieces;
  if (shards != nullptr) pieces = pieces_by_name(*shards);
  for (const auto& item : network->named_parameters()) {
    const Tensor mine = shards == nullptr ? item.value() : pieces[item.key()];
    out.push_back(entry(prefix + item.key(), item.key(), item.value(), shards, mine));
  }
}

}  // namespace

std::vector<StateTensor> state_tensors(train::State& state, distributed::Communicator& ranks) {
  std::vector<StateTensor> out;
  const ShardedNetwork* shards = state.student_shards.get();
  add_weights("student.", state.student, shards, out);
  add_weights("teacher.", state.teacher, state.teacher_shards.get(), out);
  std::map<std::string, Tensor> moments;
  for (const auto& [name, tensor] : state.optimizer.state()) moments[name] = tensor;
  for (const auto& item : state.student->named_parameters()) {
    const std::string& key = item.key();
    for (const std::string moment : {"exp_avg.", "exp_avg_sq."}) {
      out.push_back(
          entry("optimizer." + moment + key, key, item.value(), shards, moments[moment + key]));
    }
    out.push_back(step_entry("optimizer.step." + key,
                             item.value().options().dtype(torch::kFloat).requires_grad(false),
                             shards != nullptr ? &ranks : nullptr,
                             moments["step." + key]));
  }
  return out;
}

}  // namespace troodon::run
