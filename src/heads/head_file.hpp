#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include <torch/types.h>

#include "base/file.hpp"
#include "heads/depth_head.hpp"
#include "heads/linear_grid.hpp"
#include "heads/logistic.hpp"
#include "heads/probes.hpp"
#include "heads/segment_head.hpp"

namespace troodon::heads {

/// A linear classifier on probe features: what a grid's best head, a logistic regression and the
/// official files become. logits = linear_input(probe, blocks, avgpool) @ weight^T + bias.
struct ClassHead {
  int64_t blocks = 1;
  bool avgpool = true;
  Tensor weight;  ///< [K,(blocks [+1])*D] float32
  Tensor bias;    ///< [K] float32
};

ClassHead class_head(const GridHead& head);
ClassHead class_head(const LogisticModel& model);  ///< on the class token of the last block
/// probe [B,n+1,D] -> [B,K].
Tensor class_logits(const ClassHead& head, const Tensor& probe);

/// What a head was made of and for; JSON in the file's metadata under kHeadMetadata.
struct HeadCard {
  std::string backbone;         ///< model::Backbone::description
  std::string backbone_hash;    ///< of the file, hex; "": unknown
  int64_t embed_dim = 0;        ///< width of the backbone
  std::vector<int64_t> blocks;  ///< 0-based, whose output the head sees; empty: the last ones
  bool norm = true;             ///< whether these pass the last LayerNorm
  int64_t image_size = 0;       ///< pixels; 0: any
  int64_t patch_size = 0;
  std::vector<std::string> classes;       ///< names, or empty
  std::string data;                       ///< what it was trained on, in a sentence
  std::map<std::string, double> metrics;  ///< on held-out data
  std::string licence;
  std::string limits = "no text";
  std::string unit = "metres";  ///< of depth; "relative": right up to a factor on other pictures
};
inline constexpr const char* kHeadMetadata = "troodon.head";

struct Head {
  std::variant<ClassHead, MlpProbe, AttentiveProbe, SegmentHead, DepthHead> head;
  HeadCard card;
};

/// "linear", "mlp", "attentive", "segment" or "depth".
std::string kind_of(const Head& head);

/// Reads a head: ours (safetensors with a card), or an official file: linear or 4-layer classifier
/// (weight, bias), and mmcv's {"meta","state_dict"} with decode_head.* for masks (linear, ms) and
/// depth (linear, linear4, dpt). embed_dim: width of the backbone it is for; 0: any. An official
/// depth head gets kHubLinearRange if linear, kNyuRange if DPT. Throws Error (Exit::input) naming
/// the file and the fault: unknown keys, another width, values that aren't finite.
Head read_head(const fs::path& path, int64_t embed_dim = 0);

/// Safetensors with the card. Atomic.
void write_head(const fs::path& path, const Head& head);

/// The card as indented JSON with what follows from the head itself (kind, sizes, range).
std::string describe(const Head& head);

}  // namespace troodon::heads
