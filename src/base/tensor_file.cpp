#include "base/tensor_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>
#include <ostream>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/tensor_stream.hpp"

namespace troodon {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little endian");

struct TypeRow {
  DType dtype;
  std::string_view name;
  std::string_view npy;
  size_t bytes;
};
constexpr std::array<TypeRow, 10> kTypes = {{{DType::f64, "F64", "<f8", 8},
                                             {DType::f32, "F32", "<f4", 4},
                                             {DType::f16, "F16", "<f2", 2},
                                             {DType::bf16, "BF16", "<V2", 2},
                                             {DType::i64, "I64", "<i8", 8},
                                             {DType::i32, "I32", "<i4", 4},
                                             {DType::i16, "I16", "<i2", 2},
                                             {DType::i8, "I8", "|i1", 1},
                                             {DType::u8, "U8", "|u1", 1},
                                             {DType::boolean, "BOOL", "|b1", 1}}};

const TypeRow& row_of(DType dtype) {
  return kTypes[static_cast<size_t>(dtype)];
}

/// Product of a shape, or nullopt when it is negative or beyond `limit`.
std::optional<uint64_t> checked_elements(const std::vector<int64_t>& shape, uint64_t limit) {
  uint64_t product = 1;
  for (const int64_t size : shape) {
    if (size < 0) return std::nullopt;
    if (size != 0 && product > limit / static_cast<uint64_t>(size)) return std::nullopt;
    product *= static_cast<uint64_t>(size);
  }
  return product;
}

TensorView parse_tensor(const fs::path& path,
                        const std::string& name,
                        const nlohmann::json& entry,
                        std::span<const std::byte> data) {
  TensorView view{.name = name};
  const auto dtype = entry.at("dtype").get<std::string>();
  const auto row =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeRow& r) { return r.name == dtype; });
  if (row == kTypes.end())
    fail("{}: tensor '{}' has dtype {}, which Troodon does not read", path.string(), name, dtype);
  view.dtype = row->dtype;
  view.shape = entry.at("shape").get<std::vector<int64_t>>();
  const auto offsets = entry.at("data_offsets").get<std::vector<uint64_t>>();
  const auto elements = checked_elements(view.shape, data.size() + 1);
  const bool fits = offsets.size() == 2 && offsets[0] <= offsets[1] && offsets[1] <= data.size() &&
                    elements && offsets[1] - offsets[0] == *elements * row->bytes;
  if (!fits)
    fail("{}: tensor '{}' has offsets that don't fit its shape or the file; is the file cut short?",
         path.string(),
         name);
  view.data = data.subspan(offsets[0], offsets[1] - offsets[0]);
  return view;
}

}  // namespace

size_t dtype_bytes(DType dtype) {
  return row_of(dtype).bytes;
}
std::string_view dtype_name(DType dtype) {
  return row_of(dtype).name;
}

int64_t TensorView::elements() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

TensorFile::TensorFile(const fs::path& path) : path_(path), file_(path) {
  const auto bytes = file_.bytes();
  uint64_t header_size = 0;
  if (bytes.size() >= 8) std::memcpy(&header_size, bytes.data(), 8);
  if (bytes.size() < 8 || header_size > bytes.size() - 8) {
    fail("{}: is not a safetensors file, or is cut short", path.string());
  }
  const auto* text = reinterpret_cast<const char*>(bytes.data()) + 8;
  const auto header =
      nlohmann::json::parse(text, text + header_size, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) fail("{}: the safetensors header is damaged", path.string());
  const auto data = bytes.subspan(8 + header_size);
  try {
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") {
        metadata_ = entry.get<std::map<std::string, std::string>>();
      } else {
        tensors_.push_back(parse_tensor(path, name, entry, data));
      }
    }
  } catch (const nlohmann::json::exception& error) {
    fail("{}: the safetensors header is damaged ({})", path.string(), error.what());
  }
  // JSON sorts by name; the order in the file is the order that was written.
  std::stable_sort(tensors_.begin(), tensors_.end(), [](const TensorView& a, const TensorView& b) {
    return a.data.data() < b.data.data();
  });
}

const TensorView* TensorFile::find(std::string_view name) const {
  const auto found = std::find_if(
      tensors_.begin(), tensors_.end(), [&](const TensorView& t) { return t.name == name; });
  return found == tensors_.end() ? nullptr : &*found;
}

const TensorView& TensorFile::at(std::string_view name) const {
  if (const TensorView* found = find(name)) return *found;
  std::vector<std::string> names;
  for (const TensorView& tensor : tensors_) names.push_back(tensor.name);
  fail("{}: has no tensor '{}' (closest: '{}')", path_.string(), name, closest(name, names));
}

