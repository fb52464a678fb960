#include "run/embed.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include "base/parallel.hpp"
#include "data/images.hpp"
#include "image/colour.hpp"
#include "image/resize.hpp"

namespace troodon::run {
namespace {

/// Calls `take` with batches of crops in the order of the source; unreadable pictures are left out.
void for_each_batch(const data::Source& source,
                    const EmbedSettings& settings,
                    index::Features& out,
                    const std::function<void(std::span<const image::Image>)>& take) {
  out.classes = source.classes;
  const auto batch = static_cast<size_t>(settings.batch);
  for (size_t from = 0; from < source.items.size(); from += batch) {
    const size_t count = std::min(batch, source.items.size() - from);
    std::vector<std::optional<image::Image>> crops(count);
    parallel_for(
        count,
        [&](size_t i) {
          if (auto picture = data::read_picture(source.items[from + i]))
            crops[i] = image::evaluation_crop(*picture, static_cast<int>(settings.image_size));
        },
        settings.threads);
    std::vector<image::Image> readable;
    for (size_t i = 0; i < count; ++i) {
      if (!crops[i]) continue;
      readable.push_back(*std::move(crops[i]));
      out.ids.push_back(source.items[from + i].id);
      out.labels.push_back(source.items[from + i].label);
    }
    if (!readable.empty()) take(readable);
    out.rows += static_cast<int64_t>(readable.size());
  }
}

}  // namespace

torch::Tensor to_batch(std::span<const image::Image> pictures) {
  TORCH_CHECK(!pictures.empty(), "to_batch: wants at least one picture");
  const int64_t height = pictures[0].height, width = pictures[0].width;
  torch::Tensor out = torch::empty({static_cast<int64_t>(pictures.size()), 3, height, width});
  for (size_t i = 0; i < pictures.size(); ++i) {
    image::normalize_to(pictures[i],
                        out.data_ptr<float>() + static_cast<int64_t>(i) * 3 * height * width);
  }
  return out;
}

index::Features embed(model::VisionTransformer& backbone,
                      const data::Source& source,
                      const EmbedSettings& settings) {
  const torch::InferenceMode guard;
  const bool training = backbone->is_training();
  backbone->eval();
  const torch::Device device = backbone->parameters().front().device();
  index::Features out;
  out.dim = backbone->config().embed_dim;
  for_each_batch(source, settings, out, [&](std::span<const image::Image> crops) {
    const torch::Tensor cls =
        backbone->forward(to_batch(crops).to(device)).to(torch::kFloat).cpu().contiguous();
    out.values.insert(out.values.end(), cls.data_ptr<float>(), cls.data_ptr<float>() + cls.numel());
  });
  backbone->train(training);
  return out;
}

index::Features raw_pixels(const data::Source& source, const EmbedSettings& settings) {
  index::Features out;
  for_each_batch(source, settings, out, [&](std::span<const image::Image> crops) {
    for (const image::Image& crop : crops) {
      const image::Image small = crop.width > 32 ? image::resize(crop, 32, 32) : crop;
      out.dim = static_cast<int64_t>(small.pixels.size());
      // Centred on mid-grey: the cosine of raw bytes would see brightness alone.
      for (const uint8_t value : small.pixels)
        out.values.push_back(static_cast<float>(value) - 127.5F);
    }
  });
  return out;
}

}  // namespace troodon::run
