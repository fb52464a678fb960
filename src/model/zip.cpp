#include "model/zip.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"

// Field offsets below are those of PKWARE's APPNOTE.TXT, section 4.3.
namespace troodon::model {
namespace {

constexpr uint32_t kLocalMark = 0x04034b50, kDirectoryMark = 0x02014b50, kEndMark = 0x06054b50;
constexpr uint32_t kEnd64Mark = 0x06064b50, kLocator64Mark = 0x07064b50;
constexpr uint64_t kFull16 = 0xFFFF, kFull32 = 0xFFFFFFFF;
constexpr size_t kEndBytes = 22, kLocator64Bytes = 20, kDirectoryBytes = 46, kLocalBytes = 30;
constexpr size_t kAlignment = 64;

/// Little-endian numbers out of a byte range, each read bounds-checked.
class ZipBytes {
 public:
  ZipBytes(std::span<const std::byte> bytes, const std::string& origin)
      : bytes_(bytes), origin_(origin) {}
  size_t size() const { return bytes_.size(); }
  [[noreturn]] void bad(std::string_view what) const {
    fail(Exit::input, "{}: damaged zip archive: {}", origin_, what);
  }
  std::span<const std::byte> range(uint64_t at, uint64_t count) const {
    if (at > bytes_.size() || count > bytes_.size() - at)
      bad("a part lies beyond the end of the file");
    return bytes_.subspan(at, count);
  }
  template <class T>
  uint64_t number(uint64_t at) const {
    T value = 0;
    std::memcpy(&value, range(at, sizeof(T)).data(), sizeof(T));
    return value;
  }
  uint64_t u16(uint64_t at) const { return number<uint16_t>(at); }
  uint64_t u32(uint64_t at) const { return number<uint32_t>(at); }
  uint64_t u64(uint64_t at) const { return number<uint64_t>(at); }
  std::string text(uint64_t at, uint64_t count) const {
    const auto part = range(at, count);
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }

 private:
  std::span<const std::byte> bytes_;
  const std::string& origin_;
};

struct Directory {
  uint64_t entries = 0, offset = 0;
};

Directory find_directory(const ZipBytes& zip) {
  if (zip.size() < kEndBytes) zip.bad("too short");
  const uint64_t lowest = zip.size() - std::min<uint64_t>(zip.size(), kEndBytes + kFull16);
  uint64_t end = zip.size() - kEndBytes;
  while (zip.u32(end) != kEndMark) {
    if (end == lowest) zip.bad("no end record; the file is cut short");
    --end;
  }
  Directory directory{.entries = zip.u16(end + 10), .offset = zip.u32(end + 16)};
  const bool large = directory.entries == kFull16 || directory.offset == kFull32;
  if (large && end >= kLocator64Bytes && zip.u32(end - kLocator64Bytes) == kLocator64Mark) {
    const uint64_t at = zip.u64(end - kLocator64Bytes + 8);
    zip.range(at, 56);
    if (zip.u32(at) != kEnd64Mark) zip.bad("no zip64 end record");
    directory = {.entries = zip.u64(at + 32), .offset = zip.u64(at + 48)};
  }
  return directory;
}

struct Stored {
  uint64_t packed = 0, size = 0, offset = 0;
};

/// Replaces the fields that are full by those of the zip64 extra field.
void widen(const ZipBytes& zip, uint64_t extra, uint64_t extra_bytes, Stored& entry) {
  const uint64_t end = extra + extra_bytes;
  while (end - extra >= 4) {
    const uint64_t id = zip.u16(extra), bytes = zip.u16(extra + 2);
    if (bytes > end - extra - 4) zip.bad("an extra field is too long");
    if (id == 1) {
      uint64_t at = extra + 4;
      for (uint64_t* field : {&entry.size, &entry.packed, &entry.offset}) {
        if (*field != kFull32) continue;
        if (at + 8 > extra + 4 + bytes) zip.bad("a zip64 field is missing");
        *field = zip.u64(at);
        at += 8;
      }
      return;
    }
    extra += 4 + bytes;
  }
}

/// The entry whose directory record starts at `at`; moves `at` behind it.
ZipEntry read_entry(const ZipBytes& zip, uint64_t& at) {
  zip.range(at, kDirectoryBytes);
  if (zip.u32(at) != kDirectoryMark) zip.bad("a directory record is missing");
  const uint64_t flags = zip.u16(at + 8), method = zip.u16(at + 10), crc = zip.u32(at + 16);
  const uint64_t name_bytes = zip.u16(at + 28), extra_bytes = zip.u16(at + 30);
  Stored stored{.packed = zip.u32(at + 20), .size = zip.u32(at + 24), .offset = zip.u32(at + 42)};
  ZipEntry entry{.name = zip.text(at + kDirectoryBytes, name_bytes),
                 .data = {},
                 .crc = static_cast<uint32_t>(crc)};
  const uint64_t extra = at + kDirectoryBytes + name_bytes;
  zip.range(extra, extra_bytes);
  widen(zip, extra, extra_bytes, stored);
  at = extra + extra_bytes + zip.u16(at + 32);
  if ((flags & 1) != 0 || method != 0 || stored.packed != stored.size) {
    zip.bad("'" + entry.name + "' is compressed or encrypted");
  }
  zip.range(stored.offset, kLocalBytes);
  if (zip.u32(stored.offset) != kLocalMark) zip.bad("'" + entry.name + "' has no local header");
  const uint64_t skip = kLocalBytes + zip.u16(stored.offset + 26) + zip.u16(stored.offset + 28);
  entry.data = zip.range(stored.offset + skip, stored.size);
  return entry;
}

template <class T>
void append(std::string& out, uint64_t value) {
  const T narrow = static_cast<T>(value);
  out.append(reinterpret_cast<const char*>(&narrow), sizeof(T));
}

void append16(std::string& out, std::initializer_list<uint64_t> values) {
  for (const uint64_t value : values) append<uint16_t>(out, value);
}

void append32(std::string& out, std::initializer_list<uint64_t> values) {
  for (const uint64_t value : values) append<uint32_t>(out, value);
}

}  // namespace

std::vector<ZipEntry> zip_entries(std::span<const std::byte> bytes, const std::string& origin) {
  const ZipBytes zip(bytes, origin);
  const Directory directory = find_directory(zip);
  std::vector<ZipEntry> out;
  std::set<std::string> names;
  uint64_t at = directory.offset;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    out.push_back(read_entry(zip, at));
    if (!names.insert(out.back().name).second) zip.bad("'" + out.back().name + "' occurs twice");
  }
  return out;
}

