#include <optional>
#include <sstream>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "parquet/files.hpp"
#include "parquet/runs.hpp"
#include "parquet/table.hpp"
#include "parquet/unpack.hpp"
#include "parquet/values.hpp"

namespace troodon::parquet {
namespace {

constexpr int64_t kRows = 20;

/// A file that goes away with the test.
class Written {
 public:
  explicit Written(const std::string& bytes)
      : path_(fs::temp_directory_path() / fmt::format("troodon_parquet.{}", getpid())) {
    write_atomically(path_, bytes);
  }
  ~Written() { fs::remove(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string made(const std::string& name) {
  for (const MadeFile& file : kMadeFiles) {
    if (file.name == name) return bytes_of(file);
  }
  ADD_FAILURE() << "no made file " << name;
  return "";
}

std::vector<std::string> column(const File& file, const std::string& name) {
  std::vector<std::string> out;
  for (size_t g = 0; g < file.groups.size(); ++g) {
    for (auto& text : read_texts(file, g, file.column(name))) out.push_back(std::move(text));
  }
  return out;
}

std::string picture(int64_t row) {
  return "\xFF\xD8" + std::string(static_cast<size_t>(row % 4), static_cast<char>(row));
}

std::string reason(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

Bytes view(const std::string& text) {
  return std::as_bytes(std::span(text));
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The formulas are those of tests/parquet/make_files.py.
class MadeByPyarrow : public testing::TestWithParam<const char*> {};

TEST_P(MadeByPyarrow, EveryColumnHasTheValuesThatWereWritten) {
  const Written written(made(GetParam()));
  const File file = open_file(written.path());
  const auto path = column(file, "path"), small = column(file, "small");
  const auto large = column(file, "large"), real = column(file, "real"),
             flag = column(file, "flag");
  const auto name = column(file, "image.path"), bytes = column(file, "image.bytes");
  ASSERT_EQ(path.size(), kRows);
  for (int64_t row = 0; row < kRows; ++row) {
    const auto i = static_cast<size_t>(row);
    EXPECT_EQ(path[i], row % 5 == 3 ? "" : fmt::format("p/{}é.jpg", row % 4)) << row;
    EXPECT_EQ(small[i], row % 7 == 2 ? "" : std::to_string(1000 * row - 3000)) << row;
    EXPECT_EQ(large[i], std::to_string((row << 40) - 5)) << row;
    EXPECT_EQ(real[i], row > 14 ? "" : fmt::format("{}", static_cast<double>(row) / 4)) << row;
    EXPECT_EQ(flag[i], row == 6 ? "" : row % 3 == 0 ? "true" : "false") << row;
    EXPECT_EQ(name[i], row == 9 ? "" : fmt::format("{}.jpg", row)) << row;
    EXPECT_EQ(bytes[i], row == 9 ? "" : picture(row)) << row;
  }
}

TEST_P(MadeByPyarrow, APictureIsReadOnItsOwn) {
  const Written written(made(GetParam()));
  const File file = open_file(written.path());
  int64_t row = 0;
  for (size_t g = 0; g < file.groups.size(); ++g) {
    for (const Place& place : value_places(file, g, file.column("image.bytes"))) {
      const auto page = file.file.bytes().subspan(place.offset, place.bytes);
      if (row == 9) {
        EXPECT_PRED2(has, reason([&] { read_value(page, place.value); }), "is null");
      } else {
        const auto value = read_value(page, place.value);
        EXPECT_EQ(std::string(reinterpret_cast<const char*>(value.data()), value.size()),
                  picture(row));
      }
      ++row;
    }
  }
  EXPECT_EQ(row, kRows);
}

TEST_P(MadeByPyarrow, ListsAreLeftAloneUnlessAskedFor) {
  const Written written(made(GetParam()));
  const File file = open_file(written.path());
  const size_t tags = file.column("tags.list.element");
  EXPECT_PRED2(has, reason([&] { read_cells(file, 0, tags); }), "'tags.list.element': is a list");
}

TEST_P(MadeByPyarrow, CutShortItIsRefused) {
  const std::string whole = made(GetParam());
  for (size_t size = 0; size < whole.size(); size += 11) {
    const Written cut(whole.substr(0, size));
    EXPECT_THROW(open_file(cut.path()), Error) << size;
  }
}

std::vector<const char*> readable() {
  std::vector<const char*> out = {"plain", "dictionary_snappy", "second_pages_gzip"};
#ifdef TROODON_HAVE_ZSTD
  out.push_back("deltas_zstd");
#endif
  return out;
}

INSTANTIATE_TEST_SUITE_P(Parquet,
                         MadeByPyarrow,
                         testing::ValuesIn(readable()),
                         [](const auto& info) { return std::string(info.param); });

TEST(Parquet, WhatIsNotReadIsNamedWithAWayOut) {
  const auto first_real = [](const char* name) {
    const Written written(made(name));
    return reason([&] { column(open_file(written.path()), "real"); });
  };
  EXPECT_PRED2(has, first_real("brotli"), "column 'real': its pages are compressed with brotli");
  EXPECT_PRED2(has, first_real("brotli"), "compression='snappy'");
  Cells out;
  const auto packed = [&] { add_values({}, {}, kBitPacked, {}, 1, {}, out); };
  EXPECT_PRED2(has, reason(packed), "stored as BIT_PACKED");
}

TEST(Parquet, StreamsThatWereSplitAreJoined) {
  const Written written(made("split_streams"));
  const File file = open_file(written.path());
  const auto real = column(file, "real"), small = column(file, "small");
  ASSERT_EQ(real.size(), kRows);
  EXPECT_EQ(real[1], "0.25");
  EXPECT_EQ(real[14], "3.5");
  EXPECT_EQ(real[15], "");
  EXPECT_EQ(small[19], "16000");
}

TEST(Parquet, WhatTheWriterWritesComesBack) {
  std::ostringstream out;
  Writer writer(out, {{"t", Kind::text, true}, {"b", Kind::bytes}, {"n", Kind::int32, true}});
  std::vector<Cells> cells(3);
  cells[0] = {.present = {true, false, true}, .texts = {"one", "three"}};
  cells[1] = {.texts = {std::string("\0\1", 2), "", "xyz"}};
  cells[2] = {.present = {false, false, true}, .numbers = {-7}};
  writer.row_group(3, cells);
  writer.row_group(3, cells);
  writer.finish({{"key", "value"}});
  const Written written(out.str());
  const File file = open_file(written.path());
  using Texts = std::vector<std::string>;
  EXPECT_EQ(column(file, "t"), (Texts{"one", "", "three", "one", "", "three"}));
  EXPECT_EQ(file.columns[1].kind, Kind::bytes);
  EXPECT_EQ(read_cells(file, 1, 1).texts, (Texts{std::string("\0\1", 2), "", "xyz"}));
  EXPECT_EQ(column(file, "n"), (Texts{"", "", "-7", "", "", "-7"}));
  EXPECT_EQ(file.metadata.at("key"), "value");
  EXPECT_FALSE(file.has("nothing"));
}

// A footer may claim anything; what is claimed is not allocated.
TEST(Parquet, AFileThatClaimsBillionsOfRowsIsRefused) {
  std::ostringstream out;
  Writer writer(out, {{"t", Kind::text, true}});
  writer.row_group(int64_t{1} << 40, std::vector<Cells>{{}});
  writer.finish({});
  const Written written(out.str());
  const File file = open_file(written.path());
  EXPECT_PRED2(has, reason([&] { read_texts(file, 0, 0); }), "row_group_size");
}

// By hand from Snappy's description: a literal, a copy that overlaps itself, a far copy.
TEST(Snappy, UnfoldsLiteralsAndCopies) {
  const std::string packed(
      "\x0C\x08"
      "abc"
      "\x11\x03"
      "\x02\x05\x00",
      10);
  // 12 bytes: literal of 3; copy of 8 from 3 back; copy of 1 from 5 back.
  const auto plain = unpack_snappy(view(packed), 12);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(plain.data()), plain.size()), "abcabcabcaba");
  EXPECT_THROW(unpack_snappy(view(packed), 11), Error);
  EXPECT_THROW(unpack_snappy(view(packed).first(9), 12), Error);
  EXPECT_THROW(unpack_snappy(view(std::string("\x04\x11\x03", 3)), 4), Error) << "copies nothing";
  EXPECT_THROW(unpack_snappy(view(std::string("\xFF\xFF\xFF\xFF\x0F", 5)), 0xFFFFFFFF), Error);
}

// The two examples of the specification's section on the hybrid of runs and bit fields.
TEST(Runs, FollowTheSpecification) {
  const std::string fields("\x03\x88\xC6\xFA", 4);  // 0 to 7 in three bits each
  Bytes bytes = view(fields);
  std::vector<uint64_t> seen;
  each_run(
      bytes, 3, 8, [&](uint64_t count, uint64_t value) { seen.insert(seen.end(), count, value); });
  EXPECT_EQ(seen, (std::vector<uint64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_TRUE(bytes.empty());
  const std::string run("\x64\x04", 2);  // fifty times 4
  bytes = view(run);
  uint64_t total = 0;
  each_run(bytes, 3, 50, [&](uint64_t count, uint64_t value) { total += count * value; });
  EXPECT_EQ(total, 200);
  bytes = view(run);
  EXPECT_THROW(each_run(bytes, 3, 51, [](auto, auto) {}), Error);
}

// The second example of the specification's section on DELTA_BINARY_PACKED: 7, 5, 3, 1, 2, 3, 4, 5.
TEST(Deltas, FollowTheSpecification) {
  std::string packed("\x80\x01\x04\x08\x0E\x03\x02\x00\x00\x00\xC0\x3F", 12);
  packed += std::string(6, '\0');  // the block's first miniblock holds 32 values of two bits
  Bytes bytes = view(packed);
  EXPECT_EQ(take_deltas(bytes, 8), (std::vector<int64_t>{7, 5, 3, 1, 2, 3, 4, 5}));
  bytes = view(packed);
  EXPECT_THROW(take_deltas(bytes, 7), Error);
}

}  // namespace
}  // namespace troodon::parquet
