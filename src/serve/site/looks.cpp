#include "serve/site/looks.hpp"

namespace troodon::serve {

Looks::Looks(const collection::Settings& settings,
             const infer::EmbedOptions& embed,
             const BatcherOptions& batcher)
    : settings_(settings),
      network_(search::network_of(settings, embed)),
      patch_(static_cast<int>(network_.patch_size())),
      batcher_([this](std::span<const image::Image> pictures) { return network_.embed(pictures); },
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
  std::vector<search::Region> out;
  for (image::Image& view : search::region_views(picture, part, settings_, patch_)) {
    const search::Seen seen = look(std::move(view), deadline);
    out.push_back(search::region_of(
        seen.tokens, seen.rows, seen.columns, static_cast<int>(settings_.token_dim()), part));
  }
  return out;
}

std::shared_ptr<const search::Seen> Looks::of(const Upload& upload, Clock::time_point deadline) {
  if (auto kept = seen_.find(upload.ref)) return kept;
  search::Seen seen = of(upload.picture, deadline);
  const size_t bytes = (seen.tokens.size() + seen.vector.size()) * sizeof(float);
  return seen_.keep(upload.ref, std::move(seen), bytes);
}

}  // namespace troodon::serve
