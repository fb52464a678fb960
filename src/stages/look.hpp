#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "data/content.hpp"
#include "data/source.hpp"
#include "fingerprint/fingerprint.hpp"
#include "fingerprint/quality.hpp"
#include "image/pixels.hpp"
#include "stages/running.hpp"

namespace troodon::stages {

struct LookOptions {
  bool fingerprints = true;       ///< 2 KB of memory a picture
  size_t threads = 0;             ///< 0: all cores
  std::string step = "pictures";  ///< of the work
};

/// What one picture's file and pixels say.
struct Look {
  std::string reason;  ///< why it cannot be read; "": it can, and the rest is there
  data::ContentHash content;
  fingerprint::Quality quality;
  fingerprint::Fingerprint print;
};

/// What a picture's bytes say, and its pixels or why there are none.
Look look_at(std::span<const std::byte> stored,
             const Result<image::Image>& picture,
             bool fingerprints);

/// Reads every picture of a source once, on all cores: [items]. Throws Error when interrupted.
std::vector<Look> look_at(const data::Source& source,
                          const LookOptions& options = {},
                          const Work& work = {});

struct SiftOptions {
  std::string pictures;  ///< a source (docs/data.md), or a file of looks
  fs::path only;         ///< as of DedupOptions
  fs::path out, removed;
  fingerprint::JunkLimits limits;
  Running running;
};

struct Sifted {
  int64_t pool = 0, kept = 0, broken = 0;
  std::map<std::string, int64_t> junk;  ///< "noise", "text", ...: pictures
};

/// Keeps what is worth looking at: manifest of the others with their reasons, and of these with
/// what was measured. Throws Error.
Sifted sift(const SiftOptions& options);

}  // namespace troodon::stages
