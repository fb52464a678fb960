#include <torch/nn.h>

#include "distributed/threads.hpp"
#include "golden.hpp"
#include "train/losses.hpp"
#include "train/sinkhorn.hpp"

namespace golden {
namespace {

using namespace troodon::train;  // NOLINT(google-build-using-namespace)
using troodon::distributed::Alone;
using troodon::distributed::Communicator;

constexpr double kLossRelative = 1e-5, kSinkhornAbsolute = 1e-6;

struct LossAndGradient {
  Tensor loss, gradient;
};

template <class Loss>
LossAndGradient differentiate(const Tensor& input, const Loss& loss) {
  const Tensor x = input.clone().set_requires_grad(true);
  const Tensor value = loss(x);
  value.backward();
  return {value.detach(), x.grad()};
}

void compare(Verdict& verdict, const Case& c, const std::string& key, const LossAndGradient& got) {
  verdict.close(key, got.loss, c.tensor(key), kLossRelative);
  if (c.has(key + ".grad"))
    verdict.close(key + ".grad", got.gradient, c.tensor(key + ".grad"), kLossRelative);
}

/// dino_loss takes [views, pictures, prototypes].
Tensor views(const Tensor& rows, int64_t pictures) {
  return rows.view({-1, pictures, rows.size(1)});
}

void check_dino(const Case& c, Verdict& verdict) {
  Alone alone;
  const double temperature = c.config().at("teacher_temp"),
               student_temp = c.config().at("student_temp");
  const Tensor t = c.tensor("t_logits");
  const int64_t rows = t.size(0);
  const int iterations = c.config().at("n_iterations");
  verdict.near("sinkhorn",
               sinkhorn_knopp(t, temperature, alone, iterations),
               c.tensor("sinkhorn"),
               kSinkhornAbsolute);
  verdict.near("sinkhorn64",
               sinkhorn_knopp(t.to(torch::kDouble), temperature, alone, iterations),
               c.tensor("sinkhorn64"),
               1e-12);
  for (const auto& [count, expected] : c.tensors("sinkhorn_it")) {
    verdict.near("sinkhorn_it" + count,
                 sinkhorn_knopp(t, temperature, alone, std::stoi(count)),
                 expected,
                 kSinkhornAbsolute);
  }
  Center center{.value = c.tensor("center0"), .momentum = c.config().at("center_momentum")};
  verdict.near("softmax_center",
               centred_softmax(t, temperature, center, alone),
               c.tensor("softmax_center"),
               kSinkhornAbsolute);
  verdict.close("batch_center", center.pending * rows, c.tensor("batch_center"), kLossRelative);
  verdict.near("softmax_center2",
               centred_softmax(c.tensor("t_logits2"), temperature, center, alone),
               c.tensor("softmax_center2"),
               kSinkhornAbsolute);
  verdict.near("center1", center.value, c.tensor("center1"), kSinkhornAbsolute);
  for (const std::string kind : {"sinkhorn", "center"}) {
    const Tensor target = c.tensor(kind == "center" ? "softmax_center" : kind);
    compare(
        verdict, c, "loss_local." + kind, differentiate(c.tensor("s_logits"), [&](const Tensor& s) {
          return dino_loss(views(s, rows / 2), views(target, rows / 2), student_temp);
        }));
    const std::string global = "loss_global." + kind;
    compare(verdict, c, global, differentiate(c.tensor(global + ".student"), [&](const Tensor& s) {
              return dino_loss(views(s, rows), views(target, rows), student_temp);
            }));
  }
}

void check_ibot(const Case& c, Verdict& verdict) {
  Alone alone;
  const double temperature = c.config().at("teacher_temp"),
               student_temp = c.config().at("student_temp");
  const Tensor t = c.tensor("t_logits"), masks = c.tensor("masks"),
               weight = c.tensor("masks_weight");
  verdict.near(
      "sinkhorn", sinkhorn_knopp(t, temperature, alone), c.tensor("sinkhorn"), kSinkhornAbsolute);
  const Tensor center0 = c.tensor("center0").view({1, -1});
  Center center{.value = center0, .momentum = c.config().at("center_momentum")};
  verdict.near("softmax_center",
               centred_softmax(t, temperature, center, alone),
               c.tensor("softmax_center"),
               kSinkhornAbsolute);
  verdict.close("batch_center", center.pending, c.tensor("batch_center"), kLossRelative);
  centred_softmax(t, temperature, center, alone);
  verdict.near("center1", center.value, c.tensor("center1").view({1, -1}), kSinkhornAbsolute);
  verdict.close("masks_weight", masks_weight(masks), weight, 1e-7);
  verdict.equal(
      "mask_indices_list", masks.flatten().nonzero().flatten(), c.tensor("mask_indices_list"));
  for (const std::string kind : {"sinkhorn", "center"}) {
    const Tensor target = c.tensor(kind == "center" ? "softmax_center" : kind);
    compare(verdict, c, "loss." + kind, differentiate(c.tensor("s_logits"), [&](const Tensor& s) {
              return ibot_loss(s, target, weight, masks.size(0), student_temp);
            }));
    if (!c.has("loss_noweight." + kind)) continue;
    verdict.close(
        "loss_noweight." + kind,
        ibot_loss(c.tensor("s_logits"), target, masks_weight(masks), masks.size(0), student_temp),
        c.tensor("loss_noweight." + kind),
        kLossRelative);
  }
  const auto dense = differentiate(c.tensor("dense.s_logits"), [&](const Tensor& s) {
    return ibot_loss_dense(s, c.tensor("dense.t_probs"), masks, student_temp);
  });
  verdict.close("dense.loss", dense.loss, c.tensor("dense.loss"), kLossRelative);
  verdict.close("dense.grad", dense.gradient, c.tensor("dense.grad"), kLossRelative);
}

/// Rows whose nearest neighbour is exactly parallel: value and gradient there are rounding noise.
bool has_parallel_pair(const Tensor& x) {
  const Tensor unit = torch::nn::functional::normalize(
      x.to(torch::kDouble), torch::nn::functional::NormalizeFuncOptions().dim(1));
  return (unit.matmul(unit.t()).fill_diagonal_(-1).max() > 1 - 1e-10).item<bool>();
}

void check_koleo(const Case& c, Verdict& verdict) {
  for (const auto& view : c.file->tensors()) {
    if (!view.name.ends_with(".x")) continue;
    const std::string name = view.name.substr(0, view.name.size() - 2);
    const Tensor x = c.tensor(view.name);
    verdict.equal(name + ".nn", nearest_rows(x), c.tensor(name + ".nn"));
    const auto single = differentiate(x, koleo_loss),
               wide = differentiate(x.to(torch::kDouble), koleo_loss);
    if (has_parallel_pair(x)) {
      verdict.close(name + ".loss", single.loss, c.tensor(name + ".loss64"), 0.03);
      verdict.expect(name + ".grad is finite", single.gradient.isfinite().all().item<bool>());
      continue;
    }
    verdict.close(name + ".loss", single.loss, c.tensor(name + ".loss"), kLossRelative);
    verdict.close(name + ".grad", single.gradient, c.tensor(name + ".grad"), kLossRelative);
    verdict.close(name + ".loss64", wide.loss, c.tensor(name + ".loss64"), 1e-12);
    verdict.close(name + ".grad64", wide.gradient, c.tensor(name + ".grad64"), 1e-9);
  }
}

using Outputs = std::vector<std::pair<std::string, Tensor>>;

/// What one rank computes, under the names of the file.
Outputs one_rank(const Case& c, Communicator& ranks) {
  const double temperature = c.config().at("teacher_temp"),
               momentum = c.config().at("center_momentum");
  const std::string me = "rank" + std::to_string(ranks.rank()) + ".";
  const auto in = [&](const std::string& key) { return c.tensor(me + "in." + key); };
  Center dino{.value = c.tensor("center0"), .momentum = momentum};
  Center ibot = dino;
  Outputs out;
  out.emplace_back(me + "dino.sinkhorn", sinkhorn_knopp(in("T"), temperature, ranks));
  out.emplace_back(me + "dino.center.p1", centred_softmax(in("T"), temperature, dino, ranks));
  out.emplace_back(me + "dino.center.p2", centred_softmax(in("T2"), temperature, dino, ranks));
  out.emplace_back(me + "dino.center1", dino.value);
  out.emplace_back(me + "ibot.sinkhorn", sinkhorn_knopp(in("I"), temperature, ranks));
  out.emplace_back(me + "ibot.center.p1", centred_softmax(in("I"), temperature, ibot, ranks));
  out.emplace_back(me + "ibot.center.p2", centred_softmax(in("I2"), temperature, ibot, ranks));
  out.emplace_back(me + "ibot.center1", ibot.value);
  Tensor masked = torch::tensor({in("I").size(0)});
  ranks.all_reduce(masked);
  out.emplace_back(me + "ibot.n_after", masked);
  return out;
}

void check_ranks(const Case& c, Verdict& verdict) {
  const int64_t world = c.config().at("world_size");
  std::vector<Outputs> outputs(world);
  troodon::distributed::run_ranks(
      world, [&](Communicator& ranks) { outputs[ranks.rank()] = one_rank(c, ranks); });
  for (const auto& rank : outputs) {
    for (const auto& [name, tensor] : rank) {
      const Tensor expected = c.tensor(name);
      verdict.near(name, tensor.view(expected.sizes()), expected, kSinkhornAbsolute);
    }
  }
}

const Check kDinoCheck{"losses/dino.*", check_dino};
const Check kIbotCheck{"losses/ibot.*", check_ibot};
const Check kKoleoCheck{"losses/koleo.*", check_koleo};
const Check kRanksCheck{"losses/.*ranks.*", check_ranks};

}  // namespace
}  // namespace golden
