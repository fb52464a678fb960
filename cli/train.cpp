#include "training.hpp"

namespace troodon::cli {
namespace {

constexpr const char* kExamples =
    "  troodon train --data photos/ --out runs/first            # chooses everything, says why\n"
    "  troodon train --data photos/ --out runs/first --resume   # goes on where it stopped\n"
    "  troodon train --data imagenet/train --config vitl14.yaml --out runs/l14 optim.epochs=50\n"
    "  troodon train --data pets/ --probe pets/ --out runs/pets --minutes 60 "
    "student.arch=vit_small\n"
    "  troodon train --from dinov2_vits14_pretrain.pth --data xrays/ --out runs/xrays\n"
    "  troodon train --from models/vit_192x6x3_p8.safetensors --config configs/recipes/copies.yaml "
    "--data photos/ --out runs/copies  # knows copies\n"
    "  mpirun -n 4 troodon train --data photos/ --out runs/four troodon.sharding=full";

}  // namespace

void add_train(CLI::App& app, int& status) {
  CLI::App& verb = add_verb(app, "train", "Learn from pictures without labels.", kExamples);
  auto args = std::make_shared<TrainArgs>();
  verb.add_option("--from",
                  args->layers.from,
                  "finished backbone to go on from: its heads are new, so they warm up while it "
                  "rests, it learns slowly, and the run ends before quality is lost");
  add_training(verb, args, status);
}

}  // namespace troodon::cli
