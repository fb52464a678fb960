#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <torch/types.h>

#include "base/file.hpp"
#include "base/tensor_file.hpp"

// Runs the reference numbers of a golden directory against Troodon. A check file registers what it
// covers; sizes and settings come from the JSON beside each file, never from the check.
namespace golden {

namespace fs = std::filesystem;
using nlohmann::json;
using torch::Tensor;

/// One reference file, e.g. backbone/plain (plain.json + plain.safetensors), or a lone file such as
/// masking/traces.json or interop/plain_official.pth.
struct Case {
  fs::path root;     ///< the golden directory
  fs::path path;     ///< the file itself; for a pair, the .safetensors
  std::string name;  ///< "backbone/plain", or with the extension for a lone file
  json info;         ///< the JSON (config, seed, values, tensors); null without one
  std::optional<troodon::TensorFile> file;

  bool has(const std::string& key) const { return file && file->find(key) != nullptr; }
  Tensor tensor(const std::string& key) const;
  const json& config() const { return info.at("config"); }
  const json& values() const { return info.at("values"); }
  /// The tensors whose names start with `prefix`, names without it.
  std::vector<std::pair<std::string, Tensor>> tensors(const std::string& prefix) const;
};

/// Collects comparisons of one case.
class Verdict {
 public:
  /// max|actual - expected| <= tolerance * max|expected| (relative to the tensor's largest value).
  void close(const std::string& what,
             const Tensor& actual,
             const Tensor& expected,
             double tolerance);
  /// |actual - expected| <= tolerance, absolute.
  void near(const std::string& what, double actual, double expected, double tolerance);
  void near(const std::string& what,
            const Tensor& actual,
            const Tensor& expected,
            double tolerance);
  void equal(const std::string& what, const Tensor& actual, const Tensor& expected);
  void expect(const std::string& what, bool holds, const std::string& detail = "");
  /// Another file of the directory that this case has tested too (an image, a checkpoint).
  void covers(const fs::path& file) { covered.insert(fs::weakly_canonical(file)); }

  size_t comparisons = 0;
  double worst = 0;  ///< largest error / tolerance seen
  std::vector<std::string> failures;
  std::set<fs::path> covered;
};

/// Registers `check` for the cases whose name matches `pattern` (a regular expression, whole name).
struct Check {
  Check(std::string pattern, void (*check)(const Case&, Verdict&));
};

}  // namespace golden
