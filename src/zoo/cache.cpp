#include "zoo/cache.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

namespace troodon::zoo {
namespace {

/// A variable's value; nothing where it is unset or empty.
std::optional<fs::path> variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return fs::path(value);
}

fs::path cache_home() {
  return variable("XDG_CACHE_HOME").value_or(variable("HOME").value_or(".") / ".cache");
}

bool is_model(const fs::path& folder) {
  return fs::exists(folder / "config.json") &&
         (fs::exists(folder / "model.safetensors") || fs::exists(folder / "pytorch_model.bin"));
}

/// The snapshot that refs/main names, else the newest one.
std::optional<fs::path> snapshot(const fs::path& hub, std::string repository) {
  repository.replace(repository.find('/'), 1, "--");
  const fs::path root = hub / ("models--" + repository);
  if (fs::exists(root / "refs" / "main")) {
    const fs::path named = root / "snapshots" / read_text(root / "refs" / "main");
    if (is_model(named)) return named;
  }
  std::optional<fs::path> newest;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(root / "snapshots", missing)) {
    if (!is_model(entry.path())) continue;
    if (!newest || fs::last_write_time(*newest) < entry.last_write_time()) newest = entry.path();
  }
  return newest;
}

}  // namespace

Caches caches() {
  const fs::path home = cache_home();
  return {
      .own = variable("TROODON_HOME").value_or(home / "troodon"),
      .torch_hub = variable("TORCH_HOME").value_or(home / "torch") / "hub" / "checkpoints",
      .hugging_face = variable("HF_HUB_CACHE")
                          .value_or(variable("HF_HOME").value_or(home / "huggingface") / "hub")};
}

std::optional<fs::path> find_file(const ReleasedFile& file, const Caches& caches) {
  const fs::path own = caches.own / file.name;
  for (const fs::path& path :
       {own, fs::path(own).replace_extension(".safetensors"), caches.torch_hub / file.name}) {
    if (fs::exists(path)) return path;
  }
  return std::nullopt;
}

std::optional<fs::path> find_released(const Released& model, const Caches& caches) {
  if (auto file = find_file(model.files[0], caches)) return file;
  for (const std::string& repository : model.repositories) {
    if (auto folder = snapshot(caches.hugging_face, repository)) return folder;
  }
  return std::nullopt;
}

std::string how_to_get(const std::string& name, const Released& model) {
  const ReleasedFile& file = model.files[0];
  return fmt::format("{} is not on this machine; `troodon fetch {}` downloads {} ({}) from {}{}/",
                     name,
                     name,
                     file.name,
                     megabytes_text(file.tensor_bytes),
                     kOfficialAddress,
                     file.folder);
}

}  // namespace troodon::zoo
