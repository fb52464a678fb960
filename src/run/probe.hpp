#pragma once

#include <string>

#include "run/embed.hpp"

namespace troodon::run {

/// A labelled folder that tells from time to time how good the features have become.
class Probe {
 public:
  /// `folder` holds train/ and val/ with a sub-folder per class. Throws Error (exit 4).
  Probe(const std::string& folder, const EmbedSettings& settings);
  /// Top-1 in 0..1 of a weighted vote of the 20 nearest training pictures (T = 0.07) over val.
  double accuracy(model::VisionTransformer& backbone) const;
  /// The same with raw pixels for features.
  double pixel_accuracy() const;

 private:
  data::Source train_, val_;
  EmbedSettings settings_;
};

}  // namespace troodon::run
