#include "training.hpp"

namespace troodon::cli {
namespace {

constexpr const char* kExamples =
    "  troodon train --data photos/ --out runs/first            # chooses everything, says why\n"
    "  troodon train --data photos/ --out runs/first --resume   # goes on where it stopped\n"
    "  troodon train --data imagenet/train --config vitl14.yaml --out runs/l14 optim.epochs=50\n"
    "  troodon train --data pets/ --probe pets/ --out runs/pets --minutes 60 "
    "student.arch=vit_small\n"
    "  mpirun -n 4 troodon train --data photos/ --out runs/four troodon.sharding=full";

}  // namespace

void add_train(CLI::App& app, int& status) {
  CLI::App& verb = add_verb(app, "train", "Learn from pictures without labels.", kExamples);
  add_training(verb, std::make_shared<TrainArgs>(), status);
}

}  // namespace troodon::cli
