#include "infer/twin.hpp"

#include <torch/types.h>

#include "base/error.hpp"
#include "infer/embedder.hpp"
#include "infer/settings.hpp"
#include "model/checkpoint.hpp"

namespace troodon::infer {
namespace {

/// LibTorch's generator on the CPU goes on afterwards as if nobody had drawn or seeded here.
class Undisturbed {
 public:
  Undisturbed()
      : generator_(at::detail::getDefaultCPUGenerator()), state_(generator_.get_state()) {}
  ~Undisturbed() { generator_.set_state(state_); }
  Undisturbed(const Undisturbed&) = delete;
  Undisturbed& operator=(const Undisturbed&) = delete;

 private:
  at::Generator generator_;
  torch::Tensor state_;
};

}  // namespace

fs::path untrained_twin(const fs::path& model, const fs::path& folder, uint64_t seed) {
  if (is_classical(model))
    fail(Exit::usage, "{}: never learns, so it has no untrained twin", model.string());
  const fs::path file = model_file(model);
  const fs::path twin = folder / fmt::format("untrained_{}_{}.safetensors", model_hash(file), seed);
  if (fs::exists(twin)) return twin;
  const Undisturbed draws;
  const model::Backbone trained = model::load_backbone(file, {.contents = model::Contents::mapped});
  torch::manual_seed(seed);
  model::VisionTransformer fresh(trained.config);
  model::write_backbone(twin, fresh, trained.image_size);
  return twin;
}

}  // namespace troodon::infer
