#include "export/verify.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "base/place.hpp"
#include "base/random.hpp"
#include "image/colour.hpp"
#include "model/tensor_io.hpp"

namespace troodon::onnx {
namespace {

/// Batches, heights and widths; for a 518-pixel network of patch 14: 518x518, 224x224, 224x308.
std::vector<SizeCheck> sizes_for(const model::VitConfig& config) {
  const int64_t patch = config.patch_size, stored = config.img_size / patch;
  const int64_t other = stored > 16 ? 16 : stored + 3;
  return {{1, stored * patch, stored * patch, {}},
          {5, other * patch, other * patch, {}},
          {1, other * patch, (other + 6) * patch, {}}};
}

/// Smooth colours with noise, so that tokens differ from each other; the same in every run.
image::Image test_picture(int64_t height, int64_t width, uint64_t seed) {
  Random random(seed);
  image::Image out(static_cast<int>(width), static_cast<int>(height));
  std::array<double, 9> wave;
  for (double& w : wave) w = random.uniform(0.01, 0.1);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      for (size_t c = 0; c < 3; ++c) {
        const double smooth = std::sin(wave[c] * x + wave[c + 3] * y) * std::cos(wave[c + 6] * y);
        const double value = 128 + 90 * smooth + random.uniform(-30, 30);
        out.row(y)[3 * x + static_cast<int>(c)] = static_cast<uint8_t>(value);
      }
    }
  }
  return out;
}

/// The same pictures as the graph wants them and as the network wants them.
struct Pictures {
  Tensor input;   ///< [B,H,W,3] uint8, or `planes`
  Tensor planes;  ///< [B,C,H,W] float32
};

Pictures pictures_for(const SizeCheck& size, int64_t channels, bool preprocessing) {
  if (!preprocessing) {
    const Tensor planes = torch::empty({size.batch, channels, size.height, size.width});
    Random random(1);
    std::generate_n(planes.data_ptr<float>(), planes.numel(), [&] {
      return static_cast<float>(random.uniform(-2, 2));
    });
    return {planes, planes};
  }
  Pictures out{torch::empty({size.batch, size.height, size.width, 3}, torch::kByte),
               torch::empty({size.batch, 3, size.height, size.width})};
  for (int64_t i = 0; i < size.batch; ++i) {
    const auto picture = test_picture(size.height, size.width, static_cast<uint64_t>(i) + 1);
    std::copy(picture.pixels.begin(), picture.pixels.end(), out.input[i].data_ptr<uint8_t>());
    image::normalize_to(picture, out.planes[i].data_ptr<float>());
  }
  return out;
}

OutputCheck compare_output(const std::string& name, const Tensor& got, const Tensor& wanted) {
  if (got.sizes() != wanted.sizes() || got.scalar_type() != torch::kFloat) {
    fail(Exit::mismatch, "{} of the exported model has another shape; nothing was kept", name);
  }
  const Tensor a = got.to(torch::kDouble), b = wanted.to(torch::kDouble);
  const Tensor error = (a - b).norm(2, -1) / b.norm(2, -1).clamp_min(1e-12);
  return {.output = name,
          .largest_difference = (a - b).abs().max().item<double>(),
          .smallest_cosine = at::cosine_similarity(a, b, -1).min().item<double>(),
          .largest_error = error.max().item<double>()};
}

/// The network's outputs under the graph's names.
std::vector<std::pair<std::string, Tensor>> wanted_outputs(model::Backbone& backbone,
                                                           const Tensor& planes,
                                                           Tokens tokens) {
  const auto features = backbone.network->forward_features(planes);
  std::vector<std::pair<std::string, Tensor>> out;
  if (tokens != Tokens::patches) out.emplace_back("cls_token", features.x_norm_clstoken);
  if (tokens != Tokens::cls) out.emplace_back("patch_tokens", features.x_norm_patchtokens);
  if (tokens == Tokens::all && backbone.config.num_register_tokens > 0) {
    out.emplace_back("register_tokens", features.x_norm_regtokens);
  }
  return out;
}

Tensor read_output(const fs::path& path) {
  const NpyFile file = read_npy(path);
  return model::to_tensor(file.view);
}

void refuse_differences(const Verification& done) {
  const double most = std::sqrt(2 * (1 - done.wanted_cosine));
  for (const auto& size : done.sizes) {
    for (const auto& check : size.outputs) {
      // Written so that NaN fails too.
      if (check.smallest_cosine >= done.wanted_cosine && check.largest_error <= most) continue;
      fail(Exit::mismatch,
           "{} of the exported model differs at {}x{} pixels (smallest cosine {:.6f}, wanted {}; "
           "largest difference {:.2g}); nothing was kept",
           check.output,
           size.height,
           size.width,
           check.smallest_cosine,
           done.wanted_cosine,
           check.largest_difference);
    }
  }
}

}  // namespace

double wanted_cosine(bool half) {
  return half ? 0.9995 : 0.99999;
}

Verification verify(const fs::path& file,
                    model::Backbone& backbone,
                    const GraphOptions& options,
                    const Runtime& runtime) {
  const torch::NoGradGuard frozen;
  Verification out{.by = "ONNX Runtime " + runtime.version,
                   .wanted_cosine = wanted_cosine(options.half),
                   .sizes = sizes_for(backbone.config)};
  const fs::path folder = file.parent_path() / "verify";
  make_folders(folder);
  std::vector<Pictures> pictures;
  for (size_t i = 0; i < out.sizes.size(); ++i) {
    pictures.push_back(pictures_for(out.sizes[i], backbone.config.in_chans, options.preprocessing));
    write_npy(folder / fmt::format("{}.npy", i), model::to_view("", pictures[i].input));
  }
  out.checker = run_model(runtime, file, folder);
  for (size_t i = 0; i < out.sizes.size(); ++i) {
    for (const auto& [name, wanted] :
         wanted_outputs(backbone, pictures[i].planes, options.tokens)) {
      const Tensor got = read_output(folder / fmt::format("{}.{}.npy", i, name));
      out.sizes[i].outputs.push_back(compare_output(name, got, wanted));
    }
  }
  refuse_differences(out);
  return out;
}

}  // namespace troodon::onnx
