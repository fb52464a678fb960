#pragma once

#include <functional>
#include <vector>

#include "distributed/communicator.hpp"

namespace troodon::distributed {

/// A few parameters as one vector, of which each rank keeps an equal part. The whole exists only
/// between gather() and release(): then the parameters are views of it, else they are without
/// memory. With parameters that take gradients, backward() leaves each gradient's mean over the
/// ranks, cut to this rank's part, and releases the whole. Source: paper section 5 (FSDP; Zhao et
/// al. 2023).
///
/// The parameters belong to a network and live as long as this object.
class FlatParameters {
 public:
  /// Takes over the values that the parameters have.
  FlatParameters(std::vector<torch::Tensor> params, Communicator& ranks);
  FlatParameters(const FlatParameters&) = delete;
  FlatParameters& operator=(const FlatParameters&) = delete;

  /// Gives the parameters their memory and values, from all ranks; nothing to do when they have it.
  void gather();
  /// Begins that: it goes on while the rank computes, until gather().
  void start_gather();
  /// Takes the memory away again.
  void release();
  /// Waits for gradients that are on their way, whose memory it gives back.
  void finish_reduction();
  /// After a backward pass: reduces what has not been reduced yet (parameters that took no part).
  void finish_backward();

  /// This rank's part of parameter i, 1-dim, its .grad the part of the mean gradient; undefined
  /// where the rank has nothing of it. All share `part()`'s memory.
  const torch::Tensor& piece(size_t i) const { return pieces_[i]; }
  /// This rank's part of all of them together, with some padding.
  const torch::Tensor& part() const { return part_; }
  /// The whole of a tensor shaped as parameter i, of which every rank has the part `mine`
  /// (undefined: nothing). All ranks must ask.
  torch::Tensor assemble(size_t i, const torch::Tensor& mine) const;
  /// The part of `whole` that is this rank's, of a tensor shaped as parameter i; a copy.
  torch::Tensor cut(size_t i, const torch::Tensor& whole) const;
  /// Bytes now in memory for weights (part and whole), and for gradients.
  int64_t weight_bytes() const;
  int64_t gradient_bytes() const;

  /// Called whenever memory was taken or is about to be given back; for measurements.
  std::function<void()> watch;
  /// Called when a backward pass has left gradients, before they begin their way.
  std::function<void()> before_reduction;

 private:
  struct Range {
    int64_t from = 0, to = 0;  ///< of the parameter's elements; empty: from == to
  };
  void resize(bool whole);
  void collect(size_t i);
  void reduce();

  std::vector<torch::Tensor> params_;
  Communicator& ranks_;
  std::vector<std::vector<int64_t>> shapes_;
  std::vector<int64_t> offsets_;  ///< of each parameter in the whole
  std::vector<Range> ranges_;     ///< of each parameter, what is this rank's
  torch::Tensor part_;            ///< [part]
  torch::Tensor whole_;           ///< [world * part]; memory only while gathered
  std::vector<torch::Tensor> pieces_;
  torch::Tensor gradient_;  ///< [world * part], until it is reduced
  torch::Tensor mean_;      ///< [part], while it is
  std::unique_ptr<Pending> gathering_, reducing_;
  std::vector<bool> collected_;  ///< which gradients are in it
  bool gathered_ = false;
};

}  // namespace troodon::distributed
