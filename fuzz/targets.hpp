#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace troodon::fuzz {

using Bytes = std::span<const std::byte>;

/// A reader under attack.
struct Target {
  std::string name;
  std::vector<std::string> seeds;         ///< small valid files that mutation starts from
  std::function<void(Bytes)> read;        ///< may throw Error; anything else is a finding
  std::function<void(std::string&)> fix;  ///< makes checksums right again; may be empty
};

/// JPEG, PNG and, with libvips, GIF, WebP, TIFF, BMP, PNM, HEIF. `data`: a folder with formats/ and
/// corrupt/ whose small files become seeds too; may be missing.
std::vector<Target> image_targets(const fs::path& data);
/// CSV manifests, YAML settings, safetensors, .npy, and tar archives where this build reads them.
std::vector<Target> table_targets();
/// Parquet tables: footers, pages, codecs.
std::vector<Target> parquet_targets();
/// The pickle machine and the zip directory of torch.save's files.
std::vector<Target> checkpoint_targets();
/// Those files as a whole.
std::vector<Target> torch_file_targets();

/// A short text in a pickle; the pickle of {"w": a tensor [2, 3]}, protocol 2, as torch.save writes
/// it; the zip archive around it.
std::string pickled_text(std::string_view text);
std::string pickled_state_dict(bool legacy = false);
std::string torch_archive();

/// A file in memory with a path, for readers that map files.
class MemoryFile {
 public:
  explicit MemoryFile(Bytes bytes);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  fs::path path() const;

 private:
  int descriptor_;
};

}  // namespace troodon::fuzz
