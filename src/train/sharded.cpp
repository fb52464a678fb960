#include "train/sharded.hpp"

#include <algorithm>

#include <torch/csrc/autograd/custom_function.h>

namespace troodon::train {
namespace {

using distributed::FlatParameters;

/// Gathers a unit when the backward pass comes by, and begins with the one that is next.
struct GatherInBackward : torch::autograd::Function<GatherInBackward> {
  static Tensor forward(torch::autograd::AutogradContext* context,
                        const Tensor& x,
                        FlatParameters* unit,
                        FlatParameters* next) {
    context->saved_data["unit"] = reinterpret_cast<int64_t>(unit);
    context->saved_data["next"] = reinterpret_cast<int64_t>(next);
    return x.view_as(x);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto unit = [&](const char* name) {
      return reinterpret_cast<FlatParameters*>(context->saved_data[name].toInt());
    };
    unit("unit")->gather();
    if (unit("next") != nullptr) unit("next")->start_gather();
    return {gradients[0], Tensor(), Tensor()};
  }
};

/// backbone.blocks.3.norm1.weight -> backbone.blocks.3; backbone.cls_token -> backbone;
/// dino_head.last_layer.weight_v -> dino_head.last_layer; dino_head.mlp.0.bias -> dino_head.mlp.
std::string unit_of(const std::string& name) {
  const bool block = name.rfind("backbone.blocks.", 0) == 0;
  const bool rest = !block && name.rfind("backbone.", 0) == 0;
  size_t end = 0;
  for (int words = block ? 3 : rest ? 1 : 2; words > 0; --words) end = name.find('.', end) + 1;
  return name.substr(0, end - 1);
}

}  // namespace

ShardedNetwork::ShardedNetwork(Network network, distributed::Communicator& ranks)
    : network_(std::move(network)) {
  std::map<std::string, std::vector<Tensor>> params;
  std::vector<std::pair<std::string, size_t>> where;
  for (const auto& item : network_->named_parameters()) {
    auto& list = params[unit_of(item.key())];
    where.emplace_back(item.key(), list.size());
    list.push_back(item.value());
  }
  for (auto& [name, list] : params) {
    auto& unit = units_[name] = std::make_unique<FlatParameters>(std::move(list), ranks);
    // One at a time, or gradients of all blocks would wait in memory.
    unit->before_reduction = [this, next = unit.get()] {
      if (reducing_ != nullptr) reducing_->finish_reduction();
      reducing_ = next;
    };
  }
  for (const auto& [name, index] : where)
    places_.push_back({name, {units_.at(unit_of(name)).get(), index}});
  rest_ = units_.at("backbone").get();
  for (int64_t i = 0; i < network_->backbone->config().depth; ++i)
    blocks_.push_back(units_.at("backbone.blocks." + std::to_string(i)).get());
  for (const auto& [name, unit] : units_) {
    if (name.rfind("backbone", 0) != 0) heads_.push_back(unit.get());
  }
  network_->backbone->before_block = [this](int64_t block, const Tensor& x) {
    return enter(block, x);
  };
}

ShardedNetwork::~ShardedNetwork() {
  network_->backbone->before_block = nullptr;
}

void ShardedNetwork::begin() {
  rest_->gather();
}

/// What block number `block` sees passes here first; what leaves the last block, as the one after.
/// The last block stays: the backward pass begins with it.
Tensor ShardedNetwork::enter(int64_t block, const Tensor& x) {
  if (whole_) return x;
  const auto depth = static_cast<int64_t>(blocks_.size());
  if (block < depth) {
    if (block > 0) blocks_[block - 1]->release();
    blocks_[block]->gather();
    if (block + 1 < depth) blocks_[block + 1]->start_gather();
  } else {
    for (auto* head : heads_) head->gather();
  }
  if (block == 0 || !x.requires_grad() || !at::GradMode::is_enabled()) return x;
  return GatherInBackward::apply(x, blocks_[block - 1], block > 1 ? blocks_[block - 2] : nullptr);
}

void ShardedNetwork::finish() {
  for (const auto& [name, unit] : units_) unit->finish_backward();
  reducing_ = nullptr;
}

void ShardedNetwork::gather() {
  whole_ = true;
  for (const auto& [name, unit] : units_) unit->gather();
}

void ShardedNetwork::release() {
  whole_ = false;
  for (const auto& [name, unit] : units_) unit->release();
}

std::vector<Tensor> ShardedNetwork::parts() const {
  std::vector<Tensor> out;
  for (const auto& [name, unit] : units_) out.push_back(unit->part());
  return out;
}

NamedTensors ShardedNetwork::pieces() const {
  NamedTensors out;
  for (const auto& [name, place] : places_) {
    if (place.unit->piece(place.index).defined())
      out.emplace_back(name, place.unit->piece(place.index));
  }
  return out;
}

const ShardedNetwork::Place& ShardedNetwork::place(const std::string& name) const {
  const auto found = std::find_if(
      places_.begin(), places_.end(), [&](const auto& place) { return place.first == name; });
  TORCH_CHECK(found != places_.end(), "the network has no parameter ", name);
  return found->second;
}

Tensor ShardedNetwork::assemble(const std::string& name, const Tensor& mine) const {
  const auto& [unit, index] = place(name);
  return unit->assemble(index, mine);
}

Tensor ShardedNetwork::cut(const std::string& name, const Tensor& whole) const {
  const auto& [unit, index] = place(name);
  return unit->cut(index, whole);
}

int64_t ShardedNetwork::weight_bytes() const {
  int64_t bytes = 0;
  for (const auto& [name, unit] : units_) bytes += unit->weight_bytes();
  return bytes;
}

int64_t ShardedNetwork::gradient_bytes() const {
  int64_t bytes = 0;
  for (const auto& [name, unit] : units_) bytes += unit->gradient_bytes();
  return bytes;
}

void ShardedNetwork::watch(const std::function<void()>& seen) {
  for (const auto& [name, unit] : units_) unit->watch = seen;
}

}  // namespace troodon::train
