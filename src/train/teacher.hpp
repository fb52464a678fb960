#pragma once

#include <torch/nn.h>

#include "model/head.hpp"
#include "model/vit.hpp"
#include "train/config.hpp"
#include "train/precision.hpp"
#include "train/sinkhorn.hpp"

namespace troodon::train {

/// Crops of B pictures, crop-major: first crop of all pictures, then the second. N patches each.
struct Batch {
  Tensor global_crops;     ///< [2B,3,G,G]
  Tensor local_crops;      ///< [nB,3,L,L]; undefined or empty without local crops
  Tensor masks;            ///< [2B,N] bool: patches the student doesn't see
  Tensor mask_indices;     ///< [M] int64, ascending, into the flattened masks
  Tensor masks_weight;     ///< [M], 1 / masked patches of the crop
  int64_t upperbound = 0;  ///< most masked patches this batch could have had

  /// The batch on a device in a floating dtype.
  Batch to(torch::Device device, torch::ScalarType dtype) const;
};

/// Backbone and projection heads, as student or teacher. Keys: backbone.*, dino_head.*,
/// ibot_head.*.
struct NetworkImpl : torch::nn::Module {
  model::VisionTransformer backbone;
  model::DINOHead dino_head{nullptr};  ///< null: copies are learnt, from class tokens themselves
  model::DINOHead ibot_head{nullptr};  ///< null: dino_head serves patches too
  NetworkImpl(const model::VitConfig& vit, const TrainConfig& config);

  /// Logits of class rows [R,D] and of masked patches [M,D]; one call where they share a head.
  std::pair<Tensor, Tensor> heads(const Tensor& cls,
                                  const Tensor& patches,
                                  const ModuleTypes& types = {});
  /// backbone and the heads that there are: each is clipped by itself.
  std::vector<std::pair<std::string, std::shared_ptr<torch::nn::Module>>> parts() const;
};
TORCH_MODULE(Network);

/// What the student shall say.
struct Targets {
  Tensor cls;    ///< [2,B,K]; [0] is for the first global crop and comes from the second one
  Tensor patch;  ///< [M,K]
};

/// The two running means of centring; unused with Sinkhorn.
struct Centers {
  Center dino, ibot;
};

/// Of class rows [2B,K] and of masked patches [M,K].
using Logits = std::pair<Tensor, Tensor>;

/// Logits of the unmasked global crops. No gradient.
Logits teacher_logits(Network& teacher, const Batch& batch, const ModuleTypes& types);

/// Probabilities out of teacher logits: centred where there are centers, else Sinkhorn-Knopp.
/// Spec dinov2.md 3.7, 3.8.
Targets make_targets(const std::pair<Tensor, Tensor>& logits,
                     double temperature,
                     Centers* centers,
                     distributed::Communicator& ranks);

/// The same targets as factors, cls [2B,K] in the order of the teacher's crops; float32 logits are
/// overwritten.
struct FactoredTargets {
  SoftTargets cls, patch;
};
FactoredTargets make_soft_targets(std::pair<Tensor, Tensor> logits,
                                  double temperature,
                                  Centers* centers,
                                  distributed::Communicator& ranks);

/// teacher <- student.
void copy_weights(Network& teacher, const Network& student);

}  // namespace troodon::train
