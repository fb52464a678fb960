#include "run/checkpoints.hpp"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/tensor_stream.hpp"
#include "model/checkpoint.hpp"
#include "model/position.hpp"
#include "model/tensor_io.hpp"
#include "run/state_tensors.hpp"

namespace troodon::run {
namespace {

using train::NamedTensors;

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

/// What the file's header says of a tensor.
TensorView described(const StateTensor& tensor) {
  const torch::Tensor like =
      torch::empty(tensor.shape, torch::device(torch::kMeta).dtype(tensor.dtype));
  return model::to_shape_view(tensor.name, like);
}

}  // namespace

void save_checkpoint(const fs::path& run_dir,
                     train::State& state,
                     int64_t step,
                     const std::string& config_yaml,
                     int64_t keep,
                     distributed::Communicator& ranks) {
  std::vector<StateTensor> tensors = state_tensors(state, ranks);
  if (ranks.rank() != 0) {
    if (state.student_shards) {
      for (const auto& tensor : tensors) tensor.read();  // the first rank asks for each, too
    }
    return;
  }
  for (const auto& [name, center] : state.center_state()) {
    tensors.push_back({"center." + name,
                       center.scalar_type(),
                       center.sizes().vec(),
                       [center = center] { return center; },
                       {}});
  }
  if (state.loss_scale.used) {
    const torch::Tensor scale = torch::tensor(
        {state.loss_scale.value, static_cast<double>(state.loss_scale.good_steps)}, torch::kDouble);
    tensors.push_back({"loss_scale", torch::kDouble, {2}, [scale] { return scale; }, {}});
  }
  const fs::path folder = run_dir / "checkpoints";
  const fs::path file = folder / fmt::format("step_{:07d}.safetensors", step);
  std::vector<TensorView> header;
  for (const auto& tensor : tensors) header.push_back(described(tensor));
  write_safetensors(file,
                    header,
                    {{"step", std::to_string(step)}, {"config", config_yaml}},
                    [&](std::ostream& out, size_t i) {
                      const torch::Tensor whole = tensors[i].read().detach().cpu().contiguous();
                      out.write(static_cast<const char*>(whole.const_data_ptr()),
                                static_cast<std::streamsize>(whole.nbytes()));
                    });
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

std::optional<CheckpointInfo> latest_checkpoint(const fs::path& run_dir, int64_t most) {
  for (const fs::path& path : sidecars(run_dir / "checkpoints")) {
    const auto sidecar =
        nlohmann::json::parse(read_text(path), nullptr, /*allow_exceptions=*/false);
    const fs::path file = fs::path(path).replace_extension(".safetensors");
    if (sidecar.is_object() && sidecar.value("step", int64_t{0}) > most) continue;
    if (const std::string why = fault(sidecar, file); !why.empty()) {
      log_warning("{} is passed over: {}", file.string(), why);
      continue;
    }
    const TensorFile tensors(file);
    return CheckpointInfo{file, sidecar.at("step").get<int64_t>(), tensors.metadata().at("config")};
  }
  return std::nullopt;
}

void load_checkpoint(const CheckpointInfo& checkpoint,
                     train::State& state,
                     distributed::Communicator& ranks) {
  const TensorFile file(checkpoint.file);
  for (const StateTensor& tensor : state_tensors(state, ranks)) {
    const TensorView& saved = file.at(tensor.name);
    if (tensor.shape != saved.shape) {
      fail("{}: '{}' has another shape than this run's network; was the configuration changed?",
           checkpoint.file.string(),
           saved.name);
    }
    tensor.write(model::to_tensor(saved));
  }
  NamedTensors centers;
  for (const TensorView& view : file.tensors()) {
    if (view.name.rfind("center.", 0) == 0)
      centers.emplace_back(view.name.substr(7), model::to_tensor(view));
  }
  state.load_center_state(centers);
  if (const TensorView* view = state.loss_scale.used ? file.find("loss_scale") : nullptr) {
    const torch::Tensor scale = model::to_tensor(*view);
    state.loss_scale.value = scale[0].item<double>();
    state.loss_scale.good_steps = scale[1].item<int64_t>();
  }
}

void start_from(const fs::path& checkpoint, train::State& state, distributed::Communicator& ranks) {
  model::VisionTransformer backbone(state.student->backbone->config(), model::Init::none);
  model::StateDict weights = model::select_backbone(model::read_checkpoint(checkpoint));
  const int64_t side = backbone->config().img_size / backbone->config().patch_size;
  for (auto& [name, value] : weights.tensors) {
    if (name != "pos_embed") continue;
    value = model::interpolate_positions(
        value, {.rows = side, .columns = side, .antialias = true, .offset = 0});
  }
  model::load_state(*backbone, weights, checkpoint.string());
  std::map<std::string, torch::Tensor> loaded;
  for (const auto& item : backbone->named_parameters()) {
    loaded["student.backbone." + item.key()] = item.value();
    loaded["teacher.backbone." + item.key()] = item.value();
  }
  for (const StateTensor& tensor : state_tensors(state, ranks)) {
    if (const auto found = loaded.find(tensor.name); found != loaded.end())
      tensor.write(found->second.detach());
  }
}

void export_teacher(const fs::path& file, train::State& state, int64_t image_size) {
  model::write_backbone(file, state.teacher->backbone, image_size);
}

}  // namespace troodon::run
