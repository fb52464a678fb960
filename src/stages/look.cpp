#include "stages/look.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "data/images.hpp"
#include "stages/looks.hpp"

namespace troodon::stages {
namespace {

constexpr size_t kPiece = 256;  // pictures

Look look_at(const data::Item& item, bool fingerprints) {
  const auto stored = data::read_stored(item);
  if (!stored) return {.reason = stored.reason()};
  return stages::look_at(*stored, image::decode(*stored), fingerprints);
}

template <class T, class Get>
Column measured(const char* name,
                const std::vector<Look>& looks,
                const std::vector<int64_t>& items,
                const Get& get) {
  std::vector<T> values;
  for (const int64_t item : items)
    values.push_back(static_cast<T>(get(looks[static_cast<size_t>(item)])));
  return {name, std::move(values)};
}

Manifest manifest_of(const Pool& pool,
                     const std::vector<Look>& looks,
                     const std::vector<int64_t>& items) {
  using Quality = fingerprint::Quality;
  Manifest out{columns_of(pool, items)};
  const auto whole = [&](const char* name, const auto& get) {
    out.columns.push_back(measured<int64_t>(name, looks, items, get));
  };
  whole("width", [](const Look& look) { return look.quality.width; });
  whole("height", [](const Look& look) { return look.quality.height; });
  whole("bytes", [](const Look& look) { return look.content.bytes; });
  for (const auto& [name, member] : {std::pair{"brightness", &Quality::brightness},
                                     {"contrast", &Quality::contrast},
                                     {"sharpness", &Quality::sharpness},
                                     {"noise", &Quality::noise},
                                     {"text", &Quality::text}}) {
    out.columns.push_back(measured<double>(
        name, looks, items, [member = member](const Look& look) { return look.quality.*member; }));
  }
  return out;
}

}  // namespace

Look look_at(std::span<const std::byte> stored,
             const Result<image::Image>& picture,
             bool fingerprints) {
  if (!picture) return {.reason = picture.reason()};
  Look out{.content = data::content_hash(stored)};
  const fingerprint::Grey grey = fingerprint::reduced(*picture);
  out.quality = fingerprint::quality_of(grey, picture->width, picture->height);
  if (fingerprints) out.print = fingerprint::fingerprint_of(grey);
  return out;
}

std::vector<Look> look_at(const data::Source& source,
                          const LookOptions& options,
                          const Work& work) {
  std::vector<Look> out(source.items.size());
  const auto count = [&](size_t piece) {
    return std::min(kPiece, source.items.size() - piece * kPiece);
  };
  work.pieces(
      {.name = options.step,
       .count = (source.items.size() + kPiece - 1) / kPiece,
       .items = source.items.size(),
       .label = "pictures"},
      [&](size_t piece) {
        std::vector<std::string> looks(count(piece));
        parallel_for(
            looks.size(),
            [&](size_t i) {
              if (interrupted()) return;
              looks[i] = bytes_of(look_at(source.items[piece * kPiece + i], options.fingerprints));
            },
            options.threads);
        work.check_interrupt();
        ByteWriter bytes;
        for (const std::string& look : looks) bytes.put(look);
        return bytes.take();
      },
      [&](size_t piece, std::string_view bytes) {
        ByteReader in(bytes);
        std::string look;
        for (size_t i = 0; i < count(piece); ++i)
          in.get(look), out[piece * kPiece + i] = look_of(look);
      });
  return out;
}

Sifted sift(const SiftOptions& options) {
  for (const fs::path& file : {options.out, options.removed}) check_manifest_name(file);
  const Running& running = options.running;
  const Work work = begin_work(options.out,
                               fmt::format("sift {}", options.pictures),
                               {options.pictures, options.only},
                               running);
  const auto [pool, looks] = look_at_pool(
      options.pictures, options.only, {.fingerprints = false, .threads = running.threads}, work);
  Sifted out{.pool = static_cast<int64_t>(looks.size())};
  std::vector<int64_t> kept, removed;
  std::vector<std::string> reasons;
  for (size_t i = 0; i < looks.size(); ++i) {
    std::string reason = looks[i].reason;
    if (reason.empty()) {
      reason = fingerprint::name_of(fingerprint::junk_of(looks[i].quality, options.limits));
      if (!reason.empty()) ++out.junk[reason];
    } else {
      ++out.broken;
    }
    if (!reason.empty()) reasons.push_back(reason);
    (reason.empty() ? kept : removed).push_back(static_cast<int64_t>(i));
  }
  out.kept = static_cast<int64_t>(kept.size());
  if (running.first()) {
    Manifest gone = manifest_of(pool, looks, removed);
    gone.columns.insert(gone.columns.begin() + 1, {"reason", std::move(reasons)});
    write_manifest(options.removed, gone);
    write_manifest(options.out, manifest_of(pool, looks, kept));
  }
  work.finish();
  return out;
}

}  // namespace troodon::stages
