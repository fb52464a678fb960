#include <cstdlib>

#include "golden.hpp"
#include "image/colour.hpp"
#include "image/decode.hpp"
#include "image/resize.hpp"

// Decoding and single operations against Pillow and torchvision.
namespace golden {
namespace {

using troodon::image::Image;

Tensor pixels_of(const Image& image) {
  return torch::tensor(at::ArrayRef<uint8_t>(image.pixels), torch::kByte)
      .reshape({image.height, image.width, 3});
}

Image image_of(const Tensor& pixels) {
  const Tensor flat = pixels.contiguous();
  Image image(static_cast<int>(flat.size(1)), static_cast<int>(flat.size(0)));
  std::copy_n(flat.data_ptr<uint8_t>(), image.pixels.size(), image.pixels.data());
  return image;
}

/// A picture beside the case, decoded as the official loaders do; marks the file as covered.
Image load(const Case& c, const std::string& name, Verdict& verdict) {
  const fs::path path = c.path.parent_path() / "images" / name;
  verdict.covers(path);
  auto image = troodon::image::read(path, {.orientation = troodon::image::Orientation::ignore});
  if (!image) throw std::runtime_error(image.reason());
  return *std::move(image);
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// Each tensor is named after a file of images/ and holds its pixels.
void check_decoded(const Case& c, Verdict& verdict) {
  for (const auto& [name, expected] : c.tensors("")) {
    verdict.equal(name, pixels_of(load(c, name, verdict)), expected);
  }
}
const Check kDecoded{"augment/(decoded|odd_images)", check_decoded};

Tensor planes(const Image& image, bool standardised) {
  Tensor out = torch::empty({3, image.height, image.width});
  if (standardised) {
    troodon::image::normalize_to(image, out.data_ptr<float>());
  } else {
    troodon::image::normalize_to(image, out.data_ptr<float>(), {0, 0, 0}, {1, 1, 1});
  }
  return out;
}

/// Resize of the short side, central crop, normalise: for each picture named in values.
void check_eval_transform(const Case& c, Verdict& verdict) {
  for (const auto& [name, facts] : c.values().items()) {
    if (!facts.is_object() || !facts.contains("decoded_rgb_crc32")) continue;
    const Image image = load(c, name, verdict);
    verdict.expect(name + " size", facts.at("size_wh") == json({image.width, image.height}));
    const uint32_t crc = troodon::crc32(std::as_bytes(std::span(image.pixels)));
    verdict.expect(name + " crc32", crc == facts.at("decoded_rgb_crc32").get<uint32_t>());
    const Tensor crop = c.tensor(name + ".crop_u8");
    const auto resized_wh = c.values().at(name + ".resized_wh");
    const int short_side = std::min(resized_wh[0].get<int>(), resized_wh[1].get<int>());
    const Image resized = troodon::image::resize_short_side(image, short_side);
    verdict.expect(name + " resized", resized_wh == json({resized.width, resized.height}));
    const Image ours = troodon::image::center_crop(
        resized, static_cast<int>(crop.size(1)), static_cast<int>(crop.size(0)));
    verdict.equal(name + " crop", pixels_of(ours), crop);
    if (c.has(name + ".normalized_every4")) {
      const Tensor every4 =
          planes(ours, true).slice(1, 0, std::nullopt, 4).slice(2, 0, std::nullopt, 4);
      verdict.near(name + " normalised", every4, c.tensor(name + ".normalized_every4"), 1e-6);
    }
  }
}
const Check kEval{"augment/eval_transform", check_eval_transform};

/// What one tensor of the ops files claims, e.g. "brightness_0.6" or "resized_crop.1.98".
struct Operation {
  Image& image;
  std::string name;
  const json& values;
  const Tensor& expected;

  double number() const { return std::strtod(name.substr(name.find('_') + 1).c_str(), nullptr); }
  bool is(const char* prefix) const { return name.rfind(prefix, 0) == 0; }
};

void jitter(const Operation& op) {
  // "factors (b, c, s, h)" are fixed in the reference: 1.23, 0.71, 1.15, 0.07.
  for (const char step : op.name.substr(op.name.find('_') + 1)) {
    if (step == 'b') troodon::image::adjust_brightness(op.image, 1.23);
    if (step == 'c') troodon::image::adjust_contrast(op.image, 0.71);
    if (step == 's') troodon::image::adjust_saturation(op.image, 1.15);
    if (step == 'h') troodon::image::adjust_hue(op.image, 0.07);
  }
}

/// Operations that change the size. False: not one of them.
bool change_shape(const Operation& op) {
  const auto height = static_cast<int>(op.expected.size(0)),
             width = static_cast<int>(op.expected.size(1));
  if (op.is("resized_crop.")) {
    const json box = op.values.at("boxes_tlhw").at(std::stoul(split(op.name, '.').at(1)));
    op.image =
        troodon::image::resized_crop(op.image, {box[0], box[1], box[2], box[3]}, width, height);
  } else if (op.is("resize_bilinear_")) {
    op.image = troodon::image::resize(op.image, width, height, troodon::image::Filter::bilinear);
  } else if (op.is("resize_shorter_")) {
    op.image = troodon::image::resize_short_side(op.image, std::min(width, height));
  } else if (op.is("center_crop_")) {
    op.image = troodon::image::center_crop(op.image, width, height);
  } else if (op.name == "hflip") {
    op.image = troodon::image::flip_horizontal(op.image);
  } else {
    return op.name == "src";
  }
  return true;
}

/// Operations on colours. False: not one of them.
bool change_colour(const Operation& op) {
  if (op.is("brightness_")) {
    troodon::image::adjust_brightness(op.image, op.number());
  } else if (op.is("contrast_")) {
    troodon::image::adjust_contrast(op.image, op.number());
  } else if (op.is("saturation_")) {
    troodon::image::adjust_saturation(op.image, op.number());
  } else if (op.is("hue_")) {
    troodon::image::adjust_hue(op.image, op.number());
  } else if (op.name == "gray3" || op.name == "gray_L") {
    troodon::image::to_grayscale(op.image);
  } else if (op.is("solarize_")) {
    troodon::image::solarize(op.image, static_cast<int>(op.number()));
  } else if (op.is("jitter_")) {
    jitter(op);
  } else {
    return false;
  }
  return true;
}

void check_operations(const Case& c, Verdict& verdict) {
  const Image source = image_of(c.tensor("src"));
  for (const auto& [name, expected] : c.tensors("")) {
    Image image = source;
    const Operation op{image, name, c.values(), expected};
    if (op.is("gaussblur")) {  // gaussblur<kernel>_<sigma>
      troodon::image::gaussian_blur(image, std::atoi(name.c_str() + 9), op.number());
      verdict.near(name, pixels_of(image), expected, 1);
    } else if (name == "to_tensor" || name == "normalized") {
      verdict.near(name, planes(image, name == "normalized"), expected, 1e-6);
    } else if (change_shape(op) || change_colour(op)) {
      const Tensor ours = pixels_of(image);
      verdict.equal(name, expected.dim() == 2 ? ours.select(2, 0) : ours, expected);
    }
  }
}
const Check kOperations{"augment/ops_.*", check_operations};

}  // namespace
}  // namespace golden