void write_safetensors(const fs::path& path,
                       std::span<const TensorView> tensors,
                       const std::map<std::string, std::string>& metadata,
                       const std::function<void(std::ostream&, size_t)>& fill) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const TensorView& tensor : tensors) {
    const uint64_t size = static_cast<uint64_t>(tensor.elements()) * dtype_bytes(tensor.dtype);
    header[tensor.name] = {{"dtype", dtype_name(tensor.dtype)},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, offset + size}}};
    offset += size;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // keeps the data 8-byte aligned
  const uint64_t size = text.size();
  write_atomically(path, [&](std::ostream& out) {
    out.write(reinterpret_cast<const char*>(&size), 8);
    out << text;
    for (size_t i = 0; i < tensors.size(); ++i) fill(out, i);
    if (out && static_cast<uint64_t>(out.tellp()) != 8 + size + offset)
      fail("{}: {} bytes were written, the header wants {}",
           path.string(),
           static_cast<uint64_t>(out.tellp()),
           8 + size + offset);
  });
}

void write_safetensors(const fs::path& path,
                       std::span<const TensorView> tensors,
                       const std::map<std::string, std::string>& metadata) {
  for (const TensorView& tensor : tensors) {
    if (tensor.data.size() != static_cast<size_t>(tensor.elements()) * dtype_bytes(tensor.dtype)) {
      fail("{}: tensor '{}' has {} bytes, its shape wants another number",
           path.string(),
           tensor.name,
           tensor.data.size());
    }
  }
  write_safetensors(path, tensors, metadata, [&](std::ostream& out, size_t i) {
    out.write(reinterpret_cast<const char*>(tensors[i].data.data()),
              static_cast<std::streamsize>(tensors[i].data.size()));
  });
}

void write_npy(const fs::path& path,
               DType dtype,
               const std::vector<int64_t>& shape,
               const std::function<void(std::ostream&)>& fill) {
  std::string sides;
  for (const int64_t size : shape) sides += fmt::format("{}, ", size);
  if (shape.size() > 1) sides.resize(sides.size() - 2);
  std::string header = fmt::format(
      "{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", row_of(dtype).npy, sides);
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 11, ' ');
  header += '\n';
  write_atomically(path, [&](std::ostream& out) {
    const auto size = static_cast<uint16_t>(header.size());
    out.write("\x93NUMPY\x01\x00", 8);
    out.write(reinterpret_cast<const char*>(&size), 2);
    out << header;
    fill(out);
  });
}

void write_npy(const fs::path& path, const TensorView& tensor) {
  write_npy(path, tensor.dtype, tensor.shape, [&](std::ostream& out) {
    out.write(reinterpret_cast<const char*>(tensor.data.data()),
              static_cast<std::streamsize>(tensor.data.size()));
  });
}

NpyFile read_npy(const fs::path& path) {
  NpyFile out{.file = MappedFile(path), .view = {}};
  const auto bytes = out.file.bytes();
  const auto bad = [&](std::string_view why) {
    fail("{}: is not a .npy file that Troodon reads ({})", path.string(), why);
  };
  if (bytes.size() < 12 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0)
    bad("no NumPy signature");
  const auto major = static_cast<unsigned>(bytes[6]);
  const size_t lead = major == 1 ? 10 : 12;
  uint32_t size = 0;
  std::memcpy(&size, bytes.data() + 8, major == 1 ? 2 : 4);
  if (lead + size > bytes.size()) bad("cut short");
  const std::string header(reinterpret_cast<const char*>(bytes.data()) + lead, size);
  if (header.find("'fortran_order': False") == std::string::npos) bad("Fortran order");
  const auto row = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeRow& r) {
    return header.find(fmt::format("'{}'", r.npy)) != std::string::npos;
  });
  if (row == kTypes.end()) bad("unknown dtype");
  const size_t open = header.find("'shape': (");
  if (open == std::string::npos) bad("no shape");
  const char* at = header.c_str() + open + 10;
  for (char* end = nullptr; *at != ')' && *at != '\0'; at = *end == ',' ? end + 1 : end) {
    while (*at == ' ') ++at;
    if (*at == ')') break;
    out.view.shape.push_back(std::strtoll(at, &end, 10));
    if (end == at) bad("damaged shape");
  }
  out.view.dtype = row->dtype;
  out.view.data = bytes.subspan(lead + size);
  const auto elements = checked_elements(out.view.shape, out.view.data.size() + 1);
  if (!elements || *elements * row->bytes != out.view.data.size())
    bad("its length does not fit its shape");
  return out;
}

std::string closest(std::string_view name, std::span<const std::string> known) {
  const auto distance = [&](const std::string& other) {
    std::vector<size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 1; i <= name.size(); ++i) {
      size_t diagonal = row[0]++;
      for (size_t j = 1; j <= other.size(); ++j) {
        const size_t swap = diagonal + (name[i - 1] == other[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, swap});
      }
    }
    return row.back();
  };
  const auto best = std::min_element(known.begin(), known.end(), [&](const auto& a, const auto& b) {
    return distance(a) < distance(b);
  });
  return best == known.end() ? "" : *best;
}

}  // namespace troodon
