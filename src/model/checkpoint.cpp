#include "model/checkpoint.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/place.hpp"
#include "base/tensor_file.hpp"
#include "model/arch.hpp"
#include "model/dialect.hpp"
#include "model/hf_folder.hpp"
#include "model/tensor_io.hpp"
#include "model/torch_file.hpp"

namespace troodon::model {
namespace {

std::vector<std::string> split_name(const std::string& name) {
  std::vector<std::string> parts(1);
  for (const char c : name) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string join_name(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, "."));
}

bool is_number(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

struct NamedParts {
  std::vector<std::string> parts;
  Tensor value;
};

/// If any name starts with one of `choices`, keeps those that start with `wanted`, without it.
void enter(std::vector<NamedParts>& all,
           const std::set<std::string>& choices,
           const std::string& wanted) {
  const auto starts = [&](const NamedParts& n) {
    return n.parts.size() > 1 && choices.contains(n.parts[0]);
  };
  if (std::none_of(all.begin(), all.end(), starts)) return;
  std::erase_if(all,
                [&](const NamedParts& n) { return n.parts.size() < 2 || n.parts[0] != wanted; });
  for (NamedParts& n : all) n.parts.erase(n.parts.begin());
}

/// The tensors of one of the networks, wrappers' name parts dropped.
std::vector<NamedParts> network_of(StateDict state, Network network) {
  const std::set<std::string> wrappers = {"module", "_orig_mod", "_fsdp_wrapped_module"};
  std::vector<NamedParts> all;
  for (auto& [name, value] : state.tensors) {
    NamedParts named{split_name(name), std::move(value)};
    std::erase_if(named.parts, [&](const std::string& part) { return wrappers.contains(part); });
    if (!named.parts.empty()) all.push_back(std::move(named));
  }
  for (const char* root : {"model", "state_dict"}) enter(all, {root}, root);
  enter(all, {"teacher", "student"}, network == Network::teacher ? "teacher" : "student");
  return all;
}

/// blocks.CHUNK.INDEX.rest -> blocks.INDEX.rest
void flatten_chunks(std::vector<std::string>& parts) {
  if (parts.size() > 3 && parts[0] == "blocks" && is_number(parts[1]) && is_number(parts[2])) {
    parts.erase(parts.begin() + 1);
  }
}

std::string shape_text(const Tensor& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.sizes(), ","));
}

std::string describe(const VitConfig& c, VisionTransformer& network) {
  int64_t count = 0;
  for (const Tensor& p : network->parameters()) count += p.numel();
  return fmt::format("ViT {}x{}x{}, patch {}, {} registers, {}, {:.1f} M parameters",
                     c.embed_dim,
                     c.depth,
                     c.num_heads,
                     c.patch_size,
                     c.num_register_tokens,
                     c.ffn_layer,
                     static_cast<double>(count) / 1e6);
}

}  // namespace

const Tensor* StateDict::find(const std::string& name) const {
  const auto found =
      std::find_if(tensors.begin(), tensors.end(), [&](auto& t) { return t.first == name; });
  return found == tensors.end() ? nullptr : &found->second;
}

StateDict read_checkpoint(const fs::path& path, Contents contents) {
  if (fs::is_directory(path)) return read_hf_folder(path, contents);
  std::string start(9, '\0');
  {
    const MappedFile file(path);
    const auto bytes = file.bytes();
    for (size_t i = 0; i < std::min(start.size(), bytes.size()); ++i)
      start[i] = static_cast<char>(bytes[i]);
  }
  StateDict state;
  // Safetensors begin with the length of their header, which may read like any other beginning.
  const bool safetensors = start[8] == '{';
  if (!safetensors && (start.starts_with("PK") || start.starts_with("\x80\x02"))) {
    state.tensors = read_torch_file(path, contents);
    return state;
  }
  const auto file = std::make_shared<const TensorFile>(path);
  for (const TensorView& view : file->tensors()) {
    Tensor tensor = contents == Contents::mapped   ? to_mapped_tensor(view, file)
                    : contents == Contents::values ? to_tensor(view)
                                                   : to_shape(view);
    state.tensors.emplace_back(view.name, std::move(tensor));
    release_pages(view.data);
  }
  state.metadata = file->metadata();
  return state;
}

StateDict select_backbone(StateDict state, Network network) {
  StateDict out{.tensors = {}, .metadata = state.metadata};
  auto all = network_of(std::move(state), network);
  enter(all, {"backbone"}, "backbone");
  for (NamedParts& named : all) {
    flatten_chunks(named.parts);
    out.tensors.emplace_back(join_name(named.parts), std::move(named.value));
  }
  if (out.tensors.empty()) {
    fail(Exit::input,
         "the checkpoint holds no {} backbone",
         network == Network::teacher ? "teacher" : "student");
  }
  return to_official(std::move(out));
}

