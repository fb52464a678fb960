#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <regex>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "distributed/launch.hpp"
#include "golden.hpp"
#include "model/tensor_io.hpp"

namespace golden {
namespace {

struct Registered {
  std::string pattern;
  void (*check)(const Case&, Verdict&);
};

std::vector<Registered>& registry() {
  static std::vector<Registered> checks;
  return checks;
}

std::vector<fs::path> files_of(const fs::path& root) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file() && entry.path().filename() != "README.md")
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Case open_case(const fs::path& root, const fs::path& path) {
  Case c{.root = root, .path = path, .name = fs::relative(path, root).string()};
  fs::path beside = path;
  beside.replace_extension(".json");
  if (fs::exists(beside)) {
    std::ifstream stream(beside);
    c.info = json::parse(stream);
  }
  if (path.extension() == ".safetensors") {
    c.file.emplace(path);
    if (!c.info.is_null()) c.name = fs::relative(path, root).replace_extension().string();
  }
  return c;
}

Verdict run(const Case& c, void (*check)(const Case&, Verdict&)) {
  Verdict verdict;
  try {
    check(c, verdict);
    if (verdict.comparisons == 0 && verdict.covered.empty())
      verdict.failures.emplace_back("compared nothing");
  } catch (const std::exception& error) {
    verdict.failures.push_back(std::string("threw: ") + error.what());
  }
  return verdict;
}

int run_all(const fs::path& root, const std::regex& filter) {
  std::map<fs::path, std::string> status;
  size_t passed = 0, failed = 0, bare = 0;
  const auto files = files_of(root);
  const auto partner = [](fs::path p, const char* extension) {
    return p.replace_extension(extension);
  };
  for (const fs::path& path : files) {
    if (path.extension() == ".json" && fs::exists(partner(path, ".safetensors"))) continue;
    const Case c = open_case(root, path);
    if (!std::regex_match(c.name, filter)) continue;
    for (const auto& [pattern, check] : registry()) {
      if (!std::regex_match(c.name, std::regex(pattern))) continue;
      const Verdict verdict = run(c, check);
      const bool ok = verdict.failures.empty();
      auto& line = status[fs::weakly_canonical(path)];
      if (line.rfind("FAILED", 0) != 0) {
        line = fmt::format("{} ({} comparisons, worst error {:.2g} of its tolerance)",
                           ok ? "passed" : "FAILED",
                           verdict.comparisons,
                           verdict.worst);
      }
      for (const auto& failure : verdict.failures) line += "\n      " + failure;
      for (const auto& file : verdict.covered)
        status.try_emplace(file, ok ? "passed (with " + c.name + ")" : "FAILED with " + c.name);
    }
  }
  std::string lines;
  for (const fs::path& path : files) {
    const std::string name = fs::relative(path, root).string();
    if (!std::regex_search(name, filter) &&
        !std::regex_match(fs::path(name).replace_extension().string(), filter))
      continue;
    auto found = status.find(fs::weakly_canonical(path));
    if (found == status.end() && path.extension() == ".json")
      found = status.find(fs::weakly_canonical(partner(path, ".safetensors")));
    const std::string text = found == status.end() ? "not covered" : found->second;
    lines += fmt::format("{:<52} {}\n", name, text);
    (text.rfind("passed", 0) == 0 ? passed : text.rfind("FAILED", 0) == 0 ? failed : bare)++;
  }
  // Of several processes the first speaks for all, unless another has something to tell.
  if (troodon::distributed::find_launch().first() || failed > 0)
    fmt::print("{}\n{} files passed, {} failed, {} not covered\n", lines, passed, failed, bare);
  return failed > 0 || passed == 0 ? 1 : 0;
}

}  // namespace

Check::Check(std::string pattern, void (*check)(const Case&, Verdict&)) {
  registry().push_back({std::move(pattern), check});
}

Tensor Case::tensor(const std::string& key) const {
  return troodon::model::to_tensor(file->at(key));
}

std::vector<std::pair<std::string, Tensor>> Case::tensors(const std::string& prefix) const {
  std::vector<std::pair<std::string, Tensor>> out;
  for (const auto& view : file->tensors()) {
    if (view.name.rfind(prefix, 0) == 0)
      out.emplace_back(view.name.substr(prefix.size()), troodon::model::to_tensor(view));
  }
  return out;
}

void Verdict::near(const std::string& what,
                   const Tensor& actual,
                   const Tensor& expected,
                   double tolerance) {
  ++comparisons;
  if (!actual.defined() || actual.sizes() != expected.sizes()) {
    failures.push_back(
        fmt::format("{}: shape {} instead of {}",
                    what,
                    actual.defined() ? fmt::format("{}", fmt::join(actual.sizes(), "x")) : "none",
                    fmt::join(expected.sizes(), "x")));
    return;
  }
  if (expected.numel() == 0) return;
  const double error =
      (actual.detach().to(torch::kDouble) - expected.to(torch::kDouble)).abs().max().item<double>();
  if (tolerance > 0) worst = std::max(worst, error / tolerance);
  if (!(error <= tolerance))
    failures.push_back(fmt::format("{}: off by {:.3g}, allowed {:.3g}", what, error, tolerance));
}

void Verdict::near(const std::string& what, double actual, double expected, double tolerance) {
  near(what,
       torch::tensor(actual, torch::kDouble),
       torch::tensor(expected, torch::kDouble),
       tolerance);
}

void Verdict::close(const std::string& what,
                    const Tensor& actual,
                    const Tensor& expected,
                    double tolerance) {
  const double scale =
      expected.numel() == 0 ? 0 : expected.to(torch::kDouble).abs().max().item<double>();
  near(what, actual, expected, tolerance * std::max(scale, 1e-30));
}

void Verdict::equal(const std::string& what, const Tensor& actual, const Tensor& expected) {
  near(what, actual, expected, 0);
}

void Verdict::expect(const std::string& what, bool holds, const std::string& detail) {
  ++comparisons;
  if (!holds) failures.push_back(detail.empty() ? what : what + ": " + detail);
}

}  // namespace golden

/// troodon_golden [filter]: every file of TROODON_GOLDEN whose name matches the regular expression.
int main(int argc, char** argv) {
  const char* named = std::getenv("TROODON_GOLDEN");
  const char* source = std::getenv("TROODON_SOURCE");
  const golden::fs::path root =
      named && *named ? named : golden::fs::path(source ? source : ".") / "../shared/golden";
  if (!golden::fs::is_directory(root)) {
    fmt::print("skipped: no golden directory at {} (set TROODON_GOLDEN)\n", root.string());
    return 77;
  }
  return golden::run_all(root, std::regex(argc > 1 ? argv[1] : ".*"));
}
