#include "annotate/project.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "annotate/project_export.hpp"
#include "base/error.hpp"
#include "image/plane.hpp"

namespace troodon::annotate {
namespace {

fs::path fresh_folder(const std::string& name) {
  fs::path out = fs::temp_directory_path() / ("troodon_annotate_" + name);
  fs::remove_all(out);
  return out;
}

Shape rectangle(const std::string& id, int32_t label, image::Box box) {
  Mask mask(20, 10);
  for (int y = box.top; y < box.top + box.height; ++y) {
    for (int x = box.left; x < box.left + box.width; ++x)
      mask.inside[static_cast<size_t>(y) * 20 + x] = 1;
  }
  return {.id = id, .label = label, .width = 20, .height = 10, .counts = run_text(mask)};
}

Project two_shapes() {
  Project out{.name = "farm", .classes = {"dog", "cat"}};
  Shape dog = rectangle("a", 0, {.top = 1, .left = 2, .height = 8, .width = 10});
  dog.clicks = {{5.5, 4.5, true}, {15, 4, false}};
  dog.state = State::accepted;
  out.pictures["3"] = {dog, rectangle("b", 1, {.top = 3, .left = 4, .height = 2, .width = 3})};
  return out;
}

TEST(Project, SurvivesItsJson) {
  const Project before = two_shapes(), after = project_of_json(project_json(before));
  EXPECT_EQ(project_json(after), project_json(before));
  const Shape& dog = after.pictures.at("3")[0];
  EXPECT_EQ(dog.state, State::accepted);
  EXPECT_EQ(dog.clicks.size(), 2U);
  EXPECT_FALSE(dog.clicks[1].positive);
  EXPECT_EQ(area_of(dog.mask()), 80);
}

TEST(Project, RefusesAClassThatItDoesNotHaveAndRunsOfAnotherSize) {
  Project project = two_shapes();
  project.pictures["3"][0].label = 2;
  EXPECT_THROW(project_of_json(project_json(project)), Error);
  project = two_shapes();
  project.pictures["3"][0].width = 21;
  EXPECT_THROW(project_of_json(project_json(project)), Error);
  EXPECT_THROW(project_of_json("{}"), Error);
}

TEST(Project, IsSavedOnceForEachRevision) {
  const fs::path folder = fresh_folder("saved");
  Project project = two_shapes();
  EXPECT_EQ(save_project(folder, project), 1);
  EXPECT_EQ(save_project(folder, project), std::nullopt);  // somebody saved revision 1 meanwhile
  project = load_project(folder, "farm");
  EXPECT_EQ(project.revision, 1);
  EXPECT_EQ(save_project(folder, project), 2);
  const auto lines = list_projects(folder);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].shapes, 2);
  EXPECT_EQ(lines[0].revision, 2);
  EXPECT_TRUE(remove_project(folder, "farm"));
  EXPECT_FALSE(remove_project(folder, "farm"));
  EXPECT_TRUE(list_projects(folder).empty());
}

TEST(Project, NamesNeverLeadOutOfTheFolder) {
  for (const char* name : {"", "..", "../x", "a/b", ".hidden", "a\\b", "x\n", " x", "x "})
    EXPECT_THROW(project_file("/tmp", name), Error) << name;
  EXPECT_EQ(project_file("/tmp", "My dogs 2.0"), "/tmp/My dogs 2.0.json");
}

TEST(History, TakesChangesBackAndDoesThemAgain) {
  Project project = two_shapes();
  const std::string first = project_json(project);
  History history;
  change(
      project, history, "3", {rectangle("c", 1, {.top = 0, .left = 0, .height = 1, .width = 1})});
  change(
      project, history, "7", {rectangle("d", 0, {.top = 0, .left = 0, .height = 2, .width = 2})});
  const std::string last = project_json(project);
  EXPECT_TRUE(undo(project, history));
  EXPECT_FALSE(project.pictures.contains("7"));
  EXPECT_TRUE(undo(project, history));
  EXPECT_EQ(project_json(project), first);
  EXPECT_FALSE(undo(project, history));
  EXPECT_TRUE(redo(project, history));
  EXPECT_TRUE(redo(project, history));
  EXPECT_EQ(project_json(project), last);
  EXPECT_TRUE(undo(project, history));
  change(project, history, "8", {});
  EXPECT_FALSE(redo(project, history));  // a new change forgets what was undone
}

std::optional<PictureFile> known(const std::string& ref) {
  if (ref == "3") return PictureFile{.name = "dogs/one.jpg", .file = {}};
  return std::nullopt;
}

TEST(Export, CocoHasAnAnnotationForEachShapeButRejectedOnes) {
  const fs::path out = fresh_folder("coco");
  Project project = two_shapes();
  project.pictures["4"] = project.pictures["3"];
  project.pictures["3"].push_back(project.pictures["3"][0]);
  project.pictures["3"].back().state = State::rejected;
  const Exported done = export_project(project, known, {.layout = Layout::coco, .out = out});
  EXPECT_EQ(done.shapes, 2);
  EXPECT_EQ(done.missing, std::vector<std::string>{"4"});
  const auto coco = nlohmann::json::parse(read_text(out / "annotations.json"));
  ASSERT_EQ(coco.at("annotations").size(), 2U);
  EXPECT_EQ(coco["annotations"][0]["area"], 80);
  EXPECT_EQ(coco["annotations"][0]["bbox"], nlohmann::json({2, 1, 10, 8}));
  EXPECT_EQ(coco["annotations"][1]["category_id"], 2);
  EXPECT_EQ(coco["images"][0]["file_name"], "dogs/one.jpg");
}

TEST(Export, CocoPolygonsGoAroundTheShape) {
  const fs::path out = fresh_folder("polygons");
  export_project(
      two_shapes(), known, {.layout = Layout::coco, .out = out, .drafts = false, .polygons = true});
  const auto coco = nlohmann::json::parse(read_text(out / "annotations.json"));
  ASSERT_EQ(coco.at("annotations").size(), 1U);  // the draft stays away
  const auto ring = coco["annotations"][0]["segmentation"][0].get<std::vector<double>>();
  ASSERT_EQ(ring.size(), 8U);
  EXPECT_EQ(*std::ranges::max_element(ring), 12);
}

TEST(Export, VocAndPngPutSmallShapesAboveLargeOnes) {
  for (const Layout layout : {Layout::voc, Layout::png}) {
    const fs::path out = fresh_folder("voc");
    export_project(two_shapes(), known, {.layout = layout, .out = out});
    const fs::path file = layout == Layout::voc ? out / "SegmentationClass" : out;
    const auto plane = image::read_plane(file / "dogs_one.png");
    ASSERT_TRUE(plane);
    EXPECT_EQ(plane->values[4 * 20 + 5], 2);   // cat
    EXPECT_EQ(plane->values[4 * 20 + 10], 1);  // dog
    EXPECT_EQ(plane->values[0], 0);
  }
}

TEST(Export, YoloHasALineForEachShape) {
  const fs::path out = fresh_folder("yolo");
  export_project(two_shapes(), known, {.layout = Layout::yolo, .out = out});
  const std::string lines = read_text(out / "labels/train/dogs_one.txt");
  EXPECT_EQ(std::ranges::count(lines, '\n'), 2);
  EXPECT_EQ(lines.substr(0, 2), "0 ");
  EXPECT_THROW(layout_of("pascal"), Error);
}

}  // namespace
}  // namespace troodon::annotate