StateDict select_head(const StateDict& state, const std::string& head, Network network) {
  StateDict out;
  for (const NamedParts& named : network_of(state, network)) {
    if (named.parts.size() < 2 || named.parts[0] != head) continue;
    std::string name = join_name({named.parts.begin() + 1, named.parts.end()});
    if (name == "last_layer.parametrizations.weight.original0") name = "last_layer.weight_g";
    if (name == "last_layer.parametrizations.weight.original1") name = "last_layer.weight_v";
    out.tensors.emplace_back(name, named.value);
  }
  return out;
}

namespace {

/// A parameter and the place of its tensor in the state.
using Pairing = std::pair<Tensor, size_t>;

/// Every parameter with its tensor; Error unless they pair off, with equal shapes.
std::vector<Pairing> pair_off(nn::Module& module,
                              const StateDict& state,
                              const std::string& origin) {
  const auto parameters = module.named_parameters();
  std::map<std::string, size_t> stored;
  std::vector<std::string> given;
  for (size_t i = 0; i < state.tensors.size(); ++i) stored[state.tensors[i].first] = i;
  for (const auto& [name, place] : stored) given.push_back(name);
  std::vector<Pairing> out;
  for (const auto& parameter : parameters) {
    const auto found = stored.find(parameter.key());
    if (found == stored.end()) {
      fail(Exit::input,
           "{}: no weight '{}' (closest: '{}')",
           origin,
           parameter.key(),
           closest(parameter.key(), given));
    }
    const Tensor& value = state.tensors[found->second].second;
    if (value.sizes() != parameter.value().sizes()) {
      fail(Exit::input,
           "{}: '{}' is {}, this model wants {}",
           origin,
           parameter.key(),
           shape_text(value),
           shape_text(parameter.value()));
    }
    out.emplace_back(parameter.value(), found->second);
    stored.erase(found);
  }
  if (!stored.empty()) {
    const auto wanted = parameters.keys();
    fail(Exit::input,
         "{}: unknown weight '{}' (closest known: '{}')",
         origin,
         stored.begin()->first,
         closest(stored.begin()->first, wanted));
  }
  return out;
}

}  // namespace

void load_state(nn::Module& module, const StateDict& state, const std::string& origin) {
  const torch::NoGradGuard frozen;
  for (const auto& [parameter, place] : pair_off(module, state, origin)) {
    parameter.copy_(state.tensors[place].second);
  }
}

void take_state(nn::Module& module, StateDict&& state, const std::string& origin) {
  const torch::NoGradGuard frozen;
  for (const auto& [parameter, place] : pair_off(module, state, origin)) {
    Tensor value = std::move(state.tensors[place].second);
    const bool whole = value.is_contiguous() && value.storage().nbytes() == value.nbytes();
    // A part of a larger storage would keep all of it, at an alignment of its own.
    if (!whole) value = value.clone(at::MemoryFormat::Contiguous);
    parameter.set_data(value.to(parameter.scalar_type()));
  }
  state.tensors.clear();
}

StateDict state_of(const nn::Module& module) {
  StateDict state;
  for (const auto& parameter : module.named_parameters()) {
    state.tensors.emplace_back(parameter.key(), parameter.value().detach());
  }
  return state;
}

void write_checkpoint(const fs::path& path, const StateDict& state) {
  if (path.extension() == ".pth" || path.extension() == ".pt")
    return write_torch_file(path, state.tensors);
  std::vector<Tensor> plain;
  std::vector<TensorView> views;
  for (const auto& [name, value] : state.tensors) {
    plain.push_back(value.detach().cpu().contiguous());
    views.push_back(to_view(name, plain.back()));
  }
  write_safetensors(path, views, state.metadata);
}

namespace {

/// What the metadata says, where it is a number that a picture's side can be; else 0.
int64_t image_size_of(const StateDict& state) {
  const auto found = state.metadata.find(kImageSizeMetadata);
  if (found == state.metadata.end()) return 0;
  int64_t size = 0;
  const char* end = found->second.data() + found->second.size();
  const auto parsed = std::from_chars(found->second.data(), end, size);
  return parsed.ec == std::errc() && parsed.ptr == end && size > 0 && size <= 8192 ? size : 0;
}

}  // namespace

void write_backbone(const fs::path& path, VisionTransformer& backbone, int64_t image_size) {
  StateDict state = state_of(*backbone);
  if (image_size > 0) state.metadata[kImageSizeMetadata] = std::to_string(image_size);
  state.metadata[kVitMetadata] = to_json(backbone->config());
  write_checkpoint(path, state);
}

Backbone load_backbone(const fs::path& path, const LoadOptions& options) {
  StateDict state = select_backbone(read_checkpoint(path, options.contents), options.network);
  Backbone out;
  out.config = deduce_config(state, options.num_heads);
  out.config.drop_path_rate = 0;
  out.network = VisionTransformer(out.config, Init::none);
  out.image_size = image_size_of(state);
  take_state(*out.network, std::move(state), path.string());
  out.network->eval();
  for (Tensor& parameter : out.network->parameters()) parameter.requires_grad_(false);
  out.description = describe(out.config, out.network);
  return out;
}

}  // namespace troodon::model
