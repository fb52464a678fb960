#include <chrono>
#include <memory>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/machine.hpp"
#include "distributed/launch.hpp"
#include "kernels/backend.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

/// Megabytes per second of a synced write beside the temporary files; 0 where it fails.
double disk_speed() {
  const fs::path file = fs::temp_directory_path() / "troodon_doctor.tmp";
  const std::string block(size_t{32} << 20, 'x');
  const auto start = std::chrono::steady_clock::now();
  write_atomically(file, block);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  fs::remove(file);
  return 32 / seconds;
}

int run_doctor(const Common& common) {
  kernels::use_threads(common.threads);
  const Machine machine = this_machine();
  const nlohmann::ordered_json facts = {
      {"version", TROODON_VERSION},
      {"cpu", machine.cpu},
      {"cpu_features", machine.features},
      {"cores", machine.cores},
      {"memory_gib", static_cast<double>(machine.memory_bytes >> 20) / 1024},
      {"memory_free_gib", static_cast<double>(machine.memory_free_bytes >> 20) / 1024},
      {"backend", kernels::description()},
      {"device", kernels::resolve_device("auto")},
      {"processes_joined_by", distributed::joined_by()},
      {"disk_mb_per_s", disk_speed()}};
  if (common.json) {
    fmt::print("{}\n", facts.dump());
    return 0;
  }
  for (const auto& [name, value] : facts.items()) {
    fmt::print("{:<20} {}\n", name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  if (machine.features.find("avx2") == std::string::npos)
    fmt::print("note: without AVX2 training on this CPU will be slow\n");
  if (machine.memory_free_bytes < (int64_t{2} << 30))
    fmt::print("note: less than 2 GiB are free; use small batches\n");
  return 0;
}

}  // namespace

void add_doctor(CLI::App& app, int& status) {
  CLI::App& verb = add_verb(app,
                            "doctor",
                            "Tell what this machine has and how Troodon will use it.",
                            "  troodon doctor\n  troodon doctor --json");
  auto common = std::make_shared<Common>();
  add_common(verb, *common);
  verb.callback([common, &status] { status = run_doctor(*common); });
}

}  // namespace troodon::cli
