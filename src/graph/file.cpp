#include <array>
#include <cstring>
#include <ostream>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "graph/body.hpp"

namespace troodon::graph {
namespace {

constexpr std::array<char, 8> kMagic = {'T', 'R', 'O', 'O', 'G', 'R', 'P', 'H'};
constexpr uint32_t kVersion = 1;
constexpr uint64_t kAlign = 64;
enum Section { codes, links, top, upper_at, upper, removed, originals, kSections };

/// The first bytes of the file; checksums are XXH64.
struct Header {
  std::array<char, 8> magic = kMagic;
  uint32_t version = kVersion;
  uint32_t entry = kNone;
  int64_t rows = 0, dim = 0, degree = 0, build_width = 0;
  uint64_t seed = 0;
  int64_t originals = 0, removed_count = 0, width = 0;
  double recall = 0;
  struct {
    uint64_t at, bytes, checksum;
  } sections[kSections] = {};
  uint64_t checksum = 0;  ///< of all that is before it
};
static_assert(sizeof(Header) == 264 && std::is_trivially_copyable_v<Header>);

uint64_t checksum_of(const Header& header) {
  return xxh64(std::as_bytes(std::span(&header, 1)).first(offsetof(Header, checksum)));
}

std::array<std::span<const std::byte>, kSections> sections_of(const Body& b) {
  return {b.codes.bytes(),
          b.links.bytes(),
          b.top.bytes(),
          b.upper_at.bytes(),
          b.upper.bytes(),
          b.removed.bytes(),
          b.originals.bytes()};
}

uint64_t aligned(uint64_t at) {
  return (at + kAlign - 1) / kAlign * kAlign;
}

Header header_of(const Body& body) {
  Header out;
  out.entry = body.entry;
  out.rows = body.rows, out.dim = body.dim();
  out.degree = body.options.degree, out.build_width = body.options.width;
  out.seed = body.options.seed;
  out.originals = static_cast<int64_t>(body.options.originals);
  out.removed_count = body.removed_count, out.width = body.width, out.recall = body.recall;
  uint64_t at = aligned(sizeof(Header));
  const auto sections = sections_of(body);
  for (int s = 0; s < kSections; ++s) {
    out.sections[s] = {at, sections[s].size(), xxh64(sections[s])};
    at = aligned(at + sections[s].size());
  }
  out.checksum = checksum_of(out);
  return out;
}

/// One file that is read: all faults name it.
struct Reading {
  const fs::path& file;
  std::span<const std::byte> bytes;
  Header header;

  void require(bool holds, const char* fault) const {
    if (!holds) fail(Exit::input, "{}: {}; build the graph again", file.string(), fault);
  }

  template <class T>
  Array<T> section(Section which, Residence residence, uint64_t count) const {
    const auto& s = header.sections[which];
    require(s.bytes == count * sizeof(T) && s.at % kAlign == 0 && s.at <= bytes.size() &&
                s.bytes <= bytes.size() - s.at,
            "a damaged graph: a part has another size");
    const auto part = bytes.subspan(s.at, s.bytes);
    if (residence == Residence::memory)
      require(xxh64(part) == s.checksum, "a damaged graph: a checksum differs");
    const std::span<const T> numbers(reinterpret_cast<const T*>(part.data()), count);
    return residence == Residence::memory ? Array<T>::copy(numbers) : Array<T>::view(numbers);
  }
};

void read_header(Reading& in) {
  in.require(in.bytes.size() >= sizeof(Header), "no graph, or cut short");
  std::memcpy(&in.header, in.bytes.data(), sizeof(Header));
  const Header& h = in.header;
  in.require(h.magic == kMagic, "no graph");
  in.require(h.version == kVersion, "a graph of another version of this program");
  in.require(h.checksum == checksum_of(h), "a damaged graph: its header's checksum differs");
  in.require(h.rows >= 0 && h.rows <= kMostRows && h.dim >= 1 && h.dim <= kWidest &&
                 h.degree >= kLeastDegree && h.degree <= kMostDegree && h.originals >= 0 &&
                 h.originals <= 2 && h.width >= 1 && h.build_width >= 1,
             "a damaged graph: impossible sizes");
  const auto& last = h.sections[kSections - 1];
  in.require(last.at <= in.bytes.size() && in.bytes.size() == aligned(last.at + last.bytes),
             "a damaged graph: the file has another size");
}

/// A search follows links without looking: each must lead to a row that has the layer.
void check_links(const Reading& in, const Body& body) {
  uint64_t lists = 0;
  for (int64_t row = 0; row < body.rows; ++row) {
    in.require(body.upper_at[row] == lists, "a damaged graph: its layers disagree");
    lists += body.top[row];
  }
  in.require(lists * body.places(1) == body.upper.size(), "a damaged graph: its layers disagree");
  in.require(body.rows == 0 ? body.entry == kNone : body.entry < body.rows,
             "a damaged graph: it begins nowhere");
  const auto rows = static_cast<uint32_t>(body.rows);
  bool sound = true;
  for (const uint32_t to : body.links.all()) sound &= to < rows || to == kNone;
  for (int64_t row = 0; row < body.rows && sound; ++row) {
    for (int64_t layer = 1; layer <= body.top[row]; ++layer) {
      const uint32_t* list = body.list(static_cast<uint32_t>(row), layer);
      for (int64_t i = 0; i < body.places(layer) && list[i] != kNone; ++i)
        sound &= list[i] < rows && body.top[list[i]] >= layer;
    }
  }
  in.require(sound, "a damaged graph: links lead nowhere");
}

}  // namespace

void write_body(const Body& body, const fs::path& file) {
  const Header header = header_of(body);
  write_atomically(file, [&](std::ostream& out) {
    uint64_t written = 0;
    const auto write = [&](std::span<const std::byte> part) {
      out.write(reinterpret_cast<const char*>(part.data()),
                static_cast<std::streamsize>(part.size()));
      constexpr std::array<char, kAlign> kZeros = {};
      written += part.size();
      out.write(kZeros.data(), static_cast<std::streamsize>(aligned(written) - written));
      written = aligned(written);
    };
    write(std::as_bytes(std::span(&header, 1)));
    for (const auto& section : sections_of(body)) write(section);
  });
}

std::unique_ptr<Body> read_body(const fs::path& file, Residence residence) {
  MappedFile mapped(file);
  Reading in{file, mapped.bytes(), {}};
  read_header(in);
  const Header& h = in.header;
  auto body = std::make_unique<Body>(h.dim,
                                     GraphOptions{.degree = h.degree,
                                                  .width = h.build_width,
                                                  .originals = static_cast<Originals>(h.originals),
                                                  .seed = h.seed});
  body->rows = h.rows, body->entry = h.entry, body->width = h.width, body->recall = h.recall;
  const auto rows = static_cast<uint64_t>(h.rows);
  body->codes = in.section<uint8_t>(codes, residence, rows * body->stride());
  body->links = in.section<uint32_t>(links, residence, rows * body->places(0));
  body->top = in.section<uint8_t>(top, residence, rows);
  body->upper_at = in.section<uint32_t>(upper_at, residence, rows);
  body->upper = in.section<uint32_t>(upper, residence, h.sections[upper].bytes / 4);
  body->removed = in.section<uint64_t>(removed, residence, (rows + 63) / 64);
  body->removed_count = h.removed_count;
  body->originals = in.section<std::byte>(
      originals, residence, rows * h.dim * 2 * static_cast<uint64_t>(h.originals));
  check_links(in, *body);
  if (residence == Residence::mapped) body->file = std::move(mapped);
  return body;
}

}  // namespace troodon::graph
