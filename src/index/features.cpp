#include "index/features.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/tensor_file.hpp"

namespace troodon::index {
namespace {

using nlohmann::json;

std::string extension_of(const fs::path& file) {
  const std::string extension = file.extension().string();
  if (extension != ".safetensors" && extension != ".npy") {
    fail(Exit::usage, "{}: features are kept as .safetensors or .npy", file.string());
  }
  return extension;
}

fs::path sidecar(fs::path file) {
  return file.replace_extension(".json");
}

float from_half(uint16_t bits) {
  const int sign = bits >> 15, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const float size = exponent == 31 ? (fraction != 0 ? NAN : INFINITY)
                     : exponent == 0
                         ? std::ldexp(static_cast<float>(fraction), -24)
                         : std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  return sign != 0 ? -size : size;
}

std::vector<float> floats_of(const TensorView& view, const fs::path& file) {
  std::vector<float> out(static_cast<size_t>(view.elements()));
  if (view.dtype == DType::f32) {
    std::ranges::copy(view.as<float>(), out.begin());
  } else if (view.dtype == DType::f64) {
    std::ranges::transform(
        view.as<double>(), out.begin(), [](double v) { return static_cast<float>(v); });
  } else if (view.dtype == DType::f16) {
    std::ranges::transform(view.as<uint16_t>(), out.begin(), from_half);
  } else if (view.dtype == DType::bf16) {
    std::ranges::transform(view.as<uint16_t>(), out.begin(), [](uint16_t v) {
      return std::bit_cast<float>(static_cast<uint32_t>(v) << 16);
    });
  } else {
    fail(Exit::input,
         "{}: features are {}, wanted floating point",
         file.string(),
         dtype_name(view.dtype));
  }
  return out;
}

Features matrix_of(const TensorView& view, const fs::path& file) {
  if (view.shape.size() != 2) {
    fail(Exit::input,
         "{}: features have {} dimensions, wanted [pictures, width]",
         file.string(),
         view.shape.size());
  }
  return {.rows = view.shape[0], .dim = view.shape[1], .values = floats_of(view, file)};
}

std::vector<std::string> names_in(const json& info, const char* key) {
  return info.contains(key) ? info.at(key).get<std::vector<std::string>>()
                            : std::vector<std::string>();
}

void check(const Features& f, const fs::path& file) {
  const auto rows = static_cast<size_t>(f.rows);
  if (f.values.size() != rows * static_cast<size_t>(f.dim)) {
    fail(Exit::input,
         "{}: {} values do not make {} rows of {}",
         file.string(),
         f.values.size(),
         f.rows,
         f.dim);
  }
  for (const auto& [what, count] :
       {std::pair("ids", f.ids.size()), std::pair("labels", f.labels.size())}) {
    if (count != 0 && count != rows)
      fail(Exit::input, "{}: {} {} for {} rows", file.string(), count, what, rows);
  }
  if (f.classes.empty()) return;
  for (const int64_t label : f.labels) {
    if (label >= static_cast<int64_t>(f.classes.size())) {
      fail(
          Exit::input, "{}: label {}, but only {} classes", file.string(), label, f.classes.size());
    }
  }
}

Features read_tensor_file(const fs::path& file) {
  const TensorFile tensors(file);
  Features features = matrix_of(tensors.at("features"), file);
  if (const TensorView* labels = tensors.find("labels")) {
    if (labels->dtype != DType::i64) {
      fail(Exit::input, "{}: labels are {}, wanted I64", file.string(), dtype_name(labels->dtype));
    }
    features.labels.assign(labels->as<int64_t>().begin(), labels->as<int64_t>().end());
  }
  const auto names = [&](const char* key) {
    const auto found = tensors.metadata().find(key);
    if (found == tensors.metadata().end()) return std::vector<std::string>();
    return json::parse(found->second).get<std::vector<std::string>>();
  };
  features.ids = names("ids");
  features.classes = names("classes");
  return features;
}

Features read_npy_pair(const fs::path& file) {
  Features features = matrix_of(read_npy(file).view, file);
  if (!fs::exists(sidecar(file))) return features;
  const json info = json::parse(read_text(sidecar(file)));
  features.ids = names_in(info, "ids");
  features.classes = names_in(info, "classes");
  if (info.contains("labels")) features.labels = info.at("labels").get<std::vector<int64_t>>();
  return features;
}

/// File names need not be UTF-8; such bytes are replaced rather than refused.
std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

void write_features(const fs::path& file, const Features& features) {
  check(features, file);
  const TensorView values{
      "features", DType::f32, {features.rows, features.dim}, bytes_of(features.values)};
  if (extension_of(file) == ".npy") {
    json info;
    if (!features.ids.empty()) info["ids"] = features.ids;
    if (!features.labels.empty()) info["labels"] = features.labels;
    if (!features.classes.empty()) info["classes"] = features.classes;
    if (!info.is_null()) write_atomically(sidecar(file), text_of(info) + "\n");
    write_npy(file, values);
    return;
  }
  std::vector<TensorView> tensors = {values};
  if (!features.labels.empty()) {
    tensors.push_back({"labels", DType::i64, {features.rows}, bytes_of(features.labels)});
  }
  std::map<std::string, std::string> metadata;
  if (!features.ids.empty()) metadata["ids"] = text_of(features.ids);
  if (!features.classes.empty()) metadata["classes"] = text_of(features.classes);
  write_safetensors(file, tensors, metadata);
}

Features read_features(const fs::path& file) {
  try {
    Features features = extension_of(file) == ".npy" ? read_npy_pair(file) : read_tensor_file(file);
    check(features, file);
    return features;
  } catch (const json::exception& error) {
    fail(Exit::input,
         "{}: its ids, labels or classes cannot be read ({})",
         file.string(),
         error.what());
  }
}

void normalize_rows(std::span<float> values, int64_t dim) {
  constexpr size_t kBlock = 256;
  const size_t rows = values.size() / static_cast<size_t>(dim);
  parallel_for((rows + kBlock - 1) / kBlock, [&](size_t block) {
    for (size_t i = block * kBlock; i < std::min(rows, (block + 1) * kBlock); ++i) {
      const auto row = values.subspan(i * static_cast<size_t>(dim), static_cast<size_t>(dim));
      double square = 0;
      for (const float v : row) square += static_cast<double>(v) * v;
      const double length = std::max(std::sqrt(square), 1e-12);
      for (float& v : row) v = static_cast<float>(v / length);
    }
  });
}

}  // namespace troodon::index
