#include "serve/site/sights.hpp"

#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

frozen::DenseOptions looking(const fs::path& model, const std::string& device, size_t threads) {
  frozen::DenseOptions options = annotate::looking_options(model);
  options.device = device;
  options.threads = threads;
  options.progress = ProgressStyle::none;
  return options;
}

size_t bytes_of(const annotate::Sight& sight) {
  return sight.picture.pixels.size() + sight.small.pixels.size() * 3 +
         (sight.tokens.values.size() + sight.feature.size()) * sizeof(float) +
         sight.borders.size() * sizeof(annotate::Border);
}

}  // namespace

Sights::Sights(const fs::path& model, const std::string& device, size_t threads, Pictures& pictures)
    : pictures_(pictures), features_(looking(model, device, threads)) {}

std::unique_lock<std::timed_mutex> Sights::turn(Clock::time_point deadline) {
  std::unique_lock lock(looking_, std::min(deadline, Clock::now() + std::chrono::hours(1)));
  if (!lock) throw Problem(503, "the network is busy; ask again", 1);
  return lock;
}

std::shared_ptr<const annotate::Sight> Sights::of(const std::string& ref,
                                                  Clock::time_point deadline) {
  if (auto kept = sights_.find(ref)) return kept;
  image::Image picture = pictures_.pixels(ref, deadline);
  const auto lock = turn(deadline);
  if (auto kept = sights_.find(ref)) return kept;  // made while this one waited
  annotate::Sight sight = annotate::sight_of(std::move(picture), features_);
  const size_t bytes = bytes_of(sight);
  return sights_.keep(ref, std::move(sight), bytes);
}

std::shared_ptr<const match::Places> Sights::places_of(const std::string& ref,
                                                       Clock::time_point deadline) {
  if (auto kept = places_.find(ref)) return kept;
  const image::Image picture = pictures_.pixels(ref, deadline);
  const auto lock = turn(deadline);
  if (auto kept = places_.find(ref)) return kept;
  match::Places places = match::look(features_, picture);
  const size_t bytes = places.values.size() * sizeof(float);
  return places_.keep(ref, std::move(places), bytes);
}

}  // namespace troodon::serve
