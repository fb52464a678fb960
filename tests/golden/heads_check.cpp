#include <regex>

#include "golden.hpp"
#include "heads/linear_grid.hpp"
#include "heads/logistic.hpp"
#include "model/linear_head.hpp"

// evals/linear and evals/logreg: classifiers on frozen features.
namespace golden::heads_case {
namespace {

using namespace troodon::heads;

std::vector<troodon::model::IntermediateLayer> layers_of(const Case& c, const std::string& prefix) {
  std::vector<troodon::model::IntermediateLayer> layers;
  for (int64_t i = 0; c.has(prefix + std::to_string(i) + ".cls"); ++i) {
    const std::string name = prefix + std::to_string(i);
    layers.push_back({.patches = c.tensor(name + ".patch"), .cls_token = c.tensor(name + ".cls")});
  }
  return layers;
}

void check_inputs(const Case& c,
                  const std::vector<troodon::model::IntermediateLayer>& layers,
                  Verdict& verdict) {
  const std::regex pattern(R"(input\.n(\d+)\.avgpool_(True|False))");
  for (const auto& view : c.file->tensors()) {
    std::smatch found;
    if (!std::regex_match(view.name, found, pattern)) continue;
    verdict.close(view.name,
                  linear_input(layers, std::stoll(found[1]), found[2] == "True"),
                  c.tensor(view.name),
                  1e-5);
  }
}

/// The grid that the names of a run describe, with its initial weights.
struct Recorded {
  LinearGrid grid;
  std::vector<std::string> names;
  Tensor weights(const Case& c, const std::string& when, size_t head, const char* what) const {
    return c.tensor(when + ".classifiers_dict." + names[head] + ".linear." + what);
  }
};

Recorded recorded_grid(const Case& c) {
  Recorded out{.grid = {}, .names = c.values().at("names")};
  const auto rates = c.values().at("lrs_scaled").get<std::vector<double>>();
  const std::regex pattern(R"(classifier_(\d+)_blocks_avgpool_(True|False)_lr_.*)");
  out.grid.classes = c.config().at("num_classes");
  out.grid.embed_dim = c.config().at("embed_dim");
  for (size_t i = 0; i < out.names.size(); ++i) {
    std::smatch found;
    if (!std::regex_match(out.names[i], found, pattern)) continue;
    const int64_t blocks = std::stoll(found[1]);
    const bool avgpool = found[2] == "True";
    auto& groups = out.grid.groups;
    if (groups.empty() || groups.back().blocks != blocks || groups.back().avgpool != avgpool)
      groups.push_back({.blocks = blocks, .avgpool = avgpool});
    GridGroup& group = groups.back();
    group.rates.push_back(rates[i]);
    const auto grown = [](const Tensor& old, const Tensor& more) {
      return old.defined() ? torch::cat({old, more}) : more;
    };
    group.weight = grown(group.weight, out.weights(c, "init", i, "weight"));
    group.bias = grown(group.bias, out.weights(c, "init", i, "bias"));
    group.weight_speed = torch::zeros_like(group.weight);
    group.bias_speed = torch::zeros_like(group.bias);
  }
  return out;
}

void check_real(const Case& c, Verdict& verdict) {
  for (const auto& [name, value] : c.values().at("real.acc").items()) {
    const int64_t k = std::stoll(name.substr(name.find('-') + 1));
    verdict.near("real " + name,
                 real_accuracy(c.tensor("real.preds"), c.tensor("real.targets"), k),
                 value,
                 1e-6);
  }
}

void check_mapping(const Case& c, const Tensor& logits, Verdict& verdict) {
  const std::string text = c.info.at("tensors").at("class_mapping_preds").at("desc");
  std::vector<int64_t> mapping;
  const std::regex number(R"(\d+)");
  for (std::sregex_iterator i(text.begin(), text.end(), number), end; i != end; ++i)
    mapping.push_back(std::stoll(i->str()));
  const Tensor expected = c.tensor("class_mapping_preds");
  const Tensor ours = map_classes(logits, mapping);
  verdict.close("class_mapping_preds", ours, expected, 1e-5);
}

void check_linear(const Case& c, Verdict& verdict) {
  const auto layers = layers_of(c, "tokens.");
  check_inputs(c, layers, verdict);
  Recorded run = recorded_grid(c);
  const Tensor probe = probe_features(layers), labels = c.tensor("labels");
  const int64_t iterations = labels.size(0);
  std::vector<Tensor> losses, rates;
  for (int64_t i = 0; i < iterations; ++i) {
    const double factor = cosine(i, iterations);
    std::vector<double> now;
    for (int64_t head = 0; head < run.grid.size(); ++head)
      now.push_back(factor * grid_head(run.grid, head).rate);
    rates.push_back(torch::tensor(now, torch::kDouble));
    losses.push_back(step_linear_grid(run.grid, probe.roll(i, 0), labels[i], factor));
  }
  verdict.near("lr_used", torch::stack(rates), c.tensor("lr_used"), 1e-12);
  verdict.close("losses", torch::stack(losses), c.tensor("losses"), 1e-5);
  const Tensor logits = grid_logits(run.grid, probe);
  verdict.close("logits_final", logits, c.tensor("logits_final"), 1e-5);
  for (size_t i = 0; i < run.names.size(); ++i) {
    const GridHead head = grid_head(run.grid, static_cast<int64_t>(i));
    verdict.expect(run.names[i] + " named", head.official_name == run.names[i], head.official_name);
    verdict.close(run.names[i], head.weight, run.weights(c, "final", i, "weight"), 1e-5);
    verdict.close(run.names[i], head.bias, run.weights(c, "final", i, "bias"), 1e-5);
  }
  check_mapping(c, logits[0], verdict);
  check_real(c, verdict);
}

void check_logreg(const Case& c, Verdict& verdict) {
  const Labelled data{.features = c.tensor("x"), .labels = c.tensor("y")};
  const int64_t classes = classes_of(data.labels);
  const std::regex pattern(R"(C([0-9.e+-]+)\.proba)");
  for (const auto& view : c.file->tensors()) {
    std::smatch found;
    if (!std::regex_match(view.name, found, pattern)) continue;
    const std::string prefix = "C" + found[1].str() + ".";
    const LogisticModel model =
        fit_logistic(data, classes, std::stod(found[1]), {.tolerance = 1e-10});
    verdict.expect(prefix + " converged", model.converged);
    verdict.near(prefix + "proba",
                 logistic_probabilities(model, data.features),
                 c.tensor(prefix + "proba"),
                 1e-5);
    verdict.close(prefix + "coef", model.weight, c.tensor(prefix + "coef"), 1e-4);
    const Tensor theirs = c.tensor(prefix + "intercept");
    verdict.close(prefix + "intercept", model.bias, theirs - theirs.mean(), 1e-4);
    const LogisticModel stored{.weight = c.tensor(prefix + "coef"), .bias = theirs, .c = model.c};
    verdict.expect(prefix + " is no worse than the stored optimum",
                   model.objective <= logistic_objective(stored, data) * (1 + 1e-12));
  }
  const auto grid = c_grid({});
  verdict.near("first C", grid.front(), 1e-6, 1e-18);
  verdict.near("last C", grid.back(), 1e5, 1e-6);
  verdict.expect("number of C", grid.size() == 45);
}

const Check kLinear{"evals/linear.*", check_linear};
const Check kLogreg{"evals/logreg.*", check_logreg};

}  // namespace
}  // namespace golden::heads_case
