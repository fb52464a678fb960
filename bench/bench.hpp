#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace troodon::bench {

/// Wall-clock seconds of one call.
template <class Call>
double seconds_of(Call&& call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The middle one; of an even number the upper of the two. At least one value.
inline double median(std::vector<double> of) {
  std::nth_element(of.begin(), of.begin() + static_cast<int64_t>(of.size() / 2), of.end());
  return of[of.size() / 2];
}

/// The line that bench/compare.py reads; peers print the same.
inline void print_samples(const std::string& what,
                          const std::string& unit,
                          const std::vector<double>& samples) {
  fmt::print("{}\n",
             nlohmann::ordered_json{{"what", what}, {"unit", unit}, {"samples", samples}}.dump());
}

}  // namespace troodon::bench
