#include "evaluate/classify.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"

namespace troodon::evaluate {
namespace {

constexpr int64_t kDim = 8, kLayers = 4;

/// Probe features whose class is written into every token, with some noise.
frozen::Vectors blobs(int64_t rows, const std::vector<std::string>& classes, uint64_t seed) {
  frozen::Vectors out{.item_shape = {kLayers + 1, kDim}};
  out.features = {.rows = rows, .dim = (kLayers + 1) * kDim, .classes = classes};
  Random random(seed);
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t label = i % static_cast<int64_t>(classes.size());
    out.features.labels.push_back(label);
    out.features.ids.push_back(fmt::format("{}.png", i));
    for (int64_t v = 0; v < out.features.dim; ++v)
      out.features.values.push_back(
          static_cast<float>((v % kDim == label ? 3 : 0) + 0.3 * random.normal()));
  }
  return out;
}

template <class Body>
std::string refusal(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

class EveryHead : public testing::TestWithParam<ClassHeadKind> {};

TEST_P(EveryHead, TellsApartWhatIsWrittenInTheFeatures) {
  const auto train = blobs(240, {"cat", "cow", "dog"}, 1),
             val = blobs(90, {"cat", "cow", "dog"}, 2);
  const Classified said =
      classify_vectors({.head = GetParam(), .neighbours = {5}, .epochs = 30}, train, val);
  EXPECT_GT(said.accuracy.top1, 0.98);
  EXPECT_FALSE(said.chosen.empty());
  ASSERT_EQ(said.confusion.size(), 9U);
  for (size_t row = 0; row < said.labels.size(); ++row) {
    float sum = 0;
    for (size_t c = 0; c < 3; ++c) sum += said.probabilities[row * 3 + c];
    ASSERT_NEAR(sum, 1, 1e-4) << "row " << row;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds,
                         EveryHead,
                         testing::Values(ClassHeadKind::knn,
                                         ClassHeadKind::linear,
                                         ClassHeadKind::logistic,
                                         ClassHeadKind::mlp,
                                         ClassHeadKind::attentive));

TEST(Classify, ClassesAreMatchedByName) {
  const auto train = blobs(60, {"cat", "dog"}, 1);
  auto val = blobs(40, {"cat", "dog"}, 2);
  val.features.classes = {"dog", "cat"};  // the same pictures under swapped names: all wrong
  const Classified said =
      classify_vectors({.head = ClassHeadKind::knn, .neighbours = {3}}, train, val);
  EXPECT_EQ(said.accuracy.top1, 0);
}

TEST(Classify, FewShotLearnsFromSoManyOfEachClass) {
  const auto train = blobs(60, {"cat", "dog"}, 1), val = blobs(40, {"cat", "dog"}, 2);
  const Classified said = classify_vectors(
      {.head = ClassHeadKind::logistic, .per_class = 4, .tries = 2, .c = 1}, train, val);
  EXPECT_EQ(said.train_rows, 8);
  EXPECT_GT(said.accuracy.top1, 0.9);
}

TEST(Classify, OneClassAloneIsRefused) {
  auto train = blobs(10, {"cat", "dog"}, 1);
  std::ranges::fill(train.features.labels, 0);
  const auto sentence = refusal([&] { classify_vectors({}, train, blobs(4, {"cat", "dog"}, 2)); });
  EXPECT_NE(sentence.find("one class (cat)"), std::string::npos) << sentence;
}

TEST(Classify, MissingLabelsAreRefused) {
  auto train = blobs(10, {"cat", "dog"}, 1);
  std::ranges::fill(train.features.labels, -1);
  const auto sentence = refusal([&] { classify_vectors({}, train, blobs(4, {"cat", "dog"}, 2)); });
  EXPECT_NE(sentence.find("no labels"), std::string::npos) << sentence;
}

TEST(Classify, FeaturesThatAreNoNumbersAreRefused) {
  auto train = blobs(10, {"cat", "dog"}, 1);
  train.features.values[3 * train.features.dim] = std::nanf("");
  const auto sentence = refusal([&] { classify_vectors({}, train, blobs(4, {"cat", "dog"}, 2)); });
  EXPECT_NE(sentence.find("3"), std::string::npos) << sentence;
}

}  // namespace
}  // namespace troodon::evaluate
