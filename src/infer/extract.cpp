#include "infer/extract.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/place.hpp"
#include "base/tensor_file.hpp"
#include "data/images.hpp"
#include "data/loader.hpp"
#include "data/source.hpp"

namespace troodon::infer {
namespace {

using nlohmann::json;

/// Features of some consecutive pictures.
struct Rows {
  std::vector<float> values;
  std::vector<std::string> ids;
  std::vector<int64_t> labels;
  std::map<std::string, std::string> bad;
};

/// Pictures of one batch, decoded and prepared; none where the file cannot be read.
struct Decoded {
  std::vector<std::optional<image::Image>> pictures;
  std::vector<std::string> reasons;
};

fs::path beside(const fs::path& out, const char* suffix) {
  return fs::path(out.string() + suffix);
}

/// Of a file, or of the files of a folder in the order of their names.
uint32_t crc32_of_model(const fs::path& model) {
  if (!fs::is_directory(model)) return crc32_of_file(model);
  std::map<std::string, uint32_t> files;
  for (const auto& entry : fs::directory_iterator(model)) {
    if (entry.is_regular_file()) files[entry.path().filename().string()] = crc32_of_file(entry);
  }
  const std::string text = json(files).dump();
  return crc32(std::as_bytes(std::span(text)));
}

/// Everything the result depends on; parts of a job with another signature are useless.
std::string signature(const ExtractOptions& options, const data::Source& source) {
  uint32_t items = 0;
  for (const auto& item : source.items) {
    const std::string line = fmt::format("{}\t{}\n", item.id, item.label);
    items = crc32(std::as_bytes(std::span(line)), items);
  }
  return json{{"model_crc32", crc32_of_model(model_file(options.model))},
              {"items_crc32", items},
              {"items", source.items.size()},
              {"size", options.embed.size},
              {"fit", static_cast<int>(options.embed.fit)},
              {"output", static_cast<int>(options.embed.output)},
              {"layers", options.embed.layers},
              {"batch", options.batch},
              {"part", options.part},
              {"device", options.embed.device}}
      .dump();
}

/// Makes the folder of parts. Parts of the same job stay; those of another are refused.
void prepare_parts(const ExtractOptions& options, const fs::path& parts, const std::string& job) {
  if (options.overwrite) fs::remove(options.out);
  const fs::path record = parts / "job.json";
  if (fs::exists(record) && read_text(record) != job) {
    if (!options.overwrite) {
      fail(Exit::usage,
           "{}: parts of another job lie there (other model, pictures or settings); repeat that "
           "one, or write --overwrite",
           parts.string());
    }
    fs::remove_all(parts);
  }
  if (fs::exists(options.out)) {
    fail(Exit::usage, "{}: exists already; write --overwrite to replace it", options.out.string());
  }
  make_folders(parts);
  write_atomically(record, job);
}

void write_part(const fs::path& file, const Rows& rows, std::vector<int64_t> shape) {
  shape.insert(shape.begin(), static_cast<int64_t>(rows.ids.size()));
  const std::vector<TensorView> tensors = {
      {"features", DType::f32, shape, bytes_of(rows.values)},
      {"labels", DType::i64, {shape[0]}, bytes_of(rows.labels)}};
  write_safetensors(
      file, tensors, {{"ids", json(rows.ids).dump()}, {"bad", json(rows.bad).dump()}});
}

void append_part(const fs::path& file, Rows& all) {
  const TensorFile part(file);
  const auto values = part.at("features").as<float>();
  const auto labels = part.at("labels").as<int64_t>();
  all.values.insert(all.values.end(), values.begin(), values.end());
  all.labels.insert(all.labels.end(), labels.begin(), labels.end());
  for (const auto& id : json::parse(part.metadata().at("ids"))) all.ids.push_back(id);
  const json bad = json::parse(part.metadata().at("bad"));  // items() refers to it
  for (const auto& [path, reason] : bad.items()) all.bad[path] = reason;
}

/// The final file. Labels are left out where no picture has one.
void write_result(const fs::path& out,
                  const Rows& rows,
                  std::vector<int64_t> shape,
                  const std::vector<std::string>& classes) {
  shape.insert(shape.begin(), static_cast<int64_t>(rows.ids.size()));
  const bool labelled =
      std::any_of(rows.labels.begin(), rows.labels.end(), [](int64_t label) { return label >= 0; });
  const TensorView features{"features", DType::f32, shape, bytes_of(rows.values)};
  if (out.extension() == ".npy") {
    json sidecar = {{"ids", rows.ids}};
    if (labelled) sidecar["labels"] = rows.labels, sidecar["classes"] = classes;
    write_atomically(fs::path(out).replace_extension(".json"), sidecar.dump() + "\n");
    write_npy(out, features);
    return;
  }
  std::vector<TensorView> tensors = {features};
  if (labelled) tensors.push_back({"labels", DType::i64, {shape[0]}, bytes_of(rows.labels)});
  std::map<std::string, std::string> metadata = {{"ids", json(rows.ids).dump()}};
  if (labelled) metadata["classes"] = json(classes).dump();
  write_safetensors(out, tensors, metadata);
}

/// Batches of the parts that are still to be done, decoded ahead by threads.
class Work {
 public:
  Work(const ExtractOptions& options,
       const data::Source& source,
       const Embedder& embedder,
       std::vector<int64_t> parts)
      : options_(options),
        source_(source),
        embedder_(embedder),
        parts_(std::move(parts)),
        batches_((options.part + options.batch - 1) / options.batch) {
    data::LoaderOptions loading{
        .threads = options.threads, .ahead = 3, .slots = static_cast<size_t>(options.batch)};
    loading.end_batch = parts_.size() * static_cast<size_t>(batches_);
    loader_ = std::make_unique<data::Loader<Decoded>>(
        loading,
        [this](uint64_t number) {
          return Decoded{std::vector<std::optional<image::Image>>(count(number)),
                         std::vector<std::string>(count(number))};
        },
        [this](Decoded& batch, uint64_t number, size_t slot) { decode(batch, number, slot); });
  }

