#include "zoo/names.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace troodon::zoo {
namespace {

/// The four sizes and what each dialect calls them; numbers: paper, table 17 and the files.
struct Size {
  const char *tag, *word;
  int64_t dim, depth;
  int64_t swiglu_hidden;  ///< 0: an MLP of ratio 4
};
constexpr std::array kSizes = {Size{"vits14", "small", 384, 12, 0},
                               Size{"vitb14", "base", 768, 12, 0},
                               Size{"vitl14", "large", 1024, 24, 0},
                               Size{"vitg14", "giant", 1536, 40, 4096}};

constexpr int64_t kPatch = 14, kPlaces = 37 * 37, kRegisters = 4, kClasses = 1000;

int64_t parameters(const Size& size, bool registers) {
  const int64_t d = size.dim, h = size.swiglu_hidden;
  const int64_t ffn = h > 0 ? 2 * h * d + 2 * h + h * d + d : 2 * 4 * d * d + 4 * d + d;
  const int64_t block = 3 * d * d + 3 * d + d * d + d + 6 * d + ffn;  // attention, norms, scales
  const int64_t patches = 3 * kPatch * kPatch * d + d;
  return size.depth * block + patches + (1 + 1 + kPlaces + 1) * d + 2 * d +
         (registers ? kRegisters * d : 0);
}

/// Weights and biases of the linear classifier on `layers` class tokens and the mean patch token.
int64_t head_parameters(const Size& size, int64_t layers) {
  return kClasses * ((1 + layers) * size.dim + 1);
}

/// A head for masks on the last `layers` blocks: batch norm with a count, 1x1 convolution.
int64_t mask_parameters(const Size& size, int64_t layers, int64_t classes) {
  return layers * size.dim * (4 + classes) + classes + 2;
}

/// A linear depth head: 1x1 convolution of patches and class tokens to bins.
int64_t depth_parameters(const Size& size, int64_t layers) {
  constexpr int64_t kBins = 256;
  return kBins * (2 * layers * size.dim + 1);
}

/// A DPT depth head (spec dinov2.md 2.5), tensor by tensor.
int64_t dpt_parameters(const Size& size) {
  constexpr int64_t kChannels = 256, kConvolution = 9 * kChannels * kChannels, kUnits = 7;
  const int64_t d = size.dim;
  const std::array<int64_t, 4> levels = {d / 8, d / 4, d / 2, d}, kernels = {16, 4, 0, 9};
  int64_t out = kUnits * 2 * kConvolution + 4 * (kChannels * kChannels + kChannels);
  out += kConvolution + kChannels;                                // project
  out += 128 * kChannels * 9 + 128 + 32 * 128 * 9 + 32 + 32 + 1;  // depth
  for (size_t i = 0; i < levels.size(); ++i) {
    const int64_t c = levels[i];
    out += d * c + c + 2 * d * d + d + 9 * kChannels * c;
    out += kernels[i] > 0 ? kernels[i] * c * c + c : 0;
  }
  return out;
}

/// A model with all its names.
struct Entry {
  Released model;
  std::vector<std::string> names;
};

/// One kind of network in one size: its files and the parts of its names.
struct Kind {
  const Size& size;
  bool registers;
  std::string folder() const { return fmt::format("dinov2_{}", size.tag); }
  std::string stem() const { return folder() + (registers ? "_reg4" : ""); }
  std::string hub() const { return folder() + (registers ? "_reg" : ""); }
  std::string face() const {
    return fmt::format("facebook/dinov2-{}{}", registers ? "with-registers-" : "", size.word);
  }
  std::string timm() const {
    return fmt::format("vit_{}_patch14_{}dinov2", size.word, registers ? "reg4_" : "");
  }
  ReleasedFile backbone() const {
    return {folder(), stem() + "_pretrain.pth", 4 * parameters(size, registers)};
  }
  /// Heads for masks and depth; there are none for networks with registers.
  std::vector<ReleasedFile> dense_heads() const {
    std::vector<ReleasedFile> out;
    const auto add = [&](const char* data, const char* head, int64_t numbers) {
      out.push_back(
          {folder(), fmt::format("{}_{}_{}_head.pth", folder(), data, head), 4 * numbers});
    };
    for (const auto& [data, classes] :
         {std::pair("ade20k", int64_t{150}), std::pair("voc2012", int64_t{21})}) {
      add(data, "linear", mask_parameters(size, 1, classes));
      add(data, "ms", mask_parameters(size, 4, classes));
    }
    for (const char* data : {"nyu", "kitti"}) {
      add(data, "linear", depth_parameters(size, 1));
      add(data, "linear4", depth_parameters(size, 4));
      add(data, "dpt", dpt_parameters(size));
    }
    return out;
  }
  ReleasedFile head(int64_t layers) const {
    return {folder(),
            fmt::format("{}_linear{}_head.pth", stem(), layers == 4 ? "4" : ""),
            4 * head_parameters(size, layers)};
  }
};

/// "dinov2_vits14_reg" also as "vits14_reg", and both also with reg4.
std::vector<std::string> spellings(const Kind& kind, const std::string& ending) {
  std::vector<std::string> out = {kind.hub() + ending};
  if (kind.registers) out.push_back(kind.stem() + ending);
  for (size_t i = 0, count = out.size(); i < count; ++i) {
    out.push_back(out[i].substr(std::string_view("dinov2_").size()));
  }
  return out;
}

/// A head alone, by its file's name with and without extension.
Entry lone(const ReleasedFile& head) {
  const std::string stem = head.name.substr(0, head.name.size() - 4);
  return {.model = {.name = stem, .files = {head}, .repositories = {}}, .names = {stem, head.name}};
}

void add_kind(std::vector<Entry>& all, const Kind& kind) {
  const ReleasedFile backbone = kind.backbone();
  Entry plain{.model = {.name = kind.hub(),
                        .files = {backbone},
                        .repositories = {kind.face(), "timm/" + kind.timm() + ".lvd142m"}},
              .names = spellings(kind, "")};
  for (const std::string& name : {kind.stem() + "_pretrain", backbone.name, kind.face()}) {
    plain.names.push_back(name);
  }
  for (const char* owner : {"", "timm/"}) {
    for (const char* weights : {"", ".lvd142m"}) {
      plain.names.push_back(owner + kind.timm() + weights);
    }
  }
  all.push_back(std::move(plain));
  for (const int64_t layers : {1, 4}) {
    const ReleasedFile head = kind.head(layers);
    Entry both{.model = {.name = fmt::format("{}_lc{}", kind.hub(), layers),
                         .files = {backbone, head},
                         .repositories = {}},
               .names = spellings(kind, fmt::format("_lc{}", layers))};
    if (layers == 4) {  // torch hub's default
      for (const std::string& name : spellings(kind, "_lc")) both.names.push_back(name);
    } else {
      both.model.repositories = {kind.face() + "-imagenet1k-1-layer"};
      both.names.push_back(both.model.repositories[0]);
    }
    all.push_back(std::move(both));
    all.push_back(lone(head));
  }
  if (kind.registers) return;
  for (const ReleasedFile& head : kind.dense_heads()) all.push_back(lone(head));
}

std::vector<Entry> entries() {
  std::vector<Entry> all;
  for (const bool registers : {false, true}) {
    for (const Size& size : kSizes) add_kind(all, Kind{size, registers});
  }
  return all;
}

}  // namespace

std::optional<Released> released(std::string_view name) {
  for (Entry& entry : entries()) {
    for (const std::string& known : entry.names) {
      if (known == name) return std::move(entry.model);
    }
  }
  return std::nullopt;
}

std::vector<std::string> released_names() {
  std::vector<std::string> out;
  for (Entry& entry : entries()) {
    for (std::string& name : entry.names) out.push_back(std::move(name));
  }
  return out;
}

std::string megabytes_text(int64_t bytes) {
  const double mega = static_cast<double>(bytes) / 1e6;
  return mega < 10 ? fmt::format("{:.1f} MB", mega) : fmt::format("{:.0f} MB", mega);
}

}  // namespace troodon::zoo
