#include "head.hpp"

namespace troodon::cli {

void add_head(CLI::App& app, int& status) {
  CLI::App& head = add_verb(
      app,
      "head",
      "Let heads on a frozen network say what is in pictures: classes, masks, depth.",
      "  troodon head predict --model small --head parts.safetensors --input photos/ --out "
      "masks/ --format png,coco\n"
      "  troodon head predict --model dinov2_vits14_pretrain.pth --head "
      "dinov2_vits14_nyu_dpt_head.pth --input rooms/ --out depth/ --format color,ply\n"
      "  troodon head info parts.safetensors");
  head.require_subcommand(1);
  add_head_train(head, status);
  add_head_predict(head, status);
  add_head_info(head, status);
}

}  // namespace troodon::cli
