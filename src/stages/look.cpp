#include "stages/look.hpp"

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "data/images.hpp"
#include "stages/pool.hpp"

namespace troodon::stages {
namespace {

Look look_at(const data::Item& item, bool fingerprints) {
  Look out;
  const auto stored = data::read_stored(item);
  if (!stored) {
    out.reason = stored.reason();
    return out;
  }
  out.content = data::content_hash(*stored);
  const auto picture = image::decode(*stored);
  if (!picture) {
    out.reason = picture.reason();
    return out;
  }
  const fingerprint::Grey grey = fingerprint::reduced(*picture);
  out.quality = fingerprint::quality_of(grey, picture->width, picture->height);
  if (fingerprints) out.print = fingerprint::fingerprint_of(grey);
  return out;
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

std::vector<Look> look_at(const data::Source& source, const LookOptions& options) {
  std::vector<Look> out(source.items.size());
  Progress progress("pictures", source.items.size(), options.progress);
  parallel_for(
      source.items.size(),
      [&](size_t i) {
        if (interrupted()) return;
        out[i] = look_at(source.items[i], options.fingerprints);
        progress.advance();
      },
      options.threads);
  if (interrupted()) throw Error("stopped; nothing was written");
  return out;
}

Sifted sift(const SiftOptions& options) {
  for (const fs::path& file : {options.out, options.removed}) check_manifest_name(file);
  const data::Source source = data::open_source(options.pictures);
  const auto looks = look_at(
      source, {.fingerprints = false, .threads = options.threads, .progress = options.progress});
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
  const Pool pool = pool_of(source);
  Manifest gone = manifest_of(pool, looks, removed);
  gone.columns.insert(gone.columns.begin() + 1, {"reason", std::move(reasons)});
  write_manifest(options.removed, gone);
  write_manifest(options.out, manifest_of(pool, looks, kept));
  return out;
}

}  // namespace troodon::stages
