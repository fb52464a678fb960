#include "stages/copies.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "base/bytes.hpp"
#include "fingerprint/copies.hpp"

namespace troodon::stages {
namespace {

std::string words_of(fingerprint::CopyKind kind) {
  constexpr std::array<const char*, 5> kWords = {
      "", "same picture", "turned", "within margins", "part"};
  return kWords[static_cast<size_t>(kind)];
}

/// The fingerprints of those that can be read, and their rows.
struct Prints {
  std::vector<uint32_t> rows;
  std::vector<fingerprint::Fingerprint> prints;

  explicit Prints(std::span<const Look> looks) {
    for (uint32_t row = 0; row < looks.size(); ++row) {
      if (!looks[row].reason.empty()) continue;
      rows.push_back(row);
      prints.push_back(looks[row].print);
    }
  }
};

/// Adds what `find` finds, unless the work has it already; equal files stay equal files.
void add_found(const Work& work,
               const Prints& prints,
               const Prints& base,
               Signs& out,
               const std::function<std::vector<fingerprint::FoundCopy>()>& find) {
  const std::string found = work.together("copies", [&] {
    ByteWriter bytes;
    for (const auto& copy : find())
      bytes.put(prints.rows[copy.first]).put(base.rows[copy.second]).put(copy.verdict.kind);
    return bytes.take();
  });
  for (ByteReader bytes(found); !bytes.at_end();) {
    std::pair<uint32_t, uint32_t> pair;
    fingerprint::CopyKind kind{};
    bytes.get(pair.first).get(pair.second).get(kind);
    out.emplace(pair, words_of(kind));
  }
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
  const Prints prints(looks);
  Signs out = equal_files(looks);
  add_found(work, prints, prints, out, [&] {
    return fingerprint::find_copies(prints.prints, {.threads = threads});
  });
  return out;
}

Signs find_copies(std::span<const Look> looks,
                  std::span<const Look> others,
                  size_t threads,
                  const Work& work) {
  const Prints prints(looks), base(others);
  Signs out;
  std::multimap<data::ContentHash, uint32_t> files;
  for (const uint32_t row : base.rows) files.emplace(others[row].content, row);
  for (const uint32_t row : prints.rows) {
    const auto [first, end] = files.equal_range(looks[row].content);
    for (auto file = first; file != end; ++file) out[{row, file->second}] = "same file";
  }
  add_found(work, prints, base, out, [&] {
    return fingerprint::find_copies(prints.prints, base.prints, {.threads = threads});
  });
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