void check_entry(const ZipEntry& entry, const std::string& origin) {
  if (entry.crc != 0 && crc32(entry.data) != entry.crc) {
    ZipBytes(entry.data, origin).bad("'" + entry.name + "' fails its checksum");
  }
}

void ZipWriter::put(std::string_view bytes) {
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  position_ += bytes.size();
}

void ZipWriter::add(const std::string& name, std::span<const std::byte> data) {
  if (data.size() >= kFull32) fail("a zip entry of {} bytes is too large", data.size());
  const Written entry{.name = name, .crc = crc32(data), .size = data.size(), .offset = position_};
  // A padding extra field ('FB') moves the data to its alignment.
  const uint64_t start = position_ + kLocalBytes + name.size() + 4;
  const uint64_t padding = (kAlignment - start % kAlignment) % kAlignment;
  std::string header;
  append32(header, {kLocalMark});
  append16(header, {20, 0, 0, 0, 0x21});  // version, flags, stored, time, date 1980-01-01
  append32(header, {entry.crc, entry.size, entry.size});
  append16(header, {name.size(), 4 + padding});
  header += name;
  append16(header, {0x4246, padding});
  header.append(padding, 'Z');
  put(header);
  put({reinterpret_cast<const char*>(data.data()), data.size()});
  written_.push_back(entry);
}

void ZipWriter::finish() {
  const uint64_t start = position_;
  for (const Written& entry : written_) {
    const bool far = entry.offset >= kFull32;
    std::string record;
    append32(record, {kDirectoryMark});
    append16(record, {45, 45, 0, 0, 0, 0x21});
    append32(record, {entry.crc, entry.size, entry.size});
    append16(record, {entry.name.size(), far ? 12U : 0U, 0, 0, 0});
    append32(record, {0, far ? kFull32 : entry.offset});
    record += entry.name;
    if (far) {
      append16(record, {1, 8});
      append<uint64_t>(record, entry.offset);
    }
    put(record);
  }
  const uint64_t bytes = position_ - start, count = written_.size(), end64 = position_;
  std::string tail;
  append32(tail, {kEnd64Mark});
  append<uint64_t>(tail, 44);
  append16(tail, {45, 45});
  append32(tail, {0, 0});
  for (const uint64_t value : {count, count, bytes, start}) append<uint64_t>(tail, value);
  append32(tail, {kLocator64Mark, 0});
  append<uint64_t>(tail, end64);
  append32(tail, {1, kEndMark});
  append16(tail, {0, 0, std::min(count, kFull16), std::min(count, kFull16)});
  append32(tail, {std::min(bytes, kFull32), std::min(start, kFull32)});
  append16(tail, {0});
  put(tail);
}

}  // namespace troodon::model
