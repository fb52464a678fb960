#pragma once

#include <map>
#include <memory>

#include "distributed/flat.hpp"
#include "train/optimizer.hpp"
#include "train/teacher.hpp"

namespace troodon::train {

/// A network of which each rank keeps an equal part. It is cut into units: each block, the rest of
/// the backbone, each head's layers and its prototypes. A unit is whole only while it computes: a
/// block is gathered while the one before it computes, released when the next one begins, gathered
/// again when the backward pass comes near, and released when its gradients begin their way to the
/// ranks that keep them, which they go while the next block computes. A rank holds 1 / ranks of
/// everything, and at a time three blocks, or two and the heads, the gradients of two, and what the
/// backbone has besides its blocks. Source: paper section 5 (FSDP).
///
/// Between begin() and finish(), all ranks compute the same things in the same order.
class ShardedNetwork {
 public:
  /// Takes the network's memory away; all ranks come with the same weights.
  ShardedNetwork(Network network, distributed::Communicator& ranks);
  ~ShardedNetwork();
  ShardedNetwork(const ShardedNetwork&) = delete;
  ShardedNetwork& operator=(const ShardedNetwork&) = delete;

  /// Gathers what the backbone needs besides its blocks.
  void begin();
  /// Reduces the gradients that have not been yet, and releases everything.
  void finish();
  /// Everything whole, until release(): for looking at the network outside of training.
  void gather();
  void release();

  /// This rank's part of every unit, one flat tensor each.
  std::vector<Tensor> parts() const;
  /// This rank's piece of each parameter that it has something of, 1-dim, by the parameter's name.
  NamedTensors pieces() const;
  /// The whole of a tensor shaped as the parameter `name`, of which this rank has `mine`.
  Tensor assemble(const std::string& name, const Tensor& mine) const;
  /// This rank's part of such a tensor.
  Tensor cut(const std::string& name, const Tensor& whole) const;

  /// Bytes now in memory for weights (parts and whole units).
  int64_t weight_bytes() const;
  /// Bytes now in memory for gradients.
  int64_t gradient_bytes() const;
  /// Calls `seen` whenever these are about to fall or have risen.
  void watch(const std::function<void()>& seen);

 private:
  using Unit = std::unique_ptr<distributed::FlatParameters>;
  struct Place {
    distributed::FlatParameters* unit;
    size_t index;
  };
  Tensor enter(int64_t block, const Tensor& x);
  const Place& place(const std::string& name) const;

  Network network_;
  std::vector<std::pair<std::string, Place>> places_;  ///< in the order of the parameters
  std::map<std::string, Unit> units_;                  ///< by the common part of their names
  std::vector<distributed::FlatParameters*> blocks_, heads_;
  distributed::FlatParameters* rest_ = nullptr;
  distributed::FlatParameters* reducing_ = nullptr;  ///< whose gradients are on their way
  bool whole_ = false;
};

}  // namespace troodon::train
