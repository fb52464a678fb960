#include "model/dialect.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include <ATen/ATen.h>

#include "base/error.hpp"

namespace troodon::model {
namespace {

/// A Hugging Face name and the official one; where several are stacked under one official name,
/// their places in it. Of several rows for one place the first is what we write.
struct Row {
  std::string_view theirs, official;
  size_t place = 0;
};

constexpr std::array kOutside = {
    Row{"embeddings.cls_token", "cls_token"},
    Row{"embeddings.mask_token", "mask_token"},
    Row{"embeddings.position_embeddings", "pos_embed"},
    Row{"embeddings.register_tokens", "register_tokens"},
    Row{"embeddings.patch_embeddings.projection", "patch_embed.proj"},
    Row{"layernorm", "norm"},
};

constexpr std::array kInBlock = {
    Row{"attention.attention.query", "attn.qkv", 0},
    Row{"attention.attention.key", "attn.qkv", 1},
    Row{"attention.attention.value", "attn.qkv", 2},
    Row{"attention.q_proj", "attn.qkv", 0},
    Row{"attention.k_proj", "attn.qkv", 1},
    Row{"attention.v_proj", "attn.qkv", 2},
    Row{"attention.output.dense", "attn.proj"},
    Row{"attention.o_proj", "attn.proj"},
    Row{"layer_scale1.lambda1", "ls1.gamma"},
    Row{"layer_scale2.lambda1", "ls2.gamma"},
    Row{"mlp.weights_in", "mlp.w12"},
    Row{"mlp.gate_proj", "mlp.w12", 0},
    Row{"mlp.up_proj", "mlp.w12", 1},
    Row{"mlp.weights_out", "mlp.w3"},
    Row{"mlp.down_proj", "mlp.w3"},
};

/// What follows `start` in `name`: "" or ".weight"; nothing if it does not start so.
std::optional<std::string> rest_after(const std::string& name, std::string_view start) {
  if (!name.starts_with(start)) return std::nullopt;
  const std::string rest = name.substr(start.size());
  return rest.empty() || rest[0] == '.' ? std::optional(rest) : std::nullopt;
}

/// "encoder.layer.7.norm1.bias" with "encoder.layer." -> {"7", "norm1.bias"}.
std::optional<std::pair<std::string, std::string>> block_name(const std::string& name,
                                                              std::string_view start) {
  if (!name.starts_with(start)) return std::nullopt;
  const size_t dot = name.find('.', start.size());
  if (dot == std::string::npos) return std::nullopt;
  return std::pair(name.substr(start.size(), dot - start.size()), name.substr(dot + 1));
}

struct Place {
  std::string name;
  size_t index = 0;
};

Place official_place(const std::string& name, std::span<const Row> rows) {
  for (const Row& row : rows) {
    if (const auto rest = rest_after(name, row.theirs)) {
      return {std::string(row.official) + *rest, row.place};
    }
  }
  return {name, 0};
}

Place official_place(std::string name) {
  for (const char* model : {"dinov2.", "dinov2_with_registers."}) {
    if (name.starts_with(model)) name.erase(0, std::string_view(model).size());
  }
  const auto block = block_name(name, "encoder.layer.");
  if (!block) return official_place(name, kOutside);
  const Place inside = official_place(block->second, kInBlock);
  return {"blocks." + block->first + "." + inside.name, inside.index};
}

StateDict from_hugging_face(StateDict theirs) {
  struct Stack {
    std::string name;
    std::vector<std::pair<size_t, Tensor>> tensors;
  };
  std::vector<Stack> stacks;
  for (auto& [name, value] : theirs.tensors) {
    if (name.starts_with("classifier.")) continue;
    const Place place = official_place(name);
    auto stack = std::find_if(
        stacks.begin(), stacks.end(), [&](const Stack& s) { return s.name == place.name; });
    if (stack == stacks.end()) stack = stacks.insert(stacks.end(), Stack{place.name, {}});
    stack->tensors.emplace_back(place.index, std::move(value));
  }
  StateDict out{.tensors = {}, .metadata = theirs.metadata};
  for (Stack& stack : stacks) {
    std::sort(stack.tensors.begin(), stack.tensors.end(), [](const auto& a, const auto& b) {
      return a.first < b.first;
    });
    std::vector<Tensor> values;
    const bool several = stack.tensors.size() > 1;
    for (auto& [index, value] : std::exchange(stack.tensors, {})) {
      if (index != values.size() || (value.dim() == 0 && several)) {
        fail(Exit::input, "the weights that make up '{}' are incomplete", stack.name);
      }
      values.push_back(std::move(value));
    }
    out.tensors.emplace_back(stack.name, values.size() == 1 ? values[0] : at::cat(values));
  }
  return out;
}

/// Hugging Face's names of an official tensor: one, or those of the parts that it is split into.
std::vector<std::string> their_names(const std::string& name, std::span<const Row> rows) {
  std::vector<std::string> out;
  for (const Row& row : rows) {
    const auto rest = rest_after(name, row.official);
    if (rest && row.place == out.size()) {
      out.push_back(std::string(row.theirs) + *rest);
    } else if (!out.empty()) {
      break;
    }
  }
  return out.empty() ? std::vector{name} : out;
}

StateDict to_hugging_face(const StateDict& official) {
  StateDict out{.tensors = {}, .metadata = official.metadata};
  for (const auto& [name, value] : official.tensors) {
    const auto block = block_name(name, "blocks.");
    const auto names =
        block ? their_names(block->second, kInBlock) : their_names(name, std::span(kOutside));
    const auto parts = value.chunk(static_cast<int64_t>(names.size()));
    for (size_t i = 0; i < names.size(); ++i) {
      out.tensors.emplace_back(block ? "encoder.layer." + block->first + "." + names[i] : names[i],
                               parts[i].contiguous());
    }
  }
  return out;
}

bool is_square(int64_t n) {
  const auto root = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(n))));
  return root * root == n;
}

