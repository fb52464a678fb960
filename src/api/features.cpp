#include "troodon/features.hpp"

#include "api/call.hpp"
#include "api/embed_options.hpp"
#include "index/features.hpp"
#include "infer/extract.hpp"
#include "kernels/backend.hpp"

namespace troodon {

FeaturesResult extract_features(const FeaturesOptions& options) {
  return api::call([&] {
    kernels::use_threads(options.embed.threads);
    infer::ExtractResult done =
        infer::extract({.embed = api::embed_options(options.embed),
                        .resize = static_cast<infer::Resize>(options.embed.fit),
                        .model = options.model,
                        .input = options.input,
                        .out = options.out,
                        .batch = options.batch,
                        .part = options.part,
                        .limit = options.limit,
                        .threads = static_cast<size_t>(options.embed.threads),
                        .strict = options.strict,
                        .overwrite = options.overwrite,
                        .progress = api::speak(options.progress)});
    return FeaturesResult{.rows = done.rows,
                          .item_shape = std::move(done.item_shape),
                          .resumed = done.resumed,
                          .seconds = done.seconds,
                          .images_per_second = done.images_per_second,
                          .bad_files = std::move(done.bad_files),
                          .interrupted = done.interrupted};
  });
}

Features read_features(const fs::path& file) {
  return api::call([&] {
    index::Features f = index::read_features(file);
    return Features{f.rows,
                    f.dim,
                    std::move(f.values),
                    std::move(f.ids),
                    std::move(f.labels),
                    std::move(f.classes)};
  });
}

void write_features(const fs::path& file, const Features& f) {
  api::call(
      [&] { index::write_features(file, {f.rows, f.dim, f.values, f.ids, f.labels, f.classes}); });
}

}  // namespace troodon