  int64_t batches_per_part() const { return batches_; }
  Decoded next() { return loader_->next(); }
  /// First picture of a batch.
  int64_t first(uint64_t number) const {
    const auto n = static_cast<int64_t>(number);
    return parts_[static_cast<size_t>(n / batches_)] * options_.part +
           n % batches_ * options_.batch;
  }

 private:
  size_t count(uint64_t number) const {
    const int64_t part_end = (parts_[number / static_cast<uint64_t>(batches_)] + 1) * options_.part;
    const int64_t end = std::min(
        {first(number) + options_.batch, part_end, static_cast<int64_t>(source_.items.size())});
    return static_cast<size_t>(std::max<int64_t>(end - first(number), 0));
  }
  void decode(Decoded& batch, uint64_t number, size_t slot) const {
    if (slot >= batch.pictures.size()) return;
    const data::Item& item = source_.items[static_cast<size_t>(first(number)) + slot];
    auto picture = data::read_picture(item);
    if (picture) {
      batch.pictures[slot] = embedder_.prepare(*picture);
    } else if (options_.strict) {
      fail(Exit::input, "{}", picture.reason());
    } else {
      batch.reasons[slot] = picture.reason();
    }
  }

  const ExtractOptions& options_;
  const data::Source& source_;
  const Embedder& embedder_;
  std::vector<int64_t> parts_;
  int64_t batches_;
  std::unique_ptr<data::Loader<Decoded>> loader_;  // last: its threads use the rest
};

void embed_batch(Embedder& embedder,
                 Decoded& batch,
                 std::span<const data::Item> items,
                 Rows& rows) {
  std::vector<image::Image> readable;
  for (size_t i = 0; i < batch.pictures.size(); ++i) {
    if (!batch.pictures[i]) {
      rows.bad[items[i].path] = batch.reasons[i];
      continue;
    }
    readable.push_back(*std::move(batch.pictures[i]));
    rows.ids.push_back(items[i].id);
    rows.labels.push_back(items[i].label);
  }
  const auto values = embedder.embed(readable);
  rows.values.insert(rows.values.end(), values.begin(), values.end());
}

fs::path part_file(const fs::path& folder, int64_t part) {
  return folder / fmt::format("part_{:06}.safetensors", part);
}

/// Does the parts that are missing; stops between batches when interrupted. Returns pictures done.
int64_t do_parts(const ExtractOptions& options,
                 const data::Source& source,
                 Embedder& embedder,
                 const std::vector<int64_t>& todo) {
  const fs::path folder = beside(options.out, ".parts");
  const auto total = static_cast<int64_t>(source.items.size());
  Work work(options, source, embedder, todo);
  Progress progress("features", source.items.size(), options.progress);
  int64_t open = 0, done = 0;
  for (const int64_t part : todo) open += std::min(options.part, total - part * options.part);
  progress.start_at(static_cast<size_t>(total - open));
  uint64_t number = 0;
  for (const int64_t part : todo) {
    Rows rows;
    for (int64_t b = 0; b < work.batches_per_part(); ++b, ++number) {
      if (interrupted()) return done;
      Decoded batch = work.next();
      const auto items = std::span(source.items)
                             .subspan(static_cast<size_t>(std::min(work.first(number), total)),
                                      batch.pictures.size());
      embed_batch(embedder, batch, items, rows);
      progress.advance(items.size());
      done += static_cast<int64_t>(items.size());
    }
    write_part(part_file(folder, part), rows, embedder.item_shape());
  }
  return done;
}

}  // namespace

ExtractResult extract(const ExtractOptions& options) {
  if (options.out.extension() != ".safetensors" && options.out.extension() != ".npy") {
    fail(Exit::usage, "{}: features are kept as .safetensors or .npy", options.out.string());
  }
  data::Source source = data::open_source(options.input);
  if (options.limit > 0 && static_cast<size_t>(options.limit) < source.items.size())
    source.items.resize(static_cast<size_t>(options.limit));
  log_info("{}", source.description);
  const fs::path folder = beside(options.out, ".parts");
  prepare_parts(options, folder, signature(options, source));
  Embedder embedder(options.model, options.embed);
  log_info("{}, {} px", embedder.description(), embedder.size());
  const int64_t parts =
      (static_cast<int64_t>(source.items.size()) + options.part - 1) / options.part;
  std::vector<int64_t> todo;
  for (int64_t part = 0; part < parts; ++part) {
    if (!fs::exists(part_file(folder, part))) todo.push_back(part);
  }

  ExtractResult result{.item_shape = embedder.item_shape()};
  result.resumed = std::min((parts - static_cast<int64_t>(todo.size())) * options.part,
                            static_cast<int64_t>(source.items.size()));
  const auto start = std::chrono::steady_clock::now();
  const int64_t done = todo.empty() ? 0 : do_parts(options, source, embedder, todo);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.images_per_second = static_cast<double>(done) / std::max(result.seconds, 1e-9);
  result.interrupted = interrupted();
  if (result.interrupted) return result;

  Rows all;
  for (int64_t part = 0; part < parts; ++part) append_part(part_file(folder, part), all);
  if (all.ids.empty())
    fail(Exit::input,
         "{}: no picture could be read; the first: {}",
         options.input,
         all.bad.begin()->second);
  write_result(options.out, all, embedder.item_shape(), source.classes);
  result.rows = static_cast<int64_t>(all.ids.size());
  result.bad_files = all.bad;
  std::string failed;
  for (const auto& [path, reason] : all.bad) failed += path + "\t" + reason + "\n";
  if (!failed.empty()) write_atomically(beside(options.out, ".failed.txt"), failed);
  fs::remove_all(folder);
  return result;
}

}  // namespace troodon::infer
