#include "infer/predict/planned_head.hpp"

#include <algorithm>
#include <numeric>

#include <torch/types.h>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/tensor_file.hpp"
#include "model/arch.hpp"
#include "zoo/names.hpp"

namespace troodon::infer {
namespace {

constexpr int64_t kAttended = 4;  ///< blocks that an attentive probe sees unless its card says else

std::vector<int64_t> last_blocks(int64_t depth, int64_t layers) {
  std::vector<int64_t> out(static_cast<size_t>(layers));
  std::iota(out.begin(), out.end(), depth - layers);
  return out;
}

/// Class tokens in an MLP's input, besides the mean patch token that more than one vector ends in.
int64_t mlp_blocks(const heads::MlpProbe& probe, int64_t width) {
  return std::max<int64_t>(probe.inputs / width - 1, 1);
}

bool mlp_avgpool(const heads::MlpProbe& probe, int64_t width) {
  return probe.inputs > width;
}

/// How many blocks a head looks at, and what it is for.
struct Kind {
  const Ground& ground;
  Task task = Task::classes;
  int64_t layers = 0;

  void operator()(const heads::ClassHead& head) { layers = head.blocks; }
  void operator()(const heads::MlpProbe& head) {
    layers = mlp_blocks(head, ground.config.embed_dim);
  }
  void operator()(const heads::AttentiveProbe&) {
    layers = std::min(kAttended, ground.config.depth);
  }
  void operator()(const heads::SegmentHead& head) { task = Task::masks, layers = head.layers; }
  void operator()(const heads::DepthHead& head) { task = Task::depth, layers = head.layers; }
};

int64_t classes_in(const heads::Head& head) {
  if (const auto* linear = std::get_if<heads::ClassHead>(&head.head)) return linear->weight.size(0);
  if (const auto* mlp = std::get_if<heads::MlpProbe>(&head.head)) return mlp->classes;
  if (const auto* probe = std::get_if<heads::AttentiveProbe>(&head.head)) return probe->classes;
  if (const auto* segment = std::get_if<heads::SegmentHead>(&head.head)) return segment->classes;
  return 0;
}

std::vector<std::string> names_of(const heads::Head& head) {
  std::vector<std::string> out = head.card.classes;
  const auto count = static_cast<size_t>(classes_in(head));
  for (size_t i = out.size(); i < count; ++i) out.push_back(fmt::format("class {}", i));
  out.resize(count);
  return out;
}

void check_blocks(const std::vector<int64_t>& blocks,
                  int64_t least,
                  const std::string& file,
                  const Ground& ground) {
  const bool ascending = std::ranges::adjacent_find(blocks, std::greater_equal<>()) == blocks.end();
  if (ascending && blocks.front() >= 0 && blocks.back() < ground.config.depth &&
      static_cast<int64_t>(blocks.size()) >= least)
    return;
  fail(Exit::input,
       "{}: the head looks at {} blocks, the last of them number {}, and {} has {}; use the "
       "backbone that it was trained on",
       file,
       std::max<int64_t>(least, static_cast<int64_t>(blocks.size())),
       blocks.back() + 1,
       ground.name,
       ground.config.depth);
}

void compare_backbones(const heads::HeadCard& card, const std::string& file, const Ground& ground) {
  const auto& config = ground.config;
  if (card.patch_size > 0 && card.patch_size != config.patch_size) {
    fail(Exit::input,
         "{}: the head was trained on a backbone with patches of {} pixels, and {} has {}; use "
         "that backbone",
         file,
         card.patch_size,
         ground.name,
         config.patch_size);
  }
  if (!card.backbone_hash.empty() && card.backbone_hash != ground.hash)
    log_warning("{}: was trained on other weights ({}) than those of {}; what it says may be noise",
                file,
                card.backbone.empty() ? card.backbone_hash : card.backbone,
                ground.name);
}

/// An official DPT head says in its file's name alone how far it sees.
void set_official_range(heads::Head& head, const fs::path& file) {
  auto* depth = std::get_if<heads::DepthHead>(&head.head);
  const bool kitti = file.filename().string().find("_kitti_dpt_head") != std::string::npos;
  if (depth != nullptr && depth->kind == heads::DepthKind::dpt && kitti && head.card.data.empty())
    depth->range = heads::kKittiRange;
}

}  // namespace

fs::path head_file(const fs::path& head) {
  // A folder of results is often called what the head is.
  const bool results = fs::is_directory(head) && !fs::exists(head / "config.json");
  const fs::path shipped = shipped_file(head.string());
  if (fs::exists(head) && (shipped.empty() || !results)) return head;
  if (!shipped.empty()) return shipped;
  if (zoo::released(head.string())) return model_file(head);
  std::vector<std::string> known = zoo::released_names();
  std::erase_if(known, [](const std::string& name) { return !name.ends_with("_head"); });
  const bool meant = head.string().ends_with("_head") || head.string().ends_with("_head.pth");
  fail(Exit::input,
       "{}: there is no such head's file, nor a released head of that name{}",
       head.string(),
       meant ? fmt::format(" (closest: {})", closest(head.string(), known)) : "");
}

PlannedHead plan_head(const fs::path& file, const Ground& ground) {
  const int64_t depth = ground.config.depth;
  PlannedHead out{.head = heads::read_head(file, ground.config.embed_dim)};
  set_official_range(out.head, file);
  const heads::HeadCard& card = out.head.card;
  compare_backbones(card, file.string(), ground);
  Kind kind{ground};
  std::visit(kind, out.head.head);
  out.task = kind.task;
  if (!card.blocks.empty())
    out.blocks = card.blocks;
  else if (kind.layers <= depth)
    out.blocks = kind.task == Task::depth ? heads::depth_blocks(depth, kind.layers)
                                          : last_blocks(depth, kind.layers);
  else
    out.blocks = {depth - 1};  // refused below
  const bool free = std::holds_alternative<heads::AttentiveProbe>(out.head.head);
  check_blocks(out.blocks, free ? 1 : kind.layers, file.string(), ground);
  out.norm = kind.task == Task::classes || card.norm;
  out.size =
      card.image_size > 0 ? model::round_to_patch(card.image_size, ground.config.patch_size) : 0;
  out.classes = names_of(out.head);
  return out;
}

void move_to(heads::Head& head, const torch::Device& device) {
  std::visit(
      [&](auto& part) {
        if constexpr (requires { part.weights; }) {
          for (auto& [name, tensor] : part.weights) tensor = tensor.to(device);
        } else {
          part.weight = part.weight.to(device), part.bias = part.bias.to(device);
        }
      },
      head.head);
}

std::vector<float> class_probabilities(const PlannedHead& planned,
                                       const std::vector<model::IntermediateLayer>& layers) {
  torch::Tensor logits;
  if (const auto* mlp = std::get_if<heads::MlpProbe>(&planned.head.head)) {
    const int64_t width = layers.back().cls_token.size(1);
    logits = heads::probe_logits(
        *mlp, heads::linear_input(layers, mlp_blocks(*mlp, width), mlp_avgpool(*mlp, width)));
  } else {
    const torch::Tensor probe = heads::probe_features(layers);
    const auto* attentive = std::get_if<heads::AttentiveProbe>(&planned.head.head);
    logits = attentive != nullptr
                 ? heads::probe_logits(*attentive, probe)
                 : heads::class_logits(std::get<heads::ClassHead>(planned.head.head), probe);
  }
  const torch::Tensor shares =
      torch::softmax(logits.to(torch::kDouble), -1).to(torch::kFloat).cpu().contiguous();
  return {shares.data_ptr<float>(), shares.data_ptr<float>() + shares.numel()};
}

}  // namespace troodon::infer
