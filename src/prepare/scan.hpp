#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "data/source.hpp"

namespace troodon::prepare {

/// One picture, for the extremes of a scan.
struct Extreme {
  std::string id;
  int width = 0, height = 0;
};

struct ScanResult {
  std::string description;
  size_t pictures = 0;
  uint64_t bytes = 0;
  std::map<std::string, size_t> formats;      ///< "jpeg" -> pictures, by content
  std::map<std::string, size_t> sides;        ///< "128-255" -> pictures, by their short side
  std::map<std::string, size_t> classes;      ///< name -> pictures; without label: not counted
  Extreme smallest, largest;                  ///< by pixels
  std::map<std::string, std::string> broken;  ///< place -> reason
  std::vector<std::vector<std::string>> duplicates;  ///< ids of equal content, 2 or more each
  std::vector<std::string> suggestions;
};

/// Reads every picture of a source once, on `threads` threads (0: all), and says what is there.
/// The result does not depend on the number of threads. Stops with an Error when interrupted.
ScanResult scan(const data::Source& source, size_t threads, ProgressStyle progress);

}  // namespace troodon::prepare
