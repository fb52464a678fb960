#pragma once

#include <unistd.h>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "heads/weights.hpp"

namespace troodon::heads {

/// These tensors are so small that threads would only wait for each other.
inline const bool kAlone = [] {
  at::set_num_threads(1);
  return true;
}();

/// A folder that goes away with the test.
struct Scratch {
  fs::path path = fs::temp_directory_path() / fmt::format("troodon_heads_{}", ::getpid());
  Scratch() { fs::create_directories(path); }
  ~Scratch() { fs::remove_all(path); }
};

/// What an Error with Exit::input says; "" if the call doesn't fail.
template <class Call>
std::string refusal(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::input) << error.what();
    return error.what();
  }
  return "";
}

/// Rows around a centre for each class: features [rows,...shape].
inline Labelled clusters(int64_t rows, int64_t classes, std::vector<int64_t> shape, uint64_t seed) {
  torch::manual_seed(7);  // the same centres for every seed
  std::vector<int64_t> centre = shape, all = shape;
  centre.insert(centre.begin(), classes), all.insert(all.begin(), rows);
  const torch::Tensor centres = torch::randn(centre);
  torch::manual_seed(seed);
  const torch::Tensor labels = torch::randint(classes, {rows}, torch::kLong);
  return {.features = centres.index_select(0, labels) + 0.5 * torch::randn(all), .labels = labels};
}

}  // namespace troodon::heads
