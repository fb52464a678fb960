#include <sstream>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "data/content.hpp"
#include "data/folder.hpp"
#include "data/images.hpp"
#include "data/source.hpp"
#include "image/encode.hpp"
#include "parquet/table.hpp"

namespace troodon::data {
namespace {

using parquet::Cells, parquet::Column, parquet::Kind;
using Names = std::vector<std::string>;

std::string table(const std::vector<Column>& columns,
                  const std::vector<std::vector<Cells>>& groups,
                  int64_t rows,
                  const std::map<std::string, std::string>& metadata = {}) {
  std::ostringstream out;
  parquet::Writer writer(out, columns);
  for (const auto& cells : groups) writer.row_group(rows, cells);
  writer.finish(metadata);
  return out.str();
}

std::string png(int grey) {
  image::Image picture(3, 2);
  for (uint8_t& value : picture.pixels) value = static_cast<uint8_t>(grey);
  return image::encode_png(picture);
}

std::string error_of(const std::string& spec) {
  try {
    open_source(spec);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Names ids(const Source& source) {
  Names out;
  for (const Item& item : source.items) out.push_back(item.id);
  return out;
}

TEST(ParquetManifest, GivesPathsLabelsAndSplitsAsACsvWould) {
  const Folder folder;
  folder.put("1.jpg", "");
  const std::vector<Column> columns = {{"file", Kind::text},
                                       {"label", Kind::int64, true},
                                       {"split", Kind::text},
                                       {"species", Kind::text, true}};
  const std::vector<Cells> first = {{.texts = {"1.jpg", "2.jpg"}},
                                    {.present = {true, false}, .numbers = {2}},
                                    {.texts = {"train", "val"}},
                                    {.present = {false, true}, .texts = {"emu"}}};
  const std::vector<Cells> second = {{.texts = {"3.jpg", "4.jpg"}},
                                     {.present = {true, true}, .numbers = {0, 1}},
                                     {.texts = {"train", "train"}},
                                     {.present = {true, true}, .texts = {"emu", "cat"}}};
  folder.put("m.parquet", table(columns, {first, second}, 2));
  const std::string file = folder / "m.parquet";
  const Source all = open_source(file + "?path=file");
  EXPECT_EQ(ids(all), (Names{"1.jpg", "2.jpg", "3.jpg", "4.jpg"}));
  EXPECT_EQ(all.items[1].path, folder / "2.jpg");
  EXPECT_EQ(all.items[0].label, 2);
  EXPECT_EQ(all.items[1].label, -1);
  EXPECT_PRED2(has, all.description, "splits train (3), val (1)");
  const Source species = open_source(file + "?path=file&label=species&split=train");
  EXPECT_EQ(ids(species), (Names{"1.jpg", "3.jpg", "4.jpg"}));
  EXPECT_EQ(species.classes, (Names{"cat", "emu"}));
  EXPECT_EQ(species.items[1].label, 1);
  EXPECT_EQ(open_source(file, {.path = "file", .group = "species"}).groups,
            (Names{"", "emu", "emu", "cat"}));
  EXPECT_PRED2(
      has, error_of(file), "no column 'path'; its columns are file, label, split, species");
  EXPECT_PRED2(has, error_of(file + "?path=nothing"), "no column 'nothing'");
  EXPECT_PRED2(has, error_of(file + "?path=file&split=test"), "there are train (3), val (1)");
  folder.put("torn.parquet", read_text(file).substr(0, 90));
  EXPECT_PRED2(has, error_of(folder / "torn.parquet"), "torn.parquet: is not a Parquet file, or");
}

TEST(ParquetManifest, PicturesWithinItAreReadOneByOne) {
  const Folder folder;
  const std::vector<Column> columns = {{"image", Kind::bytes, true}, {"label", Kind::int64}};
  const std::vector<Cells> cells = {{.present = {true, false, true}, .texts = {png(10), png(20)}},
                                    {.numbers = {1, 0, 1}}};
  const std::string info =
      R"({"info": {"features": {"label": {"names": ["emu", "cat"], "_type": "ClassLabel"}}}})";
  folder.put("a/t-0.parquet", table(columns, {cells, cells}, 3, {{"huggingface", info}}));
  folder.put("a/t-1.parquet", table(columns, {cells}, 3));
  const Source source = open_source(folder / "a/t-{0..1}.parquet");
  ASSERT_EQ(source.items.size(), 9);
  EXPECT_EQ(source.items[3].id, "t-0.parquet#000000003");
  EXPECT_EQ(source.items[6].id, "t-1.parquet#000000000");
  EXPECT_EQ(source.classes, (Names{"emu", "cat"})) << "names as Hugging Face numbers them";
  EXPECT_EQ(source.items[0].label, 1);
  ImageReader reader({.cache_bytes = 1 << 20});
  for (size_t i = 0; i < 9; ++i) {
    const auto stored = read_stored(source.items[i]);
    const auto picture = reader.read(source.items[i]);
    if (i % 3 == 1) {
      ASSERT_FALSE(picture);
      EXPECT_PRED2(has, picture.reason(), "the row is null: it holds no picture");
      EXPECT_PRED2(has, picture.reason(), source.items[i].id);
      continue;
    }
    ASSERT_TRUE(picture) << picture.reason();
    EXPECT_EQ(picture->width, 3);
    EXPECT_EQ(picture->pixels[0], i % 3 == 0 ? 10 : 20);
    ASSERT_TRUE(stored);
    EXPECT_EQ(format_of(*stored), "png");
    EXPECT_EQ(*stored_bytes(source.items[i]), stored->size());
  }
  EXPECT_EQ(reader.cached_bytes(), 6 * 18U) << "each picture of a page has its own place";
}

}  // namespace
}  // namespace troodon::data
