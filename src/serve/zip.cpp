#include "serve/zip.hpp"

#include <cstdint>
#include <zlib.h>

#include "base/error.hpp"

namespace troodon::serve {
namespace {

constexpr uint64_t kMostBytes = 0xFFFF0000;
constexpr size_t kMostFiles = 65535;

void put(std::string& to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i) & 0xff);
}

/// Raw deflate.
std::string deflated(const std::string& text) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    fail(Exit::resource, "no memory to make a zip file");
  }
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int status = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) fail("packing a zip file failed ({})", status);
  return packed;
}

bool packs(const fs::path& name) {
  const std::string ending = name.extension().string();
  return ending == ".json" || ending == ".txt" || ending == ".yaml" || ending == ".xml";
}

/// What both headers of a file say alike: from "version needed" to the name's length.
std::string facts(const std::string& name, bool packed, const std::string& text, size_t stored) {
  std::string facts;
  put(facts, 20, 2);       // version 2.0
  put(facts, 1 << 11, 2);  // names are UTF-8
  put(facts, packed ? 8 : 0, 2);
  put(facts, 0x00210000, 4);  // 1980-01-01: the same files make the same zip
  put(facts, crc32(std::as_bytes(std::span(text))), 4);
  put(facts, stored, 4);
  put(facts, text.size(), 4);
  put(facts, name.size(), 2);
  return facts;
}

}  // namespace

std::string zip_of(const fs::path& folder, std::span<const std::string> names) {
  if (names.size() > kMostFiles) fail(Exit::resource, "a zip file holds at most 65535 files");
  std::string zip, directory;
  for (const std::string& name : names) {
    const std::string text = read_text(folder / name);
    const bool pack = packs(name);
    const std::string stored = pack ? deflated(text) : text;
    const std::string said = facts(name, pack, text, stored.size());
    directory += "PK\x01\x02";
    put(directory, 20, 2);  // made by version 2.0
    directory += said;
    directory.append(12, '\0');  // no extra field, no comment, first disk, no attributes
    put(directory, zip.size(), 4);
    directory += name;
    zip += "PK\x03\x04" + said;
    put(zip, 0, 2);  // no extra field
    zip += name + stored;
    if (zip.size() > kMostBytes) fail(Exit::resource, "the zip file would be larger than 4 GiB");
  }
  const size_t start = zip.size();
  zip += directory + "PK\x05\x06";
  put(zip, 0, 4);  // this disk, the directory's disk
  put(zip, names.size(), 2);
  put(zip, names.size(), 2);
  put(zip, directory.size(), 4);
  put(zip, start, 4);
  put(zip, 0, 2);  // no comment
  return zip;
}

}  // namespace troodon::serve
