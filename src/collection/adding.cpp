#include "collection/adding.hpp"

#include <chrono>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "collection/describing.hpp"
#include "collection/graph_file.hpp"
#include "collection/looking.hpp"
#include "frozen/cache.hpp"

namespace troodon::collection {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// Stores a group; pictures that can't be read are noted.
class Keeping {
 public:
  Keeping(const AddOptions& options, Store& store, Added& result, size_t total)
      : options_(options),
        store_(store),
        result_(result),
        total_(static_cast<int64_t>(total)),
        descriptions_(options.folder, options.table),
        progress_("pictures", total, options.progress) {}

  void operator()(std::vector<Looked> group) {
    std::vector<Record> records;
    std::vector<Unreadable> unreadable;
    for (Looked& looked : group) {
      Picture& picture = looked.record.picture;
      descriptions_.describe(picture);
      if (looked.reason.empty())
        records.push_back(std::move(looked.record));
      else
        unreadable.push_back({picture.path, picture.file, looked.reason});
    }
    if (!records.empty()) store_.put(records);
    if (!unreadable.empty()) store_.put_unreadable(unreadable);
    for (const Unreadable& file : unreadable) result_.bad_files[file.path] = file.reason;
    for (const Record& record : records) {
      if (options_.stored) options_.stored(record.picture.path);
    }
    result_.pictures += static_cast<int64_t>(records.size());
    done_ += static_cast<int64_t>(group.size());
    progress_.advance(group.size());
    if (options_.advanced) options_.advanced(done_, total_);
  }

 private:
  const AddOptions& options_;
  Store& store_;
  Added& result_;
  int64_t total_, done_ = 0;
  Descriptions descriptions_;
  Progress progress_;
};

/// Pictures that were there already get what the table says of them now.
int64_t describe_known(const AddOptions& options, Store& store) {
  constexpr int64_t kPage = 10'000;
  const Descriptions descriptions(options.folder, options.table);
  if (!descriptions.has_table()) return 0;
  int64_t described = 0;
  for (int64_t offset = 0;; offset += kPage) {
    const std::vector<Picture> page = store.list({}, offset, kPage);
    std::vector<Picture> changed;
    for (Picture picture : page) {
      const Picture before = picture;
      descriptions.describe(picture);
      if (picture.label != before.label || picture.columns != before.columns)
        changed.push_back(std::move(picture));
    }
    if (!changed.empty()) store.describe(changed);
    described += static_cast<int64_t>(changed.size());
    if (static_cast<int64_t>(page.size()) < kPage) return described;
  }
}

std::string where(const AddOptions& options) {
  return options.store.empty() ? options.folder : options.store;
}

/// Settings of the collection that is there; nullopt: none is.
std::optional<Settings> kept_settings(const AddOptions& options) {
  if (options.store.empty() && !fs::exists(collection_folder(options.folder) / "collection.db"))
    return std::nullopt;
  try {
    return open_store(where(options))->settings();
  } catch (const Error&) {
    if (options.store.empty()) throw;
    return std::nullopt;  // a database without this collection
  }
}

/// A third of the way up: tokens that still tell how a place looks.
int64_t early_block(int64_t depth) {
  return std::max<int64_t>(depth / 3 - 1, 0);
}

/// The last but one: it finds places as well as the last, of which then the class token is enough.
int64_t late_block(int64_t depth) {
  return std::max(depth - 2, early_block(depth));
}

/// What a new collection takes from its network.
void begin(const AddOptions& options, Settings& settings) {
  constexpr int64_t kFewestPatches = 20;  // along the short side: fewer see no parts
  const infer::Embedder network(options.model, options.embed);
  settings.early_block = early_block(network.depth());
  settings.late_block = late_block(network.depth());
  if (settings.size == 0)
    settings.size = std::max(network.size(), kFewestPatches * network.patch_size());
}

}  // namespace

infer::EmbedOptions wanted_embedding(const Settings& settings, infer::EmbedOptions base) {
  base.size = settings.size;
  base.output = infer::Output::cls;
  if (settings.token_side == 0) return base;
  base.output = infer::Output::blocks_and_cls;
  base.blocks = {settings.early_block};
  if (settings.late_block > settings.early_block) base.blocks.push_back(settings.late_block);
  return base;
}

Added add(const AddOptions& given) {
  AddOptions options = given;
  if (!fs::is_directory(options.folder)) fail(Exit::input, "{}: no such folder", options.folder);
  const auto kept = kept_settings(options);
  if (!kept && options.dry_run) return {.plan = plan_of(nullptr, options.folder)};
  if (kept && options.model.empty()) options.model = kept->model;
  if (options.model.empty()) options.model = "small";
  Settings settings{.folder = fs::canonical(options.folder).string(),
                    .model = fs::exists(options.model) ? fs::absolute(options.model).string()
                                                       : options.model.string(),
                    .model_key = frozen::model_key(infer::model_file(options.model)),
                    .size = options.embed.size > 0 ? options.embed.size
                            : kept                 ? kept->size
                                                   : 0,
                    .fit = kept           ? kept->fit
                           : options.crop ? "crop"
                                          : "whole",
                    .early_block = kept ? kept->early_block : 0,
                    .late_block = kept ? kept->late_block : 0,
                    .token_side = kept ? kept->token_side : options.regions};
  if (!kept) begin(options, settings);
  infer::Embedder embedder(options.model, wanted_embedding(settings, options.embed));
  settings.size = embedder.size();
  settings.dim = embedder.item_shape().back();
  settings.description = embedder.description();
  const auto store = make_store(where(options), settings);
  return add(options, *store, embedder);
}

Added add(const AddOptions& options, Store& store, infer::Embedder& embedder) {
  const Settings settings = store.settings();
  Added out{.plan = plan_of(&store, options.folder)};
  if (options.keep_missing) out.plan.vanished.clear();
  log_info("{}: {} pictures found, {} known, {} to look at, {} gone",
           options.folder,
           out.plan.found,
           out.plan.unchanged,
           out.plan.fresh.size(),
           out.plan.vanished.size());
  if (options.dry_run) return out;
  out.removed = store.remove(out.plan.vanished);
  out.described = describe_known(options, store);
  if (out.plan.fresh.empty()) return out;
  const auto start = SteadyClock::now();
  Keeping keeping(options, store, out, out.plan.fresh.size());
  look_at(options, settings, out.plan.fresh, embedder, [&](std::vector<Looked> group) {
    keeping(std::move(group));
  });
  out.seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
  const auto looked = static_cast<double>(out.pictures) + static_cast<double>(out.bad_files.size());
  out.images_per_second = looked / std::max(out.seconds, 1e-9);
  out.interrupted = looked < static_cast<double>(out.plan.fresh.size());
  if (!out.interrupted) update_graph(store, options.threads);
  return out;
}

}  // namespace troodon::collection
