#pragma once

#include <string>
#include <vector>

#include "heads/head_file.hpp"
#include "infer/predictor.hpp"
#include "model/vit.hpp"

namespace troodon::infer {

/// The network that heads sit on.
struct Ground {
  model::VitConfig config;
  std::string name;  ///< as the caller spells it
  std::string hash;  ///< of its file
};

/// A head, and what it wants to see.
struct PlannedHead {
  heads::Head head;
  Task task = Task::classes;
  std::vector<int64_t> blocks;  ///< from 0, ascending
  bool norm = true;
  int64_t size = 0;  ///< pixels, a multiple of the patch; 0: the head doesn't say
  std::vector<std::string> classes;
};

/// Reads a head and finds its place on the network. A network of the same shape but other weights
/// than the head was trained on is a warning. Throws Error (Exit::input) where they don't fit.
PlannedHead plan_head(const fs::path& file, const Ground& ground);

/// The file that `head` stands for: itself, a released head's name (zoo/names.hpp), or "depth",
/// which is shipped.
fs::path head_file(const fs::path& head);

void move_to(heads::Head& head, const torch::Device& device);

/// Probabilities [K] of a head for classes; layers as planned, ascending, patches [1,N,D].
std::vector<float> class_probabilities(const PlannedHead& planned,
                                       const std::vector<model::IntermediateLayer>& layers);

}  // namespace troodon::infer
