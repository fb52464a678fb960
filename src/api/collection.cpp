#ifdef TROODON_HAVE_COLLECTIONS

#include "troodon/collection.hpp"

#include <mutex>

#include "api/call.hpp"
#include "api/pictures.hpp"
#include "collection/adding.hpp"
#include "kernels/backend.hpp"
#include "search/asking.hpp"
#include "troodon/interrupt.hpp"

namespace troodon {
namespace {

KnownPicture known_of(collection::Picture picture) {
  return {std::move(picture.path),
          std::move(picture.label),
          picture.width,
          picture.height,
          std::move(picture.columns)};
}

collection::AddOptions room_options(const fs::path& folder, const CollectionOptions& options) {
  return {.folder = folder.string(),
          .store = options.store,
          .embed = {.device = options.device,
                    .backend = static_cast<infer::Backend>(options.backend),
                    .threads = static_cast<size_t>(options.threads)},
          .threads = static_cast<size_t>(options.threads),
          .progress = ProgressStyle::none};
}

std::unique_ptr<collection::Store> open(const fs::path& folder, const CollectionOptions& options) {
  return collection::open_store(options.store.empty() ? folder.string() : options.store);
}

/// The collection of the folder; an empty one where there was none.
std::unique_ptr<collection::Store> open_or_make(const fs::path& folder,
                                                const CollectionOptions& options) {
  try {
    return open(folder, options);
  } catch (const Error&) {
    // None is there; where it is but can't be opened, making it fails for the same reason.
  }
  collection::AddOptions making = room_options(folder, options);
  making.model = options.model;
  making.embed.size = options.size;
  making.crop = options.crop;
  making.regions = options.regions;
  making.stop = [] { return true; };  // before the first picture
  (void)collection::add(making);
  return open(folder, options);
}

}  // namespace

struct Collection::Body {
  fs::path folder;
  CollectionOptions options;
  std::shared_ptr<collection::Store> store;
  collection::Settings settings;
  search::Searcher searcher;
  std::mutex adding, looking;
  std::optional<infer::Embedder> network;  // opened by the first search; not reentrant

  Body(const fs::path& where, const CollectionOptions& given)
      : folder(where),
        options(given),
        store(open_or_make(folder, options)),
        settings(store->settings()),
        searcher(store, {.threads = static_cast<size_t>(options.threads)}) {}

  /// A path of the collection means the file below its folder.
  image::Image pixels_of(const Picture& picture) const {
    if (const auto* path = std::get_if<fs::path>(&picture)) {
      const fs::path inside = fs::path(settings.folder) / *path;
      if (!fs::exists(*path) && fs::exists(inside)) return api::open(inside);
    }
    return api::open(picture);
  }

  std::vector<image::Image> pixels_of(const std::vector<Picture>& pictures) const {
    std::vector<image::Image> out;
    for (const Picture& picture : pictures) out.push_back(pixels_of(picture));
    return out;
  }

  infer::Embedder& opened() {
    if (!network) {
      infer::EmbedOptions embed = room_options(folder, options).embed;
      embed.single = true;
      network.emplace(search::network_of(settings, embed));
    }
    return *network;
  }

  search::Question question_of(const SearchQuery& query) {
    const auto like = pixels_of(query.like), unlike = pixels_of(query.unlike);
    const std::lock_guard lock(looking);
    kernels::use_threads(options.threads);  // counts for the calling thread alone
    search::Question out;
    for (const auto& picture : like)
      out.plus.push_back(search::look(opened(), picture, settings).vector);
    for (const auto& picture : unlike)
      out.minus.push_back(search::look(opened(), picture, settings).vector);
    if (query.region) {
      const auto part =
          search::share_of(api::room_box(*query.region), like[0].width, like[0].height);
      out.region = search::look_at_region(opened(), like[0], part, settings);
    }
    return out;
  }

  SearchHit told(const search::Found& found) const {
    SearchHit out{.picture = known_of(found.picture), .score = found.score, .word = found.word};
    if (found.place) {
      const auto box = search::box_of(*found.place, out.picture.width, out.picture.height);
      out.box = Box{.x = box.left, .y = box.top, .width = box.width, .height = box.height};
    }
    for (const auto& copy : store->pictures(found.copies)) out.copies.push_back(copy.path);
    return out;
  }
};

Collection::Collection(const fs::path& folder, const CollectionOptions& options) {
  body_ = api::call([&] {
    api::speak(false);
    kernels::use_threads(options.threads);
    return std::make_unique<Body>(folder, options);
  });
}
Collection::~Collection() = default;
Collection::Collection(Collection&&) noexcept = default;
Collection& Collection::operator=(Collection&&) noexcept = default;

AddResult Collection::add(const AddOptions& options) {
  return api::call([&] {
    const std::lock_guard lock(body_->adding);
    kernels::use_threads(body_->options.threads);
    collection::AddOptions adding = room_options(body_->folder, body_->options);
    adding.table = options.table;
    adding.batch = options.batch;
    adding.keep_missing = options.keep_missing;
    adding.strict = options.strict;
    adding.advanced = options.advanced;
    adding.progress = api::speak(options.progress);
    collection::Added done = collection::add(adding);
    body_->searcher.refresh();
    return AddResult{.found = done.plan.found,
                     .unchanged = done.plan.unchanged,
                     .added = done.pictures,
                     .removed = done.removed,
                     .bad_files = std::move(done.bad_files),
                     .seconds = done.seconds,
                     .images_per_second = done.images_per_second,
                     .interrupted = done.interrupted};
  });
}

int64_t Collection::remove(const std::vector<std::string>& paths) {
  return api::call([&] {
    const int64_t removed = body_->store->remove(paths);
    body_->searcher.refresh();
    return removed;
  });
}

void Collection::refresh() {
  api::call([&] { body_->searcher.refresh(); });
}

std::vector<SearchHit> Collection::search(const SearchQuery& query, const SearchOptions& options) {
  return api::call([&] {
    if (query.like.empty())
      fail(Exit::usage, "a search needs a picture that is wanted: SearchQuery::like");
    if (interrupted()) fail(Exit::interrupted, "stopped before a search");
    if (options.k < 1) fail(Exit::usage, "SearchOptions::k is {}; ask for 1 or more", options.k);
    const search::Options asked{.k = options.k,
                                .filter = collection::parse_filter(options.filter),
                                .diversity = options.diversity,
                                .collapse = options.collapse};
    std::vector<SearchHit> out;
    for (const auto& found : body_->searcher.ask(body_->question_of(query), asked).hits)
      out.push_back(body_->told(found));
    return out;
  });
}

int64_t Collection::count(const std::string& filter) const {
  return api::call([&] { return body_->store->count(collection::parse_filter(filter)); });
}

std::vector<KnownPicture> Collection::list(const std::string& filter,
                                           int64_t offset,
                                           int64_t limit) const {
  return api::call([&] {
    std::vector<KnownPicture> out;
    for (auto& picture : body_->store->list(collection::parse_filter(filter), offset, limit))
      out.push_back(known_of(std::move(picture)));
    return out;
  });
}

std::string Collection::description() const {
  return body_->settings.description;
}

}  // namespace troodon

#endif
