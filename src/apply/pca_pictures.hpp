#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "infer/embedder.hpp"

namespace troodon::apply {

struct PcaOptions {
  infer::EmbedOptions embed;  ///< size 0: a 32 x 32 grid, or 518 px for released networks
  fs::path model;
  std::string input;
  fs::path out;        ///< folder for one PNG per picture and sheet.png
  int64_t limit = 24;  ///< pictures; they share one basis. 0: all
  bool foreground =
      true;  ///< background (by the first component) becomes black, colours are fitted to the rest
  bool flip_foreground = false;  ///< the other side of the first component is the foreground
  bool overwrite = false;
  ProgressStyle progress = ProgressStyle::automatic;
};

struct PcaResult {
  int64_t pictures = 0;
  std::vector<double> variances;  ///< of the features along the three components
  fs::path sheet;
  std::map<std::string, std::string> bad_files;
  bool interrupted = false;
};

/// Colours each patch by the three strongest directions of the patch features of all pictures
/// together: like colours, like parts (paper section 7.6, figure 1). Throws Error.
PcaResult pca_pictures(const PcaOptions& options);

}  // namespace troodon::apply
