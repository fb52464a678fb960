#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "data/content.hpp"
#include "data/source.hpp"
#include "fingerprint/fingerprint.hpp"
#include "fingerprint/quality.hpp"

namespace troodon::stages {

struct LookOptions {
  bool fingerprints = true;  ///< 2 KB of memory a picture
  size_t threads = 0;        ///< 0: all cores
  ProgressStyle progress = ProgressStyle::automatic;
};

/// What one picture's file and pixels say.
struct Look {
  std::string reason;  ///< why it cannot be read; "": it can, and the rest is there
  data::ContentHash content;
  fingerprint::Quality quality;
  fingerprint::Fingerprint print;
};

/// Reads every picture of a source once, on all cores: [items]. Throws Error when interrupted.
std::vector<Look> look_at(const data::Source& source, const LookOptions& options = {});

struct SiftOptions {
  std::string pictures;  ///< a source (docs/data.md)
  fs::path out, removed;
  fingerprint::JunkLimits limits;
  size_t threads = 0;
  ProgressStyle progress = ProgressStyle::automatic;
};

struct Sifted {
  int64_t pool = 0, kept = 0, broken = 0;
  std::map<std::string, int64_t> junk;  ///< "noise", "text", ...: pictures
};

/// Keeps what is worth looking at: manifest of the others with their reasons, and of these with
/// what was measured. Throws Error.
Sifted sift(const SiftOptions& options);

}  // namespace troodon::stages
