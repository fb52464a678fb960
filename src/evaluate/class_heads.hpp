#pragma once

#include "evaluate/classify.hpp"

// Private to src/evaluate: torch stays on the other side.
namespace troodon::evaluate {

/// What a head says of pictures.
struct Said {
  std::vector<float> probabilities;  ///< [rows, classes]
  std::string chosen;
  std::vector<Tried> tried;
};

/// Trains the head that the options ask for and shows it `val`; keeps it where they say. Both sides
/// have labels that mean the same; those of `val` choose among the grid's heads and kNN's k.
Said apply_class_head(const ClassifyOptions& options,
                      const frozen::Vectors& train,
                      const frozen::Vectors& val);

}  // namespace troodon::evaluate
