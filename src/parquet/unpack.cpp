#include "parquet/unpack.hpp"

#include <algorithm>
#include <zlib.h>
#ifdef TROODON_HAVE_ZSTD
#include <memory>
#include <zstd.h>
#endif

#include "base/error.hpp"
#include "parquet/numbers.hpp"

namespace troodon::parquet {
namespace {

using Bytes = std::span<const std::byte>;

constexpr uint64_t kMostPageBytes = 1 << 28;
constexpr uint64_t kStep = 1 << 16;

/// Room for more output: twice what there was, but never more than `size`.
void grow(std::vector<std::byte>& out, uint64_t size) {
  out.resize(std::min(size, std::max<uint64_t>(2 * out.size(), kStep)));
}

std::vector<std::byte> unpack_gzip(Bytes packed, uint64_t size) {
  z_stream zip{};
  if (inflateInit2(&zip, 15 + 32) != Z_OK) fail(Exit::resource, "no memory for gzip");
  const auto end = [&] { inflateEnd(&zip); };
  std::vector<std::byte> out;
  uint64_t made = 0;
  zip.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
  zip.avail_in = static_cast<uInt>(packed.size());
  int state = Z_OK;
  while (state == Z_OK && made < size) {
    if (made == out.size()) grow(out, size);
    zip.next_out = reinterpret_cast<Bytef*>(out.data() + made);
    zip.avail_out = static_cast<uInt>(out.size() - made);
    state = inflate(&zip, Z_NO_FLUSH);
    made = out.size() - zip.avail_out;
    // Some writers put several gzip members one after another.
    if (state == Z_STREAM_END && made < size && zip.avail_in > 0) state = inflateReset(&zip);
  }
  end();
  if (made != size) fail("gzip: the page is damaged");
  return out;
}

#ifdef TROODON_HAVE_ZSTD
std::vector<std::byte> unpack_zstd(Bytes packed, uint64_t size) {
  const std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(),
                                                                        ZSTD_freeDStream);
  if (!stream) fail(Exit::resource, "no memory for zstd");
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::vector<std::byte> out;
  uint64_t made = 0;
  while (made < size) {
    if (made == out.size()) grow(out, size);
    ZSTD_outBuffer to{out.data(), out.size(), made};
    const size_t read_before = in.pos;
    const size_t state = ZSTD_decompressStream(stream.get(), &to, &in);
    if (ZSTD_isError(state) != 0) fail("zstd: {}", ZSTD_getErrorName(state));
    if (to.pos == made && in.pos == read_before) break;  // nothing more will come
    made = to.pos;
  }
  if (made != size) fail("zstd: the page is cut short");
  return out;
}
#else
std::vector<std::byte> unpack_zstd(Bytes, uint64_t) {
  fail(
      "its pages are compressed with zstd, which this build does not read (install libzstd-dev "
      "and build again, or rewrite it with compression='snappy')");
}
#endif

const char* codec_name(int codec) {
  constexpr const char* kNames[] = {
      "none", "snappy", "gzip", "LZO", "brotli", "LZ4 (old)", "zstd", "LZ4"};
  return codec >= 0 && codec < 8 ? kNames[codec] : "something unknown";
}

}  // namespace

std::vector<std::byte> unpack(Bytes packed, int codec, uint64_t size) {
  if (codec != kSnappy && codec != kGzip && codec != kZstd) {
    fail(
        "its pages are compressed with {}; rewrite it with compression='snappy' (or gzip, zstd, "
        "none)",
        codec_name(codec));
  }
  if (size > kMostPageBytes) {
    fail(
        "it has a page of {} bytes, at most {} are read; rewrite it with smaller pages "
        "(data_page_size=1048576) or row groups",
        size,
        kMostPageBytes);
  }
  if (size == 0) return {};
  if (codec == kSnappy) return unpack_snappy(packed, size);
  return codec == kGzip ? unpack_gzip(packed, size) : unpack_zstd(packed, size);
}

}  // namespace troodon::parquet
