#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/tensor_file.hpp"
#include "store/rows.hpp"

namespace troodon::frozen {

/// Rows of features in a folder, found by the content of their pictures: checked files of many
/// rows, and parts of jobs (store/parts.hpp) that are still to become such. Files only come and go
/// as a whole, so several processes may use one folder.
class RowStore {
 public:
  /// Damaged files are removed, with a warning.
  explicit RowStore(fs::path folder) : folder_(std::move(folder)) { open(); }

  /// Why a picture has no row: known to be unreadable.
  const std::string* why_bad(int64_t content) const;
  bool knows(int64_t content) const { return rows_.contains(content) || why_bad(content); }
  /// The row's floats; empty if it is not there.
  std::span<const float> row(int64_t content) const;
  /// Of a row; empty if there is none yet.
  const std::vector<int64_t>& item_shape() const { return item_shape_; }

  /// A folder name for a new job's parts.
  fs::path new_job() const;
  /// Turns the parts of all jobs, those of killed calls too, into checked files, few small ones;
  /// and remembers unreadable pictures: content -> reason.
  void fold(const store::Layout& layout, const std::map<int64_t, std::string>& bad);

 private:
  void open();
  void take(const std::shared_ptr<const TensorFile>& file);

  fs::path folder_;
  std::vector<std::shared_ptr<const TensorFile>> files_;
  std::unordered_map<int64_t, const float*> rows_;
  std::unordered_map<int64_t, std::string> bad_;
  std::vector<int64_t> item_shape_;
  size_t row_floats_ = 0;
};

}  // namespace troodon::frozen
