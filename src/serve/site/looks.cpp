#include "serve/site/looks.hpp"

namespace troodon::serve {

Looks::Looks(const collection::Settings& settings,
             const infer::EmbedOptions& embed,
             const BatcherOptions& batcher)
    : settings_(settings),
      network_(search::network_of(settings, embed)),
      patch_(static_cast<int>(network_.patch_size())),
      batcher_(
          [this](std::span<const image::Image> pictures) { return network_.embed_each(pictures); },
          batcher) {}

search::Seen Looks::look(image::Image view, Clock::time_point deadline) {
  const int rows = view.height / patch_, columns = view.width / patch_;
  return collection::look_of(batcher_.embed(std::move(view), deadline), rows, columns, settings_);
}

search::Seen Looks::of(const image::Image& picture, Clock::time_point deadline) {
  return look(search::prepared(picture, settings_, patch_), deadline);
}

std::vector<search::Region> Looks::region(const image::Image& picture,
                                          const search::Share& part,
                                          Clock::time_point deadline) {
  std::vector<image::Image> views = search::region_views(picture, part, settings_, patch_);
  const search::Grids grids = search::grids_of(views, patch_);
  return search::regions_of(batcher_.embed_all(std::move(views), deadline), grids, part, settings_);
}

std::shared_ptr<const search::Seen> Looks::of(const Upload& upload, Clock::time_point deadline) {
  if (auto kept = seen_.find(upload.ref)) return kept;
  search::Seen seen = of(upload.picture, deadline);
  const size_t bytes = (seen.tokens.size() + seen.vector.size()) * sizeof(float);
  return seen_.keep(upload.ref, std::move(seen), bytes);
}

}  // namespace troodon::serve