/// Renames "blocks.I.mlp.<from>..." in place.
void rename_ffn(StateDict& state, std::string_view from, std::string_view to) {
  for (auto& [name, value] : state.tensors) {
    const auto block = block_name(name, "blocks.");
    if (!block) continue;
    const auto rest = rest_after(block->second, "mlp." + std::string(from));
    if (rest) name = "blocks." + block->first + ".mlp." + std::string(to) + *rest;
  }
}

Tensor* find(StateDict& state, const std::string& name) {
  for (auto& [key, value] : state.tensors) {
    if (key == name) return &value;
  }
  return nullptr;
}

StateDict from_timm(StateDict theirs) {
  StateDict out = std::move(theirs);
  std::erase_if(out.tensors, [](const auto& t) { return t.first.starts_with("head."); });
  for (auto& [name, value] : out.tensors) {
    if (name == "reg_token") name = "register_tokens";
  }
  const Tensor *fc1 = find(out, "blocks.0.mlp.fc1.weight"),
               *fc2 = find(out, "blocks.0.mlp.fc2.weight");
  const bool matrices = fc1 != nullptr && fc2 != nullptr && fc1->dim() == 2 && fc2->dim() == 2;
  if (matrices && fc1->size(0) == 2 * fc2->size(1)) {
    rename_ffn(out, "fc1", "w12");
    rename_ffn(out, "fc2", "w3");
  }
  Tensor* positions = find(out, "pos_embed");
  if (positions == nullptr || positions->dim() != 3) return out;
  const int64_t rows = positions->size(1), width = positions->size(2);
  if (is_square(rows) && !is_square(rows - 1)) {
    *positions = at::cat({at::zeros({1, 1, width}, positions->options()), *positions}, 1);
  }
  if (find(out, "mask_token") == nullptr) {
    out.tensors.emplace_back("mask_token", at::zeros({1, width}, positions->options()));
  }
  return out;
}

StateDict to_timm(const StateDict& official) {
  StateDict out = official;
  std::erase_if(out.tensors, [](const auto& t) { return t.first == "mask_token"; });
  rename_ffn(out, "w12", "fc1");
  rename_ffn(out, "w3", "fc2");
  if (find(out, "register_tokens") == nullptr) return out;
  Tensor *positions = find(out, "pos_embed"), *cls = find(out, "cls_token");
  *cls = *cls + positions->slice(1, 0, 1);
  *positions = positions->slice(1, 1).contiguous();
  for (auto& [name, value] : out.tensors) {
    if (name == "register_tokens") name = "reg_token";
  }
  return out;
}

}  // namespace

Dialect dialect_named(const std::string& name) {
  for (const Dialect dialect : {Dialect::official, Dialect::hugging_face, Dialect::timm}) {
    if (name == name_of(dialect)) return dialect;
  }
  fail(Exit::usage, "unknown names '{}': write official, huggingface or timm", name);
}

std::string name_of(Dialect dialect) {
  if (dialect == Dialect::hugging_face) return "huggingface";
  return dialect == Dialect::timm ? "timm" : "official";
}

Dialect dialect_of(const StateDict& backbone) {
  bool mask = false, positions = false;
  for (const auto& [name, value] : backbone.tensors) {
    if (name.find("embeddings.patch_embeddings.") != std::string::npos)
      return Dialect::hugging_face;
    if (name == "reg_token") return Dialect::timm;
    mask |= name == "mask_token";
    positions |= name == "pos_embed";
  }
  return positions && !mask ? Dialect::timm : Dialect::official;
}

StateDict to_official(StateDict backbone) {
  const Dialect dialect = dialect_of(backbone);
  if (dialect == Dialect::hugging_face) return from_hugging_face(std::move(backbone));
  return dialect == Dialect::timm ? from_timm(std::move(backbone)) : backbone;
}

StateDict in_dialect(const StateDict& official, Dialect dialect) {
  if (dialect == Dialect::hugging_face) return to_hugging_face(official);
  return dialect == Dialect::timm ? to_timm(official) : official;
}

}  // namespace troodon::model
