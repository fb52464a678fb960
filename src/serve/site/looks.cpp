#include "serve/site/looks.hpp"

namespace troodon::serve {

Looks::Looks(const collection::Settings& settings,
             const infer::EmbedOptions& embed,
             const BatcherOptions& batcher)
    : network_(search::network_of(settings, embed)),
      side_(static_cast<int>(network_.size() / network_.patch_size())),
      dim_(network_.item_shape().back()),
      batcher_([this](std::span<const image::Image> pictures) { return network_.embed(pictures); },
               batcher) {}

search::Seen Looks::of(const image::Image& picture, Clock::time_point deadline) {
  const std::vector<float> features = batcher_.embed(network_.prepare(picture), deadline);
  return search::seen_of(features, side_, side_, dim_);
}

std::shared_ptr<const search::Seen> Looks::of(const Upload& upload, Clock::time_point deadline) {
  if (auto kept = seen_.find(upload.ref)) return kept;
  search::Seen seen = of(upload.picture, deadline);
  const size_t bytes = (seen.tokens.size() + seen.vector.size()) * sizeof(float);
  return seen_.keep(upload.ref, std::move(seen), bytes);
}

}  // namespace troodon::serve
