#include "training.hpp"

namespace troodon::cli {
namespace {

constexpr const char* kDistillExamples =
    "  troodon distill --teacher runs/large --data photos/ --out runs/small "
    "student.arch=vit_192x6x3\n"
    "  troodon distill --teacher runs/large --data photos/ --out runs/family --student vit_192x6x3 "
    "--student vit_128x4x2\n"
    "  troodon distill --teacher runs/large --data photos/ --out runs/small --resume";

}  // namespace

void add_distill(CLI::App& app, int& status) {
  CLI::App& verb = add_verb(app,
                            "distill",
                            "Teach a small network what a large, trained one says of pictures.",
                            kDistillExamples);
  auto args = std::make_shared<TrainArgs>();
  verb.add_option("--teacher,-t",
                  args->layers.teacher,
                  "run (or one of its checkpoints) whose teacher, with its heads, is the frozen "
                  "teacher; needed but with --resume");
  verb.add_option("--student",
                  args->students,
                  "architecture of a student, such as vit_192x6x3; said several times, they learn "
                  "together, each in OUT/ARCHITECTURE, and the teacher is asked once")
      ->allow_extra_args(false);
  add_training(verb, args, status);
}

}  // namespace troodon::cli
