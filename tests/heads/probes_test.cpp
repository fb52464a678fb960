#include "heads/probes.hpp"

#include "heads/scratch.hpp"

namespace troodon::heads {
namespace {

ProbeOptions brief() {
  return {.training = probe_training(150), .batch = 32, .hidden = 16, .heads = 2};
}

TEST(MlpProbe, TellsApartWhatNoLineCan) {
  torch::manual_seed(1);
  const Tensor x = 2 * torch::rand({400, 2}) - 1;
  const Labelled data{.features = x,
                      .labels = (x.select(1, 0) * x.select(1, 1) > 0).to(torch::kLong)};
  ProbeOptions options = brief();
  options.training.lr = 2e-2;
  const MlpProbe probe = train_mlp_probe(data, 2, options);
  EXPECT_GT(top1(probe_logits(probe, x), data.labels), 0.9);  // a line reaches about a half
}

TEST(AttentiveProbe, FindsTheOneTokenThatTells) {
  // The class shows in one of 6 tokens, at a random place and marked by the last number.
  const Labelled sign = clusters(300, 3, {8}, 1);
  torch::manual_seed(2);
  Labelled data{.features = torch::randn({300, 6, 8}), .labels = sign.labels};
  data.features.select(2, 7).fill_(-3);
  for (int64_t i = 0; i < 300; ++i) {
    data.features[i][i % 6] = sign.features[i];
    data.features[i][i % 6][7] = 3;
  }
  ProbeOptions options = brief();
  options.training = probe_training(400);
  options.training.lr = 1e-2;
  double first = 0, last = 0;
  const AttentiveProbe probe =
      train_attentive_probe(data, 3, options, [&](const TrainingStep& step) {
        (step.iteration == 0 ? first : last) = step.loss;
      });
  EXPECT_LT(last, first / 2);
  EXPECT_GT(top1(probe_logits(probe, data.features), data.labels), 0.9);
}

TEST(AttentiveProbe, TheOrderOfTokensDoesNotCount) {
  const AttentiveProbe probe = make_attentive_probe(8, 3, 2, 1);
  const Tensor tokens = torch::randn({2, 5, 8});
  EXPECT_TRUE(torch::allclose(
      probe_logits(probe, tokens), probe_logits(probe, tokens.flip(1)), 1e-5, 1e-6));
}

TEST(Probes, SizesThatDontFitAreNamed) {
  EXPECT_NE(refusal([] { make_attentive_probe(8, 3, 3, 1); }).find("divide"), std::string::npos);
  EXPECT_NE(refusal([] { train_mlp_probe(clusters(20, 2, {3, 8}, 1), 2); }).find("dimensions"),
            std::string::npos);
}

TEST(Training, TheRatesAreThoseOfTheOfficialRecipes) {
  const Training masks = segment_training(), depth = depth_training();
  EXPECT_EQ(masks.warmup, 1500);
  EXPECT_EQ(depth.warmup, 12800);
  EXPECT_NEAR(rate_at(masks, 0), 1e-3 * 1e-6, 1e-15);
  EXPECT_NEAR(rate_at(masks, 20000), 5e-4, 1e-12);
  EXPECT_NEAR(rate_at(depth, 0), 1e-4 * 1e-3, 1e-15);
  EXPECT_NEAR(rate_at(depth, 19200), 0.5e-4, 1e-9);
  EXPECT_LT(rate_at(depth, 38399), 1e-8);
}

TEST(Training, ALossThatIsNoNumberEndsItByName) {
  Weights weights = {{"w", torch::ones({2})}};
  try {
    train_weights(weights, {"w"}, {.iterations = 5}, [&](int64_t i) {
      return (i == 2 ? NAN : 1.0) * weights.at("w").sum();
    });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::numeric);
    EXPECT_NE(std::string(error.what()).find("iteration 2 of 5"), std::string::npos);
  }
  EXPECT_FALSE(weights.at("w").requires_grad());
}

}  // namespace
}  // namespace troodon::heads
