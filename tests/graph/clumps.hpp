#pragma once

#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

#include "base/random.hpp"
#include "index/features.hpp"

namespace troodon::graph {

/// Unit vectors around 50 centres, the same for all seeds.
struct Clumps {
  int64_t rows, dim;
  std::vector<float> values;

  Clumps(int64_t rows, int64_t dim, uint64_t seed) : rows(rows), dim(dim), values(rows * dim) {
    Random own(seed);
    for (int64_t i = 0; i < rows; ++i) {
      Random centre(1000 + own.next() % 50);
      for (int64_t d = 0; d < dim; ++d)
        values[i * dim + d] = static_cast<float>(centre.normal() + own.normal());
    }
    index::normalize_rows(values, dim);
  }
  index::Matrix matrix() const { return {values.data(), rows, dim}; }
};

/// A folder that lives as long.
struct TemporaryFolder {
  std::filesystem::path path;
  TemporaryFolder() {
    static int count = 0;
    path = std::filesystem::temp_directory_path() /
           ("graph_test." + std::to_string(::getpid()) + "." + std::to_string(count++));
    std::filesystem::create_directories(path);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

}  // namespace troodon::graph
