#include "run/checkpoints.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "model/checkpoint.hpp"
#include "model/position.hpp"
#include "model/tensor_io.hpp"

namespace troodon::run {
namespace {

using train::NamedTensors;

/// Every tensor of the state under the name it has in the file; shares memory with the state.
NamedTensors named_tensors(const train::State& state) {
  NamedTensors out;
  for (const auto& item : state.student->named_parameters())
    out.emplace_back("student." + item.key(), item.value());
  for (const auto& item : state.teacher->named_parameters())
    out.emplace_back("teacher." + item.key(), item.value());
  for (const auto& [name, tensor] : state.optimizer.state())
    out.emplace_back("optimizer." + name, tensor);
  for (const auto& [name, tensor] : state.center_state())
    out.emplace_back("center." + name, tensor);
  return out;
}

fs::path sidecar_of(fs::path file) {
  return file.replace_extension(".json");
}

/// Sidecars of the folder, newest step first.
std::vector<fs::path> sidecars(const fs::path& folder) {
  std::vector<fs::path> out;
  if (!fs::is_directory(folder)) return out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("step_", 0) == 0 && entry.path().extension() == ".json")
      out.push_back(entry.path());
  }
  std::sort(out.rbegin(), out.rend());  // step numbers are zero-padded
  return out;
}

/// Nothing, or why the checkpoint described by `sidecar` cannot be used.
std::string fault(const nlohmann::json& sidecar, const fs::path& file) {
  if (!sidecar.is_object()) return "its .json is damaged";
  if (!fs::exists(file)) return "the file is missing";
  const MappedFile mapped(file);
  if (mapped.bytes().size() != sidecar.value("bytes", size_t{0})) return "its size is wrong";
  if (crc32(mapped.bytes()) != sidecar.value("crc32", uint32_t{0})) return "its checksum is wrong";
  return "";
}

void copy_into(const torch::Tensor& target, const TensorView& saved, const std::string& where) {
  if (target.sizes().vec() != saved.shape) {
    fail("{}: '{}' has another shape than this run's network; was the configuration changed?",
         where,
         saved.name);
  }
  torch::NoGradGuard guard;
  target.copy_(model::to_tensor(saved));
}

}  // namespace

void save_checkpoint(const fs::path& run_dir,
                     const train::State& state,
                     int64_t step,
                     const std::string& config_yaml,
                     int64_t keep) {
  const fs::path folder = run_dir / "checkpoints";
  const fs::path file = folder / fmt::format("step_{:07d}.safetensors", step);
  model::write_checkpoint(
      file, {named_tensors(state), {{"step", std::to_string(step)}, {"config", config_yaml}}});
  const MappedFile written(file);
  const nlohmann::json sidecar = {
      {"step", step}, {"bytes", written.bytes().size()}, {"crc32", crc32(written.bytes())}};
  write_atomically(sidecar_of(file), sidecar.dump() + "\n");
  const auto all = sidecars(folder);
  for (size_t i = static_cast<size_t>(std::max<int64_t>(keep, 1)); i < all.size(); ++i) {
    fs::remove(all[i]);  // the sidecar first: without it the file does not count
    fs::remove(fs::path(all[i]).replace_extension(".safetensors"));
  }
}

std::optional<CheckpointInfo> latest_checkpoint(const fs::path& run_dir) {
  for (const fs::path& path : sidecars(run_dir / "checkpoints")) {
    const auto sidecar =
        nlohmann::json::parse(read_text(path), nullptr, /*allow_exceptions=*/false);
    const fs::path file = fs::path(path).replace_extension(".safetensors");
    if (const std::string why = fault(sidecar, file); !why.empty()) {
      log_warning("{} is passed over: {}", file.string(), why);
      continue;
    }
    const TensorFile tensors(file);
    return CheckpointInfo{file, sidecar.at("step").get<int64_t>(), tensors.metadata().at("config")};
  }
  return std::nullopt;
}

void load_checkpoint(const CheckpointInfo& checkpoint, train::State& state) {
  const TensorFile file(checkpoint.file);
  const std::string where = checkpoint.file.string();
  NamedTensors optimizer, centers;
  for (const auto& item : state.student->named_parameters())
    copy_into(item.value(), file.at("student." + item.key()), where);
  for (const auto& item : state.teacher->named_parameters())
    copy_into(item.value(), file.at("teacher." + item.key()), where);
  for (const TensorView& view : file.tensors()) {
    if (view.name.rfind("optimizer.", 0) == 0)
      optimizer.emplace_back(view.name.substr(10), model::to_tensor(view));
    if (view.name.rfind("center.", 0) == 0)
      centers.emplace_back(view.name.substr(7), model::to_tensor(view));
  }
  state.optimizer.load_state(optimizer);
  state.load_center_state(centers);
}

void start_from(const fs::path& checkpoint, train::State& state) {
  model::VisionTransformer& backbone = state.student->backbone;
  model::StateDict weights = model::select_backbone(model::read_checkpoint(checkpoint));
  const int64_t side = backbone->config().img_size / backbone->config().patch_size;
  for (auto& [name, value] : weights.tensors) {
    if (name != "pos_embed") continue;
    value = model::interpolate_positions(
        value, {.rows = side, .columns = side, .antialias = true, .offset = 0});
  }
  model::load_state(*backbone, weights, checkpoint.string());
  train::copy_weights(state.teacher, state.student);
}

void export_teacher(const fs::path& file, train::State& state, int64_t image_size) {
  model::write_backbone(file, state.teacher->backbone, image_size);
}

}  // namespace troodon::run
