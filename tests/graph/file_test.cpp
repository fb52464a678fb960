#include <fstream>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "graph/clumps.hpp"
#include "graph/graph.hpp"

namespace troodon::graph {
namespace {

struct Saved : TemporaryFolder {
  Clumps base{700, 48, 1};
  fs::path file = path / "some.graph";
  Saved() {
    Graph graph = Graph::build(base.matrix());
    graph.remove(std::vector<int64_t>{5, 699});
    graph.tune({.sample = 50, .target = 0.9});
    graph.save(file);
  }
  void write(const std::vector<std::byte>& bytes) const {
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
};

TEST(GraphFile, SaysTheSameMappedAndInMemory) {
  const Saved saved;
  const Graph mapped = Graph::open(saved.file), loaded = Graph::load(saved.file);
  const auto found = mapped.search(saved.base.matrix()), again = loaded.search(saved.base.matrix());
  EXPECT_EQ(found.index, again.index);
  EXPECT_EQ(found.score, again.score);
  EXPECT_EQ(found.index[0], 0);
  EXPECT_EQ(mapped.removed(), 2);
  EXPECT_TRUE(mapped.is_removed(699));
  EXPECT_GE(mapped.tuned_recall(), 0.9);
  EXPECT_EQ(mapped.width(), loaded.width());
}

TEST(GraphFile, AMappedGraphGrowsAsTheBuiltOneDoes) {
  const Saved saved;
  const Clumps more(100, 48, 9);
  Graph mapped = Graph::open(saved.file), loaded = Graph::load(saved.file);
  mapped.remove(std::vector<int64_t>{7});
  loaded.remove(std::vector<int64_t>{7});
  mapped.add(more.matrix());
  loaded.add(more.matrix());
  mapped.save(saved.path / "a");
  loaded.save(saved.path / "b");
  EXPECT_EQ(read_bytes(saved.path / "a"), read_bytes(saved.path / "b"));
  EXPECT_EQ(Graph::open(saved.path / "a").search(more.matrix(), {.k = 1}).index[3], 703);
}

TEST(GraphFile, CutAnywhereItIsRefused) {
  const Saved saved;
  const auto whole = read_bytes(saved.file);
  for (size_t size : {size_t{0},
                      size_t{7},
                      size_t{263},
                      size_t{264},
                      size_t{300},
                      whole.size() / 2,
                      whole.size() - 1}) {
    saved.write({whole.begin(), whole.begin() + static_cast<int64_t>(size)});
    EXPECT_THROW(Graph::open(saved.file), Error) << size;
    EXPECT_THROW(Graph::load(saved.file), Error) << size;
  }
}

TEST(GraphFile, DamagedItIsRefusedOrHarmless) {
  const Saved saved;
  const auto whole = read_bytes(saved.file);
  Random random(4);
  for (int i = 0; i < 300; ++i) {
    auto bytes = whole;
    const auto at = i < 264 ? i : random.integer(0, static_cast<int64_t>(whole.size()) - 65);
    bytes[at] ^= static_cast<std::byte>(random.integer(1, 255));
    saved.write(bytes);
    try {
      const Graph graph = Graph::open(saved.file);
      EXPECT_GE(at, 264) << "the header has a checksum";
      (void)graph.search(saved.base.matrix());  // links lead nowhere outside
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("some.graph"), std::string::npos);
    }
  }
}

TEST(GraphFile, LoadingNoticesAnyChangedByte) {
  const Saved saved;
  const auto whole = read_bytes(saved.file);
  for (const size_t at : {size_t{320}, whole.size() / 3, whole.size() / 2, whole.size() - 100}) {
    auto bytes = whole;
    bytes[at] ^= std::byte{1};
    saved.write(bytes);
    EXPECT_THROW(Graph::load(saved.file), Error) << at;
  }
}

}  // namespace
}  // namespace troodon::graph
