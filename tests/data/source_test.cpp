#include "data/source.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "data/folder.hpp"

namespace troodon::data {
namespace {

using Names = std::vector<std::string>;
using Labels = std::vector<int64_t>;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<std::string> ids(const Source& source) {
  std::vector<std::string> out;
  for (const Item& item : source.items) out.push_back(item.id);
  return out;
}

std::vector<int64_t> labels(const Source& source) {
  std::vector<int64_t> out;
  for (const Item& item : source.items) out.push_back(item.label);
  return out;
}

std::string error_of(const std::string& spec, const SourceOptions& options = {}) {
  try {
    open_source(spec, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::input);
    return error.what();
  }
  return "no error";
}

TEST(Source, SubFoldersAreLabelsInSortedOrder) {
  const Folder folder;
  folder.put("b-side/1.jpg", "");
  folder.put("b/deep/2.PNG", "");
  folder.put("a/3.webp", "");
  folder.put("root.jpg", "");
  const Source source = open_source(folder.path().string());
  EXPECT_EQ(source.classes, (Names{"a", "b", "b-side"}));
  EXPECT_EQ(ids(source), (Names{"a/3.webp", "b/deep/2.PNG", "b-side/1.jpg", "root.jpg"}));
  EXPECT_EQ(labels(source), (Labels{0, 1, 2, -1}));
  EXPECT_EQ(source.items[0].path, folder / "a/3.webp");
}

TEST(Source, HiddenFilesAndOtherFilesAreLeftOut) {
  const Folder folder;
  folder.put("x/1.jpg", "");
  folder.put("x/.2.jpg", "");
  folder.put(".git/3.jpg", "");
  folder.put("x/notes.md", "# text");
  const Source source = open_source(folder.path().string());
  EXPECT_EQ(ids(source), (Names{"x/1.jpg"}));
  EXPECT_PRED2(has, source.description, "1 other files left out");
}

TEST(Source, FilesWithoutExtensionAreJudgedByContent) {
  const Folder folder;
  folder.put("picture", "\xFF\xD8\xFF\xE0 and so on");
  folder.put("odd.dat", "GIF89a and so on");
  folder.put("BMW", "BMW is a car maker, not a bitmap");
  EXPECT_EQ(ids(open_source(folder.path().string())), (Names{"odd.dat", "picture"}));
}

TEST(Source, TakesTheTrainFolderOfADataSet) {
  const Folder folder;
  folder.put("train/cat/1.jpg", "");
  folder.put("train/dog/2.jpg", "");
  folder.put("val/dog/3.jpg", "");
  const Source train = open_source(folder.path().string());
  EXPECT_EQ(ids(train), (Names{"cat/1.jpg", "dog/2.jpg"}));
  EXPECT_PRED2(has, train.description, "sub-folder train of");
  EXPECT_EQ(ids(open_source(folder.path().string(), {.split = "val"})), (Names{"dog/3.jpg"}));
  EXPECT_EQ(ids(open_source(folder.path().string() + "?split=val")), (Names{"dog/3.jpg"}));
  EXPECT_PRED2(has, error_of(folder.path().string() + "?split=dev"), "no sub-folder 'dev'");
}

TEST(Source, LinkedFolderThatLeadsBackEnds) {
  const Folder folder;
  folder.put("a/1.jpg", "");
  fs::create_directory_symlink(folder.path(), folder.path() / "a" / "loop");
  EXPECT_EQ(ids(open_source(folder.path().string())), (Names{"a/1.jpg"}));
}

TEST(Source, ListGivesPathsRelativeToItAndLabels) {
  const Folder folder;
  folder.put("pictures/1.jpg", "");
  folder.put("list.txt", "pictures/1.jpg\tdog\r\n\npictures/2.jpg\tcat\npictures/3.jpg\n");
  const Source source = open_source(folder / "list.txt");
  EXPECT_EQ(source.items[0].path, folder / "pictures/1.jpg");
  EXPECT_EQ(source.classes, (Names{"cat", "dog"}));
  EXPECT_EQ(labels(source), (Labels{1, 0, -1}));
}

TEST(Source, NumericLabelsKeepTheirValue) {
  const Folder folder;
  folder.put("1.jpg", "");
  folder.put("list.txt", "1.jpg\t10\n2.jpg\t2\n3.jpg\t-1\n");
  const Source source = open_source(folder / "list.txt");
  EXPECT_EQ(labels(source), (Labels{10, 2, -1}));
  EXPECT_EQ(source.classes.size(), 11);
  EXPECT_EQ(source.classes[10], "10");
}

TEST(Source, TableReadsQuotesAndSplits) {
  const Folder folder;
  folder.put("a, b.jpg", "");
  folder.put("m.csv",
             "split,path,label,note\r\n"
             "train,\"a, b.jpg\",\"the \"\"dog\"\"\",\"two\nlines\"\r\n"
             "val,c.jpg,cat,\r\n");
  const Source all = open_source(folder / "m.csv");
  EXPECT_EQ(ids(all), (Names{"a, b.jpg", "c.jpg"}));
  EXPECT_EQ(all.classes, (Names{"cat", "the \"dog\""}));
  EXPECT_PRED2(has, all.description, "splits train (1), val (1)");
  EXPECT_EQ(ids(open_source((folder / "m.csv") + "?split=train")), (Names{"a, b.jpg"}));
  EXPECT_PRED2(has, error_of((folder / "m.csv") + "?split=test"), "there are train (1), val (1)");
}

TEST(Source, TsvIsCutAtTabs) {
  const Folder folder;
  folder.put("a,b.jpg", "");
  folder.put("m.tsv", "path\tlabel\na,b.jpg\tx\n");
  EXPECT_EQ(ids(open_source(folder / "m.tsv")), (Names{"a,b.jpg"}));
}

TEST(Source, JsonLinesNameTheirColumns) {
  const Folder folder;
  folder.put("1.jpg", "");
  folder.put("m.jsonl",
             R"({"path": "1.jpg", "label": "cat", "split": "train", "sizes": [1, 2]})"
             "\n\n"
             R"({"split": "val", "path": "2.jpg", "label": 7, "species": "emu"})"
             "\n");
  const Source all = open_source(folder / "m.jsonl");
  EXPECT_EQ(ids(all), (Names{"1.jpg", "2.jpg"}));
  EXPECT_EQ(all.classes, (Names{"7", "cat"}));
  EXPECT_EQ(ids(open_source((folder / "m.jsonl") + "?split=train")), (Names{"1.jpg"}));
  const Source species = open_source((folder / "m.jsonl") + "?label=species&path=path");
  EXPECT_EQ(labels(species), (Labels{-1, 0}));
  EXPECT_EQ(open_source(folder / "m.jsonl", {.group = "species"}).groups, (Names{"", "emu"}));
  EXPECT_PRED2(has, error_of((folder / "m.jsonl") + "?label=kind"), "no column 'kind'");
  folder.put("torn.jsonl", "{\"path\": \"1.jpg\"}\n{\"path\": \n");
  EXPECT_PRED2(has, error_of(folder / "torn.jsonl"), "torn.jsonl:2: not one JSON object");
  const size_t deep = 1 << 20;
  folder.put("deep.jsonl", "{\"path\": " + std::string(deep, '[') + std::string(deep, ']') + "}\n");
  EXPECT_PRED2(has, error_of(folder / "deep.jsonl"), "deep.jsonl:1: not one JSON object");
}

TEST(Source, OfficialImageNetStringOpensTheOfficialLayout) {
  const Folder folder;
  folder.put("train/n02/n02_1.JPEG", "");
  folder.put("train/n01/n01_1.JPEG", "");
  folder.put("val/n02/ILSVRC2012_val_1.JPEG", "");
  const std::string root = ":root=" + folder.path().string() + ":extra=/nowhere";
  const Source train = open_source("ImageNet:split=TRAIN" + root);
  EXPECT_EQ(ids(train), (Names{"n01/n01_1.JPEG", "n02/n02_1.JPEG"}));
  const Source val = open_source("ImageNet:split=VAL" + root);
  EXPECT_EQ(labels(val), (Labels{1}));  // numbered as in train, though n01 is missing here
  EXPECT_EQ(val.classes, (Names{"n01", "n02"}));
  EXPECT_EQ(open_source("ImageNet22k:root=" + (folder / "train")).classes.size(), 2);
  EXPECT_PRED2(has, error_of("ImageNet:split=TRAIN"), "Add :root=DIR");
  EXPECT_PRED2(has, error_of("ImageNet:part=1" + root), "'part=1' is none of");
}

TEST(Source, FlatValidationFolderHasNoLabels) {
  const Folder folder;
  folder.put("train/n01/n01_1.JPEG", "");
  folder.put("val/ILSVRC2012_val_1.JPEG", "");
  const Source val = open_source("ImageNet:split=VAL:root=" + folder.path().string());
  EXPECT_EQ(labels(val), (Labels{-1}));
}

TEST(Source, ErrorsSayWhatWasLookedForAndWhere) {
  const Folder folder;
  folder.put("notes.txt", "nowhere.jpg\n");
  folder.put("m.csv", "file,label\nx.jpg,1\n");
  folder.put("torn.csv", "path,label\nx.jpg,1\ny.jpg\n");
  folder.put("open.csv", "path,label\n\"x.jpg,1\n");
  folder.put("sub/readme", "text");
  EXPECT_PRED2(has, error_of(folder / "missing"), "missing: no such file or folder");
  EXPECT_PRED2(has, error_of(folder / "sub"), "no pictures found");
  EXPECT_PRED2(
      has, error_of(folder / "notes.txt"), "first entry is not at " + (folder / "nowhere.jpg"));
  EXPECT_PRED2(has, error_of(folder / "m.csv"), "no column 'path'; its columns are file, label");
  EXPECT_PRED2(has, error_of(folder / "torn.csv"), "torn.csv:3: 1 fields, the header has 2");
  EXPECT_PRED2(has, error_of(folder / "open.csv"), "open.csv:2: a quote is opened");
  EXPECT_PRED2(has, error_of(folder / "sub/readme"), "nor a picture");
  EXPECT_PRED2(has, error_of((folder / "m.csv") + "?sort=1"), "only split, path, label and fps");
}

TEST(Source, LabelsFollowAnotherSourcesClasses) {
  Source source{.items = {{.label = 0}, {.label = 1}, {.label = -1}}, .classes = {"cat", "emu"}};
  align_labels(source, {"ape", "cat"});
  EXPECT_EQ(labels(source), (Labels{1, -1, -1}));
  EXPECT_EQ(source.classes, (Names{"ape", "cat"}));
}

TEST(Source, OpensRealFoldersWithUnusualNames) {
  const std::string names = shared_data("formats/names");
  if (names.empty()) GTEST_SKIP() << "the shared image data is not here (set TROODON_DATA)";
  const auto found = ids(open_source(names));
  EXPECT_EQ(found.size(), 6);
  EXPECT_EQ(std::ranges::count(found, "no_extension"), 1);
}

TEST(Source, OpensARealManifest) {
  const std::string manifest = shared_data("manifest.csv");
  if (manifest.empty()) GTEST_SKIP() << "the shared image data is not here (set TROODON_DATA)";
  const Source all = open_source(manifest), train = open_source(manifest, {.split = "train"});
  EXPECT_GT(all.items.size(), train.items.size());
  EXPECT_GT(train.items.size(), 1000);
  for (const Item& item : train.items) ASSERT_TRUE(fs::exists(item.path)) << item.path;
}

}  // namespace
}  // namespace troodon::data
