#include "serve/page.hpp"

#include <cstring>
#include <zlib.h>

#include "base/error.hpp"
#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

constexpr size_t kWorthPacking = 1024;  // bytes

bool packs(std::string_view type) {
  return type.starts_with("text/") || type.find("json") != std::string_view::npos ||
         type.find("svg") != std::string_view::npos;
}

std::string_view text_of(const Asset& asset) {
  return {reinterpret_cast<const char*>(asset.bytes.data()), asset.bytes.size()};
}

}  // namespace

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    fail(Exit::resource, "no memory to pack the page");
  }
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int status = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) fail("packing the page failed ({})", status);
  return packed;
}

Page::Page(std::span<const Asset> assets) {
  for (const Asset& asset : assets) {
    File file{&asset, ""};
    if (packs(asset.type) && asset.bytes.size() >= kWorthPacking)
      file.packed = gzip(text_of(asset));
    files_.emplace(std::string(asset.path), std::move(file));
  }
}

Reply Page::serve(const Request& request) const {
  auto found = files_.find(request.path);
  const bool below = request.path.starts_with("/assets/") || request.path.starts_with("/v1") ||
                     request.path.find("..") != std::string::npos;
  if (found == files_.end() && !below) found = files_.find("/index.html");
  if (found == files_.end()) refuse(404, "no such file");
  const auto& [asset, packed] = found->second;
  // Names in assets/ change with their content (assets.hpp).
  const bool hashed = asset->path.starts_with("/assets/");
  Reply reply;
  reply.headers = {{"ETag", std::string(asset->etag)},
                   {"Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache"},
                   {"Vary", "Accept-Encoding"}};
  if (request.header("if-none-match").find(asset->etag) != std::string::npos) {
    reply.status = 304;
    return reply;
  }
  reply.type = asset->type;
  if (!packed.empty() && request.header("accept-encoding").find("gzip") != std::string::npos) {
    reply.headers.emplace_back("Content-Encoding", "gzip");
    reply.body = packed;
  } else {
    reply.body = text_of(*asset);
  }
  return reply;
}

}  // namespace troodon::serve
