#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "image/decode.hpp"
#include "output/commands.hpp"
#include "output/truth.hpp"
#include "render/styles.hpp"
#include "shapes/catalog.hpp"

namespace troodon::world {
namespace {

/// An empty folder that goes with the test.
class Scratch {
 public:
  explicit Scratch(const std::string& name)
      : path_(fs::temp_directory_path() / ("troodon_world_" + name)) {
    fs::remove_all(path_);
  }
  ~Scratch() { fs::remove_all(path_); }
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

/// Relative path -> bytes of every file below the folder.
std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file())
      out[fs::relative(entry.path(), folder).string()] = read_text(entry.path());
  }
  return out;
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream in(file);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

ImagesOptions small_images(const fs::path& out) {
  ImagesOptions o;
  o.out = out, o.count = 2 * static_cast<int>(catalog().size()), o.size = 32, o.seed = 7;
  o.val_fraction = 0.5, o.masks = true, o.depth = true, o.progress = ProgressStyle::none;
  return o;
}

Plan plan_number(int label, uint64_t seed) {
  return plan_of({.seed = seed}, label, 0);
}

TEST(World, TheSameSeedGivesTheSameBytesWithOneThreadAndWithTwo) {
  const Scratch scratch("threads");
  ImagesOptions one = small_images(scratch / "one"), two = small_images(scratch / "two");
  one.threads = 1, two.threads = 2;
  make_images(one), make_images(two);
  const auto first = contents(one.out);
  EXPECT_EQ(first, contents(two.out));
  ImagesOptions other = small_images(scratch / "other");
  other.seed = 8;
  make_images(other);
  EXPECT_NE(first.at("manifest.csv"), contents(other.out).at("manifest.csv"));
}

TEST(World, EveryClassIsLabelledInBothSplitsAndHasItsFiles) {
  const Scratch scratch("labels");
  const ImagesOptions options = small_images(scratch / "set");
  make_images(options);
  const auto rows = lines_of(options.out / "manifest.csv");
  ASSERT_EQ(rows.size(), 1 + 2 * catalog().size());
  EXPECT_EQ(rows[0], "path,label,split,style,background,seed");
  std::map<std::string, int> seen;
  for (size_t i = 1; i < rows.size(); ++i) {
    const std::string path = rows[i].substr(0, rows[i].find(','));
    const std::string stem = path.substr(0, path.size() - 4);
    EXPECT_TRUE(fs::exists(options.out / path)) << path;
    for (const char* kind : {"masks/", "parts/", "depth/"})
      EXPECT_TRUE(fs::exists(options.out / (kind + stem + ".png")));
    ++seen[stem.substr(0, stem.rfind('/'))];
  }
  for (const ObjectClass& kind : catalog()) {
    EXPECT_EQ(seen["train/" + std::string(kind.name)], 1);
    EXPECT_EQ(seen["val/" + std::string(kind.name)], 1);
  }
}

TEST(World, ARunGoesOnWhereItStoppedAndKeepsWhatIsThere) {
  const Scratch scratch("resume");
  ImagesOptions options = small_images(scratch / "set");
  make_images(options);
  const auto whole = contents(options.out);
  const std::string lost = lines_of(options.out / "manifest.csv")[3];
  fs::remove(options.out / lost.substr(0, lost.find(',')));
  const auto kept = fs::last_write_time(options.out / "world.json");
  make_images(options);
  EXPECT_EQ(whole, contents(options.out));
  EXPECT_EQ(kept, fs::last_write_time(options.out / "world.json"));
}

TEST(World, AFolderWithOtherSettingsOrOtherThingsIsRefused) {
  const Scratch scratch("refuse");
  ImagesOptions options = small_images(scratch / "set");
  options.count = 3;
  make_images(options);
  options.seed = 99;
  EXPECT_THROW(make_images(options), Error);
  options.overwrite = true;
  EXPECT_NO_THROW(make_images(options));
  EXPECT_EQ(lines_of(options.out / "manifest.csv").size(), 4U);
  options.out = scratch / "foreign";
  write_atomically(options.out / "thesis.txt", "precious");
  EXPECT_THROW(make_images(options), Error);
  EXPECT_EQ(read_text(options.out / "thesis.txt"), "precious");
}

TEST(World, EveryClassBuildsFromItsListedPartsAndIsSeen) {
  for (size_t label = 0; label < catalog().size(); ++label) {
    const ObjectClass& kind = catalog()[label];
    std::map<int, int> built;
    for (uint64_t seed = 0; seed < 30; ++seed) {
      for (const Part& part : build_object(kind, seed))
        built[part.index] += !part.mesh.triangles.empty();
    }
    EXPECT_EQ(built.size(), kind.parts.size()) << kind.name << ": a listed part never occurs";
    const Scene scene = compose(plan_number(static_cast<int>(label), 3));
    const Truth truth = observe(scene, assemble(scene), 96);
    const auto covered =
        std::count_if(truth.parts.begin(), truth.parts.end(), [](int p) { return p > 0; });
    EXPECT_GT(covered, 96 * 96 / 100) << kind.name;
    EXPECT_LT(covered, 96 * 96 * 9 / 10) << kind.name;
  }
}

TEST(World, MaskedPixelsLieAtTheObjectsDepth) {
  for (int label = 0; label < static_cast<int>(catalog().size()); ++label) {
    const Scene scene = compose(plan_number(label, 11));
    const Drawing drawing = assemble(scene);
    const Truth truth = observe(scene, drawing, 64);
    float nearest = 1e9F, farthest = 0;
    for (size_t i = 0; i < drawing.points.size(); ++i) {
      const auto owner =
          std::find_if(drawing.faces.begin(), drawing.faces.end(), [&](const auto& f) {
            return f.a == i || f.b == i || f.c == i;
          });
      if (owner == drawing.faces.end()) continue;
      if (scene.solids[owner->solid].part == 0) break;  // the object's solids come first
      const float depth = scene.camera.project(drawing.points[i]).z;
      nearest = std::min(nearest, depth), farthest = std::max(farthest, depth);
    }
    for (size_t i = 0; i < truth.parts.size(); ++i) {
      if (truth.parts[i] == 0) continue;
      EXPECT_GE(truth.millimetres[i], 1000 * nearest - 1);
      EXPECT_LE(truth.millimetres[i], 1000 * farthest + 1);
    }
  }
}

TEST(World, DepthAgreesWithRaysTracedThroughThePixels) {
  const Scene scene = compose(plan_number(class_named("teapot"), 5));
  const Drawing drawing = assemble(scene);
  const Truth truth = observe(scene, drawing, 48);
  int wrong = 0;
  for (int i = 0; i < 48 * 48; ++i) {
    const Traced first = trace(drawing, scene.camera, (i % 48 + 0.5F) / 48, (i / 48 + 0.5F) / 48);
    const float metres = first.face < 0 ? 0 : first.depth;
    wrong += std::abs(1000 * metres - truth.millimetres[i]) > 2 + 0.002F * truth.millimetres[i] &&
             metres < 65;
  }
  EXPECT_LE(wrong, 48 * 48 / 200);  // rays that graze an edge may fall on either side
}

TEST(World, CorrespondencesComeBackWithinHalfAPixelToTheSamePart) {
  constexpr int kSize = 128;
  for (int label = 0; label < static_cast<int>(catalog().size()); label += 4) {
    const Scene scene = compose(plan_number(label, 21));
    const Drawing drawing = assemble(scene);
    Scene second = scene;
    second.camera = orbit(scene, 20, 4, 1.1F);
    const auto points = correspond(scene, drawing, second.camera, kSize, 60);
    ASSERT_EQ(points.size(), 60U);
    int visible = 0;
    for (const Correspondence& c : points) {
      if (!c.visible) continue;
      ++visible;
      // The other way round: the first surface on the second view's ray, seen from the first view.
      const Traced there = trace(drawing, second.camera, c.x2 / kSize, c.y2 / kSize);
      ASSERT_GE(there.face, 0);
      const Vec p = second.camera.eye + second.camera.ray(c.x2 / kSize, c.y2 / kSize) * there.depth;
      const Vec back = scene.camera.project(p);
      EXPECT_NEAR(back.x * kSize, c.x1, 0.5) << catalog()[label].name;
      EXPECT_NEAR(back.y * kSize, c.y1, 0.5) << catalog()[label].name;
      EXPECT_EQ(scene.solids[drawing.faces[there.face].solid].part, c.part);
    }
    EXPECT_GT(visible, 15) << catalog()[label].name;
  }
}

TEST(World, TheFourStylesOfOneSceneDiffer) {
  Plan plan = plan_number(class_named("mug"), 2);
  std::vector<image::Image> pictures;
  for (int s = 0; s < 4; ++s) {
    plan.style = static_cast<Style>(s);
    pictures.push_back(picture_of(plan, 48));
  }
  for (int a = 0; a < 4; ++a) {
    for (int b = 0; b < a; ++b) {
      double sum = 0;
      for (size_t i = 0; i < pictures[a].pixels.size(); ++i)
        sum += std::abs(pictures[a].pixels[i] - pictures[b].pixels[i]);
      EXPECT_GT(sum / static_cast<double>(pictures[a].pixels.size()), 4)
          << kStyleNames[a] << " and " << kStyleNames[b];
    }
  }
}

TEST(World, NearDuplicatesAreListedAndExist) {
  const Scratch scratch("twins");
  DuplicateOptions options;
  options.out = scratch / "twins", options.count = 6, options.copies = 3, options.size = 48,
  options.progress = ProgressStyle::none;
  make_duplicates(options);
  const auto rows = lines_of(options.out / "pairs.csv");
  ASSERT_EQ(rows.size(), 1U + 6 * 3);
  std::map<std::string, int> changes;
  for (size_t i = 1; i < rows.size(); ++i) {
    const size_t first = rows[i].find(','), second = rows[i].rfind(',');
    EXPECT_TRUE(fs::exists(options.out / rows[i].substr(0, first)));
    EXPECT_TRUE(fs::exists(options.out / rows[i].substr(first + 1, second - first - 1)));
    ++changes[rows[i].substr(second + 1)];
  }
  for (const auto kind : kDuplicateChanges) EXPECT_EQ(changes[std::string(kind)], 3) << kind;
}

TEST(World, AClipMovesAndHasAMaskPerFrame) {
  const Scratch scratch("clips");
  ClipOptions options;
  options.out = scratch / "clips", options.count = 1, options.frames = 4, options.size = 48,
  options.progress = ProgressStyle::none;
  make_clips(options);
  const auto files = contents(options.out);
  std::vector<std::string> masks;
  for (const auto& [name, bytes] : files) {
    if (name.starts_with("Annotations/")) masks.push_back(bytes);
  }
  ASSERT_EQ(masks.size(), 4U);
  EXPECT_NE(masks.front(), masks.back());
  const std::string clip = lines_of(options.out / "clips.csv").at(1);
  const std::string name = clip.substr(0, clip.find(','));
  for (int f = 0; f < 4; ++f)
    EXPECT_TRUE(files.contains("JPEGImages/" + name + "/0000" + std::to_string(f) + ".jpg"));
  EXPECT_EQ(nlohmann::json::parse(files.at("Cameras/" + name + ".json")).size(), 4U);
}

TEST(World, PairsHoldTwoReadableViewsAndTheirPoints) {
  const Scratch scratch("pairs");
  PairOptions options;
  options.out = scratch / "pairs", options.count = 2, options.points = 20, options.size = 64,
  options.progress = ProgressStyle::none;
  make_pairs(options);
  const auto rows = lines_of(options.out / "pairs.csv");
  ASSERT_EQ(rows.size(), 3U);
  const fs::path folder = options.out / rows[1].substr(0, rows[1].find('/'));
  for (const char* name : {"a.jpg", "b.jpg"}) {
    const auto picture = image::read(folder / name);
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->width, 64);
  }
  EXPECT_EQ(lines_of(folder / "points.csv").size(), 21U);
}

TEST(World, AnUnknownClassNamesTheClosest) {
  try {
    class_named("teapott");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::usage);
    EXPECT_NE(std::string(error.what()).find("teapot'"), std::string::npos);
  }
}

}  // namespace
}  // namespace troodon::world
