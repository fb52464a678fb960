#include "troodon/masks.hpp"

#include "annotate/clicks.hpp"
#include "annotate/propagate.hpp"
#include "annotate/proposals.hpp"
#include "api/call.hpp"
#include "api/dense.hpp"
#include "api/pictures.hpp"
#include "base/file.hpp"

namespace troodon {
namespace {

Mask told(annotate::Mask mask) {
  return {mask.width, mask.height, std::move(mask.inside), mask.score};
}

annotate::Mask room_mask(const Mask& mask) {
  if (mask.width < 1 || mask.height < 1 ||
      mask.inside.size() != static_cast<size_t>(mask.width) * mask.height)
    fail(Exit::input,
         "{} values are no mask of {}x{} pixels",
         mask.inside.size(),
         mask.width,
         mask.height);
  annotate::Mask out(mask.width, mask.height);
  for (size_t i = 0; i < out.inside.size(); ++i) out.inside[i] = mask.inside[i] != 0 ? 1 : 0;
  out.score = mask.score;
  return out;
}

}  // namespace

Mask read_mask(const fs::path& file) {
  return api::call([&] { return told(annotate::read_mask(file)); });
}

void write_mask(const fs::path& file, const Mask& mask) {
  api::call([&] { write_atomically(file, annotate::mask_png(room_mask(mask))); });
}

struct Sight::Body {
  annotate::Sight sight;
};

Sight::Sight(std::shared_ptr<const Body> body) : body_(std::move(body)) {}

int Sight::width() const {
  return body_->sight.picture.width;
}
int Sight::height() const {
  return body_->sight.picture.height;
}

Mask Sight::mask(const std::vector<Click>& clicks, const ClickOptions& options) const {
  return api::call([&] {
    std::vector<annotate::Click> places;
    for (const Click& click : clicks) places.push_back({click.x, click.y, click.positive});
    std::optional<image::Box> box;
    if (options.box) box = api::room_box(*options.box);
    return told(annotate::mask_of_clicks(body_->sight, places, box, {.refine = options.refine}));
  });
}

std::vector<Mask> Sight::proposals(int count) const {
  return api::call([&] {
    std::vector<Mask> out;
    for (auto& mask : annotate::proposals(body_->sight, static_cast<size_t>(std::max(count, 0))))
      out.push_back(told(std::move(mask)));
    return out;
  });
}

struct Pattern::Body {
  annotate::Pattern pattern;

  void check(const annotate::Sight& sight) const {
    if (sight.tokens.dim != pattern.dim)
      fail(Exit::input,
           "learnt with a network of width {}, asked with one of {}; use one Masker for both",
           pattern.dim,
           sight.tokens.dim);
  }
};

Pattern::Pattern(std::shared_ptr<const Body> body) : body_(std::move(body)) {}

double Pattern::presence(const Sight& sight) const {
  return api::call([&] {
    body_->check(sight.body_->sight);
    return annotate::presence(body_->pattern, sight.body_->sight.tokens);
  });
}

Mask Pattern::find(const Sight& sight) const {
  return api::call([&] {
    body_->check(sight.body_->sight);
    return told(annotate::find(body_->pattern, sight.body_->sight));
  });
}

struct Masker::Body {
  api::Dense dense;

  explicit Body(const MaskerOptions& options) : dense(api::dense_options(options)) {}
};

Masker::Masker(const MaskerOptions& options)
    : body_(api::call([&] { return std::make_unique<Body>(options); })) {}
Masker::~Masker() = default;
Masker::Masker(Masker&&) noexcept = default;
Masker& Masker::operator=(Masker&&) noexcept = default;

Sight Masker::look(const Picture& picture) {
  return api::call([&] {
    image::Image pixels = api::open(picture);
    frozen::Tokens tokens = body_->dense.look(pixels);
    return Sight(std::make_shared<const Sight::Body>(
        Sight::Body{annotate::sight_of(std::move(pixels), std::move(tokens))}));
  });
}

Pattern Masker::learn(const std::vector<MaskExample>& examples) const {
  return api::call([&] {
    std::vector<annotate::Mask> masks;
    for (const MaskExample& example : examples) masks.push_back(room_mask(example.mask));
    std::vector<annotate::Example> pairs;
    for (size_t i = 0; i < examples.size(); ++i)
      pairs.push_back({&examples[i].sight.body_->sight.tokens, &masks[i]});
    return Pattern(
        std::make_shared<const Pattern::Body>(Pattern::Body{annotate::pattern_of(pairs)}));
  });
}

}  // namespace troodon
