#pragma once

#include "store/parts.hpp"

namespace troodon::store {

enum class Format {
  safetensors,
  npy,  ///< with a .json of the same name beside it
  parquet,
};

/// What a result says about itself, besides its rows.
struct ResultInfo {
  std::vector<std::string> classes;             ///< names of labels 0, 1, ...
  std::map<std::string, std::string> metadata;  ///< kept as it is: "settings", "backend", ...
};

/// Where and how features are written.
struct Destination {
  fs::path path;  ///< a file, or a folder of shards
  Format format = Format::safetensors;
  bool folder = false;
  int64_t shard_rows = 0;  ///< rows of a file in a folder
};

/// What `out` asks for: .safetensors, .npy, .parquet, or a folder (a name without extension, or
/// ending in '/'), whose files have the extension `shard_format`. Throws Error (exit 2).
Destination destination_of(const fs::path& out, const std::string& shard_format);

/// Writes all rows of the parts, copying them piece by piece: memory does not grow with their
/// number. A file is replaced atomically; a folder is written as features-00000.<extension> ... and
/// index.json into `scratch` (on the same disk), which then takes the folder's place.
void write_result(const Destination& to,
                  const Parts& parts,
                  const ResultInfo& info,
                  const fs::path& scratch);

/// Writes rows from .. to - 1 to one file, atomically.
void write_file(const fs::path& file,
                Format format,
                const Parts& parts,
                int64_t from,
                int64_t to,
                const ResultInfo& info);

/// The table of write_file as Parquet; called by it.
void write_parquet_file(
    const fs::path& file, const Parts& parts, int64_t from, int64_t to, const ResultInfo& info);

/// XXH64 bits as the 16 hexadecimal digits that JSON carries safely, and back.
std::string hash_text(int64_t bits);
int64_t hash_bits(const std::string& text);

}  // namespace troodon::store
