#include "serve/site/site.hpp"

#include "base/parallel.hpp"

namespace troodon::serve {
namespace {

collection::AddOptions adding(const SiteOptions& options) {
  return {.folder = options.folder,
          .store = options.store,
          .model = options.model,
          .embed = options.embed,
          .threads = options.embed.threads,
          .progress = ProgressStyle::none};
}

/// The collection of the folder; an empty one where there was none.
std::shared_ptr<collection::Store> collection_of(const SiteOptions& options) {
  collection::AddOptions making = adding(options);
  making.stop = [] { return true; };  // pictures are looked at while the server answers
  (void)collection::add(making);
  return collection::open_store(options.store.empty() ? options.folder : options.store);
}

int decoders_of(const SiteOptions& options) {
  const size_t threads = options.embed.threads == 0 ? core_count() : options.embed.threads;
  return static_cast<int>(std::min<size_t>(64, threads + 1));
}

void watch(Site& site) {
  const auto gauge = [&](const char* name, const char* help, std::function<double()> value) {
    site.metrics.watch(name, "gauge", help, std::move(value));
  };
  const auto counter = [&](const char* name, const char* help, std::function<double()> value) {
    site.metrics.watch(name, "counter", help, std::move(value));
  };
  counter("troodon_batches_total", "Batches that the network saw.", [&site] {
    return static_cast<double>(site.looks.statistics().batches);
  });
  counter("troodon_batch_pictures_total", "Pictures in them.", [&site] {
    return static_cast<double>(site.looks.statistics().pictures);
  });
  counter(
      "troodon_batch_refused_total", "Pictures refused: the queue was full, or too late.", [&site] {
        const BatcherStatistics statistics = site.looks.statistics();
        return static_cast<double>(statistics.refused + statistics.late);
      });
  gauge("troodon_batch_queue", "Pictures that wait for the network.", [&site] {
    return static_cast<double>(site.looks.statistics().waiting);
  });
  gauge("troodon_uploads", "Uploads kept.", [&site] {
    return static_cast<double>(site.uploads.count());
  });
  gauge("troodon_upload_bytes", "Memory of their pixels.", [&site] {
    return static_cast<double>(site.uploads.bytes());
  });
  gauge("troodon_thumbnail_bytes", "Memory of smaller copies.", [&site] {
    return static_cast<double>(site.pictures.kept_bytes());
  });
  gauge("troodon_pictures", "Pictures that can be found.", [&site] {
    return static_cast<double>(site.indexing.state().pictures);
  });
}

}  // namespace

Site::Site(const SiteOptions& given)
    : options(given),
      page(web_assets()),
      store(collection_of(options)),
      settings(store->settings()),
      decoders({.max_pixels = options.max_pixels, .count = decoders_of(options)}),
      uploads(decoders, {.count = options.uploads}),
      pictures(store, settings.folder, decoders, uploads),
      looks(settings, options.embed, {.batch = options.batching ? 16 : 1}),
      searcher(store, {.threads = options.embed.threads}),
      sights(settings.model, options.embed.device, options.embed.threads, pictures),
      depths({.model = settings.model,
              .head = options.depth_head,
              .predictor = {.device = options.embed.device, .threads = options.embed.threads}},
             pictures),
      explorer(searcher, options.embed.threads),
      indexing(adding(options), store, searcher) {
  searcher.refresh();
  watch(*this);
  if (options.look) indexing.ask();
}

}  // namespace troodon::serve
