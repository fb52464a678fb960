#include "index/features.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/half.hpp"
#include "base/parallel.hpp"
#include "base/tensor_file.hpp"
#include "store/feature_file.hpp"

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
  store::FeatureFile stored = store::open_features(file);
  if (stored.layout.ragged || stored.layout.item.size() != 1) {
    fail(Exit::input,
         "{}: features have {} dimensions, wanted [pictures, width]",
         file.string(),
         stored.layout.item.size() + 1);
  }
  Features out{.rows = stored.rows,
               .dim = stored.layout.item[0],
               .ids = std::move(stored.ids),
               .labels = std::move(stored.labels),
               .classes = std::move(stored.classes)};
  out.values.resize(static_cast<size_t>(out.rows * out.dim));
  std::span<float> rest(out.values);
  for (const auto& piece : stored.pieces) {
    const auto count = static_cast<size_t>(piece.count * out.dim);
    if (count > rest.size()) fail(Exit::input, "{}: has more rows than it says", file.string());
    widen(stored.layout.dtype, piece.bytes, rest.first(count));
    rest = rest.subspan(count);
  }
  check(out, file);
  return out;
}

namespace {

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
__attribute__((target_clones("default", "avx2", "avx512f")))
#endif
void normalize_row(float* row, int64_t dim) {
  // Eight sums on every CPU, so that all get the same bits.
  using Floats = float __attribute__((vector_size(32)));
  using Doubles = double __attribute__((vector_size(64)));
  Floats values;
  Doubles squares{};
  int64_t d = 0;
  for (; d + 8 <= dim; d += 8) {
    std::memcpy(&values, row + d, sizeof(values));
    const auto wide = __builtin_convertvector(values, Doubles);
    squares += wide * wide;
  }
  double square = 0;
  for (int i = 0; i < 8; ++i) square += squares[i];
  for (int64_t rest = d; rest < dim; ++rest) square += static_cast<double>(row[rest]) * row[rest];
  const double length = std::max(std::sqrt(square), 1e-12);
  for (d = 0; d + 8 <= dim; d += 8) {
    std::memcpy(&values, row + d, sizeof(values));
    values = __builtin_convertvector(__builtin_convertvector(values, Doubles) / length, Floats);
    std::memcpy(row + d, &values, sizeof(values));
  }
  for (; d < dim; ++d) row[d] = static_cast<float>(row[d] / length);
}

}  // namespace

void widen(DType dtype, std::span<const std::byte> bytes, std::span<float> out) {
  const TensorView view{.data = bytes};
  const auto convert = [&](auto values, auto to_floats) {
    constexpr size_t kBlock = 65536;
    parallel_for((values.size() + kBlock - 1) / kBlock, [&](size_t block) {
      const size_t first = block * kBlock, count = std::min(kBlock, values.size() - first);
      to_floats(values.subspan(first, count), out.data() + first);
    });
  };
  const auto one_by_one = [](auto to_float) {
    return [to_float](auto values, float* to) { std::ranges::transform(values, to, to_float); };
  };
  if (bytes.size() != out.size() * dtype_bytes(dtype))
    fail("{} bytes are not {} numbers of {}", bytes.size(), out.size(), dtype_name(dtype));
  if (dtype == DType::f32) {
    convert(view.as<float>(), one_by_one([](float v) { return v; }));
  } else if (dtype == DType::f64) {
    convert(view.as<double>(), one_by_one([](double v) { return static_cast<float>(v); }));
  } else if (dtype == DType::f16) {
    convert(view.as<uint16_t>(), from_halves);
  } else if (dtype == DType::bf16) {
    convert(view.as<uint16_t>(), one_by_one([](uint16_t v) {
              return std::bit_cast<float>(static_cast<uint32_t>(v) << 16);
            }));
  } else {
    fail(Exit::input, "features are {}, wanted floating point", dtype_name(dtype));
  }
}

Features subset(const Features& all, std::span<const int64_t> rows) {
  Features out{.rows = static_cast<int64_t>(rows.size()), .dim = all.dim, .classes = all.classes};
  for (const int64_t row : rows) {
    const auto at = static_cast<size_t>(row);
    out.values.insert(out.values.end(), all.matrix().row(row), all.matrix().row(row) + all.dim);
    if (!all.ids.empty()) out.ids.push_back(all.ids[at]);
    if (!all.labels.empty()) out.labels.push_back(all.labels[at]);
  }
  return out;
}

void match_classes(Features& features, const std::vector<std::string>& classes) {
  if (features.classes.empty() || classes.empty()) return;
  std::map<std::string, int64_t> number;
  for (size_t i = 0; i < classes.size(); ++i) number.emplace(classes[i], static_cast<int64_t>(i));
  for (int64_t& label : features.labels) {
    if (label < 0) continue;
    const auto found = number.find(features.classes[static_cast<size_t>(label)]);
    label = found == number.end() ? -1 : found->second;
  }
}

void normalize_rows(std::span<float> values, int64_t dim) {
  constexpr size_t kBlock = 256;
  const size_t rows = values.size() / static_cast<size_t>(dim);
  parallel_for((rows + kBlock - 1) / kBlock, [&](size_t block) {
    for (size_t i = block * kBlock; i < std::min(rows, (block + 1) * kBlock); ++i)
      normalize_row(values.data() + i * static_cast<size_t>(dim), dim);
  });
}

}  // namespace troodon::index
