#include <map>
#include <set>

#include <gtest/gtest.h>

#include "fingerprint/copies.hpp"
#include "fingerprint/trial.hpp"
#include "pictures.hpp"

// What is found on photographs; skipped without the shared image data.
namespace troodon::fingerprint {
namespace {

/// E1 of the curation spec on the photographs at hand: half of them edited in sixteen ways, the
/// others there to be mistaken for.
class Photographs : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::vector<image::Image> pictures;
    for (const char* folder : {"photos/imagenet_sample", "photos/coco", "imagenette224"}) {
      for (image::Image& image : pictures_below(data_folder() / folder)) {
        pictures.push_back(std::move(image));
      }
    }
    const auto count = static_cast<int64_t>(pictures.size());
    std::vector<image::Image> shuffled;
    for (const int64_t i : Random(0).permutation(count)) shuffled.push_back(pictures[i]);
    trial_ = new Trial(trial_of_edits(shuffled, shuffled.size() / 2, standard_edits(), 0));
  }
  static void TearDownTestSuite() { delete trial_; }
  void SetUp() override {
    if (trial_->queries.empty()) GTEST_SKIP() << "the shared image data is not here (TROODON_DATA)";
  }

  static Distances distances(const Distance& distance) {
    return Distances::measure(*trial_, distance);
  }
  static inline Trial* trial_ = nullptr;
};

TEST_F(Photographs, DhashReachesItsLimits) {
  const Distances found = distances([](const Fingerprint& a, const Fingerprint& b) {
    return hamming(a.difference, b.difference);
  });
  EXPECT_GE(found.at(10).precision(), 0.97);
  EXPECT_GE(found.at(10).recall(), 0.64);
}

TEST_F(Photographs, PdqReachesItsLimits) {
  const Distances found = distances([](const Fingerprint& a, const Fingerprint& b) {
    return hamming(a.whole.hashes[0], b.whole.hashes[0]);
  });
  EXPECT_EQ(found.at(31).precision(), 1);
  EXPECT_GE(found.at(31).recall(), 0.48);
  EXPECT_GE(found.at(80).precision(), 0.995);
  EXPECT_GE(found.at(80).recall(), 0.66);
  Tally mild;
  for (const Edit& edit : standard_edits()) {
    const bool hard = (edit.kind == EditKind::crop && edit.amount < 0.9) ||
                      edit.kind == EditKind::turn || edit.kind == EditKind::box ||
                      edit.kind == EditKind::border;
    if (hard) continue;
    const Tally one = found.at(found.threshold_for(0.9), name_of(edit));
    mild.wanted += one.wanted, mild.found += one.found, mild.right += one.right;
  }
  EXPECT_GE(mild.recall(), 0.94);
}

TEST_F(Photographs, PdqInEveryTurnReachesItsLimits) {
  const Distances found = distances([](const Fingerprint& a, const Fingerprint& b) {
    return nearest_turn(a.whole.hashes[0], b.whole);
  });
  EXPECT_GE(found.at(63).precision(), 0.995);
  EXPECT_GE(found.at(63).recall(), 0.76);
}

TEST_F(Photographs, TheFusedDecisionBeatsItsLimits) {
  const Distances found =
      distances([](const Fingerprint& a, const Fingerprint& b) { return compare(a, b) ? 0 : 1; });
  EXPECT_GE(found.at(0).precision(), 0.995);  // wanted: 0.99
  EXPECT_GE(found.at(0).f1(), 0.97);          // wanted: 0.88
  EXPECT_GE(found.at(0, "crop 0.8").recall(), 0.95);
  EXPECT_GE(found.at(0, "crop 0.5").recall(), 0.75);
}

/// Fingerprints of the files named, relative to the data folder; each is read once.
class Prints {
 public:
  const Fingerprint& of(const std::string& path) {
    const auto [found, fresh] = prints_.try_emplace(path);
    if (fresh) found->second = fingerprint_of(*image::read(data_folder() / path));
    return found->second;
  }

 private:
  std::map<std::string, Fingerprint> prints_;
};

TEST(CopydetectFolder, ChangesOfTheWholePictureAndCropsToHalfAreFound) {
  const auto rows = csv_rows(data_folder() / "copydetect/gnd.csv");
  if (rows.empty()) GTEST_SKIP() << "the shared image data is not here (set TROODON_DATA)";
  Prints prints;
  Trial trial;
  std::map<std::string, size_t> groups;
  for (const auto& row : rows) {  // query, original, transform
    const auto [group, fresh] = groups.try_emplace(row[1], groups.size());
    if (fresh) trial.references.push_back({prints.of(row[1]), group->second});
    trial.queries.push_back({prints.of(row[0]), group->second, row[2]});
  }
  for (const image::Image& image : pictures_below(data_folder() / "imagenette224")) {
    trial.references.push_back({fingerprint_of(image), SIZE_MAX});
  }
  const Distances found = Distances::measure(
      trial, [](const Fingerprint& a, const Fingerprint& b) { return compare(a, b) ? 0 : 1; });
  EXPECT_EQ(found.at(0).precision(), 1);
  EXPECT_GE(found.at(0).recall(), 0.8);
  for (const char* sure : {"jpeg3", "jpeg10", "jpeg30", "scale25", "gray", "hflip", "letterbox"}) {
    EXPECT_EQ(found.at(0, sure).recall(), 1) << sure;
  }
  EXPECT_EQ(found.at(0, "crop20").recall(), 1);  // named after what is cut off
  EXPECT_GE(found.at(0, "crop50").recall(), 0.8);
}

TEST(CurationPool, EveryCopyAndEveryLeakIsFoundAndLittleElse) {
  const auto rows = csv_rows(data_folder() / "curation/pool.csv");
  if (rows.empty()) GTEST_SKIP() << "the shared image data is not here (set TROODON_DATA)";
  Prints prints;
  std::vector<Fingerprint> pool, references;
  std::map<std::string, uint32_t> place, reference_place;
  for (const auto& row : rows) {  // path, label, kind, dup_of, transform
    place.try_emplace(row[0], static_cast<uint32_t>(pool.size()));
    pool.push_back(prints.of(row[0]));
    if (row[2] != "ref_leak" || reference_place.contains(row[3])) continue;
    reference_place.try_emplace(row[3], static_cast<uint32_t>(references.size()));
    references.push_back(prints.of(row[3]));
  }
  std::set<std::pair<uint32_t, uint32_t>> copies, leaks;
  std::map<uint32_t, uint32_t> original;
  for (const FoundCopy& c : find_copies(pool)) copies.emplace(c.first, c.second);
  for (const FoundCopy& c : find_copies(pool, references)) leaks.emplace(c.first, c.second);
  for (const auto& row : rows) {
    const uint32_t copy = place.at(row[0]);
    if (row[3].empty()) continue;
    if (row[2] == "ref_leak") {
      EXPECT_TRUE(leaks.contains({copy, reference_place.at(row[3])})) << row[0];
    } else {
      const uint32_t first = place.at(row[3]);
      EXPECT_TRUE(copies.contains(std::minmax(copy, first))) << row[0];
      original[copy] = first;
    }
  }
  // Seen by eye, six of the thirteen that the truth does not name look like one picture twice; the
  // others are different aeroplanes in one pose before a plain sky.
  std::erase_if(copies, [&](const auto& pair) {
    const auto root = [&](uint32_t row) { return original.contains(row) ? original.at(row) : row; };
    return root(pair.first) == root(pair.second);
  });
  EXPECT_LE(copies.size(), 16U);
}

}  // namespace
}  // namespace troodon::fingerprint
