#include "troodon/embedder.hpp"

#include <mutex>

#include "api/call.hpp"
#include "api/embed_options.hpp"
#include "api/pictures.hpp"
#include "base/parallel.hpp"
#include "infer/geometry.hpp"
#include "kernels/backend.hpp"
#include "troodon/interrupt.hpp"

namespace troodon {
namespace {

constexpr size_t kBatch = 8;  // as infer::extract: the same pictures give the same bytes

template <class Public, class Room>
constexpr bool same(Public a, Room b) {
  return static_cast<int>(a) == static_cast<int>(b);
}
static_assert(same(Output::cls, infer::Output::cls) && same(Output::pooled, infer::Output::pooled));
static_assert(same(Output::patches, infer::Output::patches));
static_assert(same(Output::layers, infer::Output::layers));
static_assert(same(Output::probe, infer::Output::probe));
static_assert(same(Fit::crop, infer::Fit::crop) && same(Fit::pad, infer::Fit::pad));
static_assert(same(Fit::stretch, infer::Fit::stretch));
static_assert(same(Fit::crop, infer::Resize::crop) && same(Fit::pad, infer::Resize::pad));
static_assert(same(Fit::stretch, infer::Resize::stretch));
static_assert(same(Backend::torch, infer::Backend::torch));
static_assert(same(Backend::openvino, infer::Backend::openvino));
static_assert(same(Backend::native, infer::Backend::native));
static_assert(same(Precision::bf16, infer::Precision::bf16));
static_assert(same(Precision::int8, infer::Precision::int8));

}  // namespace

infer::EmbedOptions api::embed_options(const EmbedOptions& options) {
  return {.device = options.device,
          .size = options.size,
          .fit = static_cast<infer::Fit>(options.fit),
          .output = static_cast<infer::Output>(options.output),
          .layers = options.layers,
          .backend = static_cast<infer::Backend>(options.backend),
          .precision = static_cast<infer::Precision>(options.precision),
          .threads = static_cast<size_t>(options.threads),
          .single = options.single};
}

struct Embedder::Body {
  infer::Embedder embedder;
  int threads;
  std::mutex computing;  // the embedder of the rooms is not reentrant

  Body(const fs::path& model, const EmbedOptions& options)
      : embedder(model, api::embed_options(options)), threads(options.threads) {}

  std::vector<image::Image> prepare(std::span<const Picture> pictures) const {
    std::vector<image::Image> out(pictures.size());
    const auto body = [&](size_t i) { out[i] = embedder.prepare(api::open(pictures[i])); };
    parallel_for(out.size(), body, static_cast<size_t>(threads));
    return out;
  }
};

Embedder::Embedder(const fs::path& model, const EmbedOptions& options) {
  body_ = api::call([&] {
    kernels::use_threads(options.threads);
    return std::make_unique<Body>(model, options);
  });
}
Embedder::~Embedder() = default;
Embedder::Embedder(Embedder&&) noexcept = default;
Embedder& Embedder::operator=(Embedder&&) noexcept = default;

std::vector<float> Embedder::embed(const Picture& picture) {
  return embed_batch({&picture, 1});
}

std::vector<float> Embedder::embed_batch(std::span<const Picture> pictures) {
  return api::call([&] {
    std::vector<float> out;
    for (size_t first = 0; first < pictures.size(); first += kBatch) {
      if (interrupted()) fail(Exit::interrupted, "stopped after {} pictures", first);
      const size_t count = std::min(kBatch, pictures.size() - first);
      const auto prepared = body_->prepare(pictures.subspan(first, count));
      const std::lock_guard lock(body_->computing);
      kernels::use_threads(body_->threads);  // counts for the calling thread alone
      const std::vector<float> rows = body_->embedder.embed(prepared);
      out.insert(out.end(), rows.begin(), rows.end());
    }
    return out;
  });
}

Fidelity Embedder::calibrate(std::span<const Picture> pictures) {
  return api::call([&] {
    const auto prepared = body_->prepare(pictures);
    const std::lock_guard lock(body_->computing);
    kernels::use_threads(body_->threads);
    const infer::Fidelity found = body_->embedder.calibrate(prepared);
    return Fidelity{found.pictures, found.mean_cosine, found.smallest_cosine};
  });
}

int64_t Embedder::size() const {
  return body_->embedder.size();
}
int64_t Embedder::patch_size() const {
  return body_->embedder.patch_size();
}
std::vector<int64_t> Embedder::item_shape() const {
  return body_->embedder.item_shape();
}
std::string Embedder::description() const {
  return body_->embedder.description();
}
std::map<std::string, std::string> Embedder::provenance() const {
  return body_->embedder.provenance();
}

}  // namespace troodon
