#pragma once

#include <memory>
#include <optional>

#include "store/rows.hpp"

namespace troodon::store {

/// Features on disk, mapped: one file, or all shards of a folder in their order.
struct FeatureFile {
  /// Bytes of consecutive rows (ragged: tokens).
  struct Piece {
    int64_t count = 0;
    std::span<const std::byte> bytes;
  };

  Layout layout;  ///< dtype may be any floating point
  int64_t rows = 0;
  std::vector<Piece> pieces;
  std::vector<std::string> ids;       ///< [rows], or empty
  std::vector<int64_t> labels;        ///< [rows], -1: none; or empty
  std::vector<std::string> classes;   ///< or empty
  std::vector<int64_t> content_hash;  ///< [rows], or empty
  std::vector<int64_t> grids;         ///< ragged: [rows, 2]
  std::map<std::string, std::string> metadata;
  std::vector<std::shared_ptr<const void>> mappings;
};

enum class Load {
  everything,
  rows_alone,  ///< no ids, no labels: memory stays small for very many rows
};

/// Opens .safetensors, .npy (with its .json, if any), .parquet that Troodon wrote, or a folder with
/// index.json. Throws Error naming the file and the fault.
FeatureFile open_features(const fs::path& path, Load load = Load::everything);

/// Rows of an older result, found by the content of their pictures.
class Reuse {
 public:
  Reuse() = default;
  /// Nothing is found if `old` is missing, damaged, or made with other settings; reason() then says
  /// so in a sentence.
  Reuse(const fs::path& old, const std::string& settings, const Layout& layout);

  std::optional<int64_t> find(int64_t content_hash) const;
  std::span<const std::byte> features(int64_t row) const;
  std::span<const int64_t> grid(int64_t row) const;  ///< ragged: rows and columns of tokens
  const std::string& reason() const { return reason_; }
  int64_t rows() const { return file_.rows; }

 private:
  FeatureFile file_;
  std::vector<std::pair<int64_t, int64_t>> by_hash_;  ///< (content hash, row), ascending
  std::vector<int64_t> piece_start_;                  ///< tokens before each piece
  std::vector<int64_t> token_start_;                  ///< ragged: tokens before each row
  std::string reason_;
};

}  // namespace troodon::store
