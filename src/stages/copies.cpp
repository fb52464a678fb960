#include "stages/copies.hpp"

#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "fingerprint/copies.hpp"

namespace troodon::stages {
namespace {

std::string words_of(fingerprint::CopyKind kind) {
  constexpr std::array<const char*, 5> kWords = {
      "", "same picture", "turned", "within margins", "part"};
  return kWords[static_cast<size_t>(kind)];
}

}  // namespace

Signs equal_files(std::span<const Look> looks) {
  Signs out;
  std::map<data::ContentHash, uint32_t> first;
  for (uint32_t row = 0; row < looks.size(); ++row) {
    if (!looks[row].reason.empty()) continue;
    const auto [found, fresh] = first.emplace(looks[row].content, row);
    if (!fresh) out[{found->second, row}] = "same file";  // each with the first
  }
  return out;
}

Signs find_copies(std::span<const Look> looks, size_t threads, const Work& work) {
  std::vector<uint32_t> rows;
  std::vector<fingerprint::Fingerprint> prints;
  for (uint32_t row = 0; row < looks.size(); ++row) {
    if (!looks[row].reason.empty()) continue;
    rows.push_back(row);
    prints.push_back(looks[row].print);
  }
  Signs out = equal_files(looks);
  const std::string found = work.together("copies", [&] {
    ByteWriter bytes;
    for (const auto& copy : fingerprint::find_copies(prints, {.threads = threads}))
      bytes.put(rows[copy.first]).put(rows[copy.second]).put(copy.verdict.kind);
    return bytes.take();
  });
  for (ByteReader bytes(found); !bytes.at_end();) {
    std::pair<uint32_t, uint32_t> pair;
    fingerprint::CopyKind kind{};
    bytes.get(pair.first).get(pair.second).get(kind);
    out.emplace(pair, words_of(kind));
  }
  return out;
}

std::vector<curate::Edge> with_copies(std::vector<curate::Edge> edges, const Signs& copies) {
  for (const auto& [pair, how] : copies) edges.push_back({pair.first, pair.second, 1});
  std::sort(edges.begin(), edges.end(), [](const curate::Edge& x, const curate::Edge& y) {
    return std::tuple(x.a, x.b, -x.similarity) < std::tuple(y.a, y.b, -y.similarity);
  });
  const auto same_pair = [](const curate::Edge& x, const curate::Edge& y) {
    return x.a == y.a && x.b == y.b;
  };
  edges.erase(std::unique(edges.begin(), edges.end(), same_pair), edges.end());
  return edges;
}

}  // namespace troodon::stages
