#pragma once

#include <map>

#include "collection/picture.hpp"
#include "collection/store.hpp"

namespace troodon::collection {

/// What is known of pictures without looking at them.
class Descriptions {
 public:
  /// A table with a column path (or file_name), below the folder or absolute, and, if it has one, a
  /// column label; "": none. Throws Error.
  Descriptions(const std::string& folder, const fs::path& table);

  /// Sets the label: of its row, else the name of the folder that it lies in; and the columns of
  /// its row, besides what the file itself says.
  void describe(Picture& picture) const;
  bool has_table() const { return has_table_; }

 private:
  struct Row {
    std::optional<std::string> label;
    std::map<std::string, std::string> columns;
  };
  bool has_table_ = false;
  std::map<std::string, Row> rows_;
};

}  // namespace troodon::collection
