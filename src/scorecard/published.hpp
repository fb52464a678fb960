#pragma once

#include <string>
#include <vector>

namespace troodon::scorecard {

/// What the paper and the model card report of the official models for one protocol.
struct Published {
  std::string protocol;              ///< "Classes: ImageNet-1k, kNN top-1, %"
  std::string here;                  ///< the protocol of ours that measures the same thing
  std::vector<std::string> figures;  ///< of ViT-S/14, B/14, L/14, g/14
};

/// Oquab et al. 2023 (tables 4 to 12); registers: Darcet et al. 2023 and the model card.
const std::vector<Published>& published();

}  // namespace troodon::scorecard
