#include "infer/settings.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/place.hpp"

namespace troodon::infer {
namespace {

constexpr size_t kPartBytes = 64 << 20;
constexpr int64_t kPartPictures = 512;
constexpr size_t kShardBytes = 1 << 30;

const char* name_of(Output output) {
  constexpr std::array<const char*, 6> kNames = {
      "cls", "pooled", "patches", "layers", "probe", "blocks"};
  return kNames[static_cast<size_t>(output)];
}
const char* name_of(Resize resize) {
  constexpr std::array<const char*, 5> kNames = {"crop", "pad", "stretch", "fit", "tile"};
  return kNames[static_cast<size_t>(resize)];
}

/// Bytes of a row; of a ragged one for a square picture.
size_t row_bytes(const Pipeline& pipeline) {
  const auto side =
      static_cast<size_t>(pipeline.reading.geometry.size / pipeline.reading.geometry.patch);
  return pipeline.layout.item_bytes() * (pipeline.layout.ragged ? side * side : 1);
}

/// Whole batches that fit into kPartBytes.
int64_t part_pictures(const ExtractOptions& options, size_t bytes) {
  if (options.part > 0) return options.part;
  const auto fitting = static_cast<int64_t>(std::max<size_t>(kPartBytes / bytes, 1));
  const int64_t pictures = std::min(kPartPictures, fitting);
  return pictures > options.batch ? pictures / options.batch * options.batch : pictures;
}

store::Layout layout_of(const ExtractOptions& options,
                        const Embedder& embedder,
                        const Geometry& geometry) {
  store::Layout out{.dtype = options.half ? DType::f16 : DType::f32, .item = embedder.item_shape()};
  out.ragged = options.embed.output == Output::patches && !geometry.uniform();
  if (out.ragged) out.item.erase(out.item.begin());
  return out;
}

}  // namespace

void check_options(const ExtractOptions& options) {
  const auto& scales = options.scales;
  if (scales.empty() || std::ranges::any_of(scales, [](double s) { return !(s > 0 && s <= 16); }))
    fail(Exit::usage, "scales are numbers above 0, up to 16, such as 0.5,1,2");
  if (scales.size() > 1 && options.embed.output != Output::cls &&
      options.embed.output != Output::pooled)
    fail(Exit::usage, "several scales have a mean for --output cls and pooled only");
  if (options.resize == Resize::tile && scales != std::vector<double>{1})
    fail(Exit::usage, "--resize tile looks at the picture's own resolution; leave --scales out");
  if (options.resize == Resize::tile && options.scaled_decoding)
    fail(Exit::usage,
         "--resize tile looks at the picture's own resolution; leave --scaled-decoding out");
  if (options.embed.output == Output::blocks && options.resize > Resize::stretch)
    fail(Exit::usage, "blocks are kept of pictures of one shape: --resize crop, pad or stretch");
  if (options.overwrite && options.update)
    fail(Exit::usage, "--overwrite starts anew, --update keeps what is still right; choose one");
}

Pipeline pipeline_of(const ExtractOptions& options, const Embedder& embedder) {
  Pipeline out{.batch = options.batch, .output = options.embed.output};
  Geometry& geometry = out.reading.geometry;
  geometry = {.resize = options.resize,
              .size = static_cast<int>(embedder.size()),
              .patch = static_cast<int>(embedder.patch_size()),
              .scales = options.scales};
  // One scale is no mean of several: the size itself changes, and with it the number of tokens.
  if (geometry.scales.size() == 1 && geometry.scales[0] != 1)
    fail(Exit::usage, "one scale is a size: write --size instead of --scales");
  out.layout = layout_of(options, embedder, geometry);
  out.reading.part = part_pictures(options, row_bytes(out));
  // Pictures of many shapes need company of their own shape; large ones are read one by one.
  out.reading.window = options.resize == Resize::tile ? 1
                       : options.resize == Resize::fit
                           ? std::min(8 * options.batch, out.reading.part)
                           : options.batch;
  out.reading.threads = options.threads;
  if (options.scaled_decoding) out.reading.decode.min_side = geometry.decode_side();
  out.reading.decode.max_pixels = options.max_pixels;
  out.reading.strict = options.strict;
  out.reading.observer = options.observer;
  return out;
}

store::Destination destination_of(const ExtractOptions& options, const Pipeline& pipeline) {
  store::Destination to = store::destination_of(options.out, options.format);
  if (options.shard_rows > 0 && !to.folder) {
    fail(Exit::usage,
         "{}: shards need a folder; end the name of --out with '/'",
         options.out.string());
  }
  to.shard_rows =
      options.shard_rows > 0
          ? options.shard_rows
          : static_cast<int64_t>(std::max<size_t>(kShardBytes / row_bytes(pipeline), 1));
  return to;
}

std::string model_hash(const fs::path& model) {
  std::vector<fs::path> files;
  if (fs::is_directory(model)) {
    for (const auto& entry : fs::directory_iterator(model)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::ranges::sort(files);
  } else {
    files.push_back(model);
  }
  uint64_t hash = 0;
  for (const auto& file : files) {
    const MappedFile mapped(file);
    for (auto left = mapped.bytes(); !left.empty();) {  // a large model is not in memory once more
      const auto part = left.first(std::min(left.size(), size_t{16} << 20));
      hash = xxh64(part, hash);
      release_pages(part);
      left = left.subspan(part.size());
    }
  }
  return store::hash_text(static_cast<int64_t>(hash));
}

std::string settings_of(const ExtractOptions& options,
                        const Embedder& embedder,
                        const Geometry& geometry) {
  const auto provenance = embedder.provenance();
  const std::string backend = provenance.at("backend");
  nlohmann::ordered_json out = {{"model", model_hash(model_file(options.model))},
                                {"backend", backend.substr(0, backend.find(' '))},
                                {"precision", provenance.at("precision")},
                                {"size", geometry.size},
                                {"resize", name_of(geometry.resize)},
                                {"scales", geometry.scales},
                                {"output", name_of(options.embed.output)}};
  const Output output = options.embed.output;
  if (output == Output::layers || output == Output::probe) out["layers"] = options.embed.layers;
  if (output == Output::blocks) out["norm"] = options.embed.norm;
  if (output == Output::blocks && options.embed.blocks.empty())
    out["layers"] = options.embed.layers;
  else if (output == Output::blocks)
    out["blocks"] = options.embed.blocks;
  if (options.scaled_decoding) out["scaled_decoding"] = true;
  if (options.half) out["half"] = true;
  return out.dump();
}

std::string signature_of(const std::string& settings,
                         const ExtractOptions& options,
                         const Pipeline& pipeline,
                         const data::Source& source) {
  uint64_t items = 0;
  for (const auto& item : source.items) {
    const std::string line = fmt::format("{}\t{}\t{}\n", item.path, item.id, item.label);
    items = xxh64(std::as_bytes(std::span(line)), items);
  }
  return nlohmann::ordered_json{{"settings", settings},
                                {"items_hash", store::hash_text(static_cast<int64_t>(items))},
                                {"items", source.items.size()},
                                {"batch", pipeline.batch},
                                {"window", pipeline.reading.window},
                                {"part", pipeline.reading.part},
                                {"max_pixels", options.max_pixels},
                                {"device", options.embed.device}}
      .dump();
}

}  // namespace troodon::infer
