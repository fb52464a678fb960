#include "model/torch_file.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <set>

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "base/place.hpp"
#include "model/pickle.hpp"
#include "model/zip.hpp"

namespace troodon::model {
namespace {

using Bytes = std::span<const std::byte>;

/// First bytes of the stream format: a pickled magic number.
constexpr std::array<uint8_t, 15> kLegacyMagic = {
    0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e};
constexpr int kMaxNesting = 8;

/// The file that is read, and how much of it is wanted.
struct Origin {
  const MappedFile& file;
  std::string path;
  Contents contents;
};

/// Storages by key; those of the older format have no checksum.
using Storages = std::map<std::string, ZipEntry>;

/// Makes tensors over storages; each storage is copied out of the file once, and the memory that
/// the file took for it given back.
class StorageTensors {
 public:
  StorageTensors(const Origin& origin, Storages raw) : origin_(origin), raw_(std::move(raw)) {}

  torch::Tensor make(const PickleTensor& stored) {
    check(stored);
    const torch::Tensor& flat = storage(stored.storage);
    return flat.as_strided(stored.sizes, stored.strides, stored.offset);
  }

 private:
  [[noreturn]] void bad(const std::string& what) const {
    fail(Exit::input, "{}: damaged checkpoint: {}", origin_.path, what);
  }

  /// Every element lies inside the storage, and none is asked for twice (an expanded tensor could
  /// claim any size).
  void check(const PickleTensor& t) const {
    if (t.sizes.size() != t.strides.size() || t.offset < 0 || t.storage.elements < 0) {
      bad("a tensor's shape makes no sense");
    }
    int64_t last = t.offset, count = 1;
    for (size_t i = 0; i < t.sizes.size(); ++i) {
      int64_t reach = 0;
      const bool overflow =
          t.sizes[i] < 0 || t.strides[i] < 0 || __builtin_mul_overflow(count, t.sizes[i], &count) ||
          __builtin_mul_overflow(std::max<int64_t>(t.sizes[i] - 1, 0), t.strides[i], &reach) ||
          __builtin_add_overflow(last, reach, &last);
      if (overflow) bad("a tensor's shape makes no sense");
    }
    if (count > 0 && (last >= t.storage.elements || count > t.storage.elements)) {
      bad("a tensor reaches beyond its storage '" + t.storage.key + "'");
    }
    if (count == 0 && t.offset > t.storage.elements) bad("a tensor starts beyond its storage");
  }

  const torch::Tensor& storage(const PickleStorage& wanted) {
    const auto known = made_.find(wanted.key);
    if (known != made_.end()) {
      if (known->second.first != wanted.dtype) bad("storage '" + wanted.key + "' has two dtypes");
      return known->second.second;
    }
    const auto found = raw_.find(wanted.key);
    if (found == raw_.end()) bad("storage '" + wanted.key + "' is missing");
    const ZipEntry& entry = found->second;
    const size_t width = dtype_bytes(wanted.dtype);
    const int64_t elements = static_cast<int64_t>(entry.data.size() / width);
    if (elements < wanted.elements) bad("storage '" + wanted.key + "' is cut short");
    const TensorView view{.name = wanted.key,
                          .dtype = wanted.dtype,
                          .shape = {elements},
                          .data = entry.data.first(static_cast<size_t>(elements) * width)};
    if (origin_.contents != Contents::shapes) check_entry(entry, origin_.path);
    const bool copy = origin_.contents == Contents::values || origin_.contents == Contents::mapped;
    const torch::Tensor flat = copy ? to_tensor(view) : to_shape(view);
    release_pages(entry.data);
    return made_.emplace(wanted.key, std::pair(wanted.dtype, flat)).first->second.second;
  }

  Origin origin_;
  Storages raw_;
  std::map<std::string, std::pair<DType, torch::Tensor>> made_;
};

/// Calls found(name, tensor) for every tensor below `value`, depth first.
void walk(PickleRef value,
          const std::string& name,
          int depth,
          const std::function<void(const std::string&, const PickleTensor&)>& found) {
  if (const auto* tensor = value->as<PickleTensor>()) return found(name, *tensor);
  const auto* dict = value->as<PickleDict>();
  if (dict == nullptr || depth > kMaxNesting) return;
  for (const auto& [key, item] : dict->items) {
    const auto* text = key->as<std::string>();
    const auto* number = key->as<int64_t>();
    if (text == nullptr && number == nullptr) continue;
    const std::string part = text != nullptr ? *text : std::to_string(*number);
    walk(item, name.empty() ? part : name + "." + part, depth + 1, found);
  }
}

std::vector<NamedTensor> collect(const Pickle& pickle, const Origin& origin, Storages raw) {
  StorageTensors storages(origin, std::move(raw));
  std::vector<NamedTensor> out;
  walk(pickle.root, "", 0, [&](const std::string& name, const PickleTensor& tensor) {
    if (out.size() > pickle.values.size())
      fail(Exit::input, "{}: the pickle blows up", origin.path);
    out.emplace_back(name, storages.make(tensor));
  });
  return out;
}

std::vector<NamedTensor> read_zip(const Origin& origin) {
  constexpr std::string_view kPickle = "/data.pkl";
  const std::vector<ZipEntry> entries = zip_entries(origin.file.bytes(), origin.path);
  const auto root = std::find_if(
      entries.begin(), entries.end(), [&](const ZipEntry& e) { return e.name.ends_with(kPickle); });
  if (root == entries.end())
    fail(Exit::input, "{}: a zip archive, but not of torch.save (no data.pkl)", origin.path);
  const std::string prefix = root->name.substr(0, root->name.size() - kPickle.size()) + "/";
  Storages raw;
  for (const ZipEntry& entry : entries) {
    if (entry.name.starts_with(prefix + "data/")) {
      raw[entry.name.substr(prefix.size() + 5)] = entry;
      continue;
    }
    check_entry(entry, origin.path);
    const std::string_view text(reinterpret_cast<const char*>(entry.data.data()),
                                entry.data.size());
    if (entry.name == prefix + "byteorder" && text != "little") {
      fail(Exit::input,
           "{}: its numbers are {}-endian; only little-endian files are read",
           origin.path,
           text.substr(0, 8));
    }
  }
  return collect(read_pickle(root->data, origin.path), origin, std::move(raw));
}

std::map<std::string, DType> storage_types(const Pickle& pickle) {
  std::map<std::string, DType> types;
  for (const PickleValue& value : pickle.values) {
    if (const auto* storage = value.as<PickleStorage>()) types[storage->key] = storage->dtype;
  }
  return types;
}

/// magic, version, machine facts, the object, the keys of its storages; then each storage: its
/// number of elements (int64) and its bytes.
std::vector<NamedTensor> read_legacy(const Origin& origin) {
  Bytes bytes = origin.file.bytes();
  const auto next = [&] {
    Pickle pickle = read_pickle(bytes, origin.path);
    bytes = bytes.subspan(pickle.bytes);
    return pickle;
  };
  for (int i = 0; i < 3; ++i) next();
  const Pickle object = next(), keys = next();
  const auto types = storage_types(object);
  const auto* list = keys.root->as<PickleSequence>();
  if (list == nullptr)
    fail(Exit::input, "{}: damaged checkpoint: no list of storages", origin.path);
  Storages raw;
  for (PickleRef item : list->items) {
    const auto* key = item->as<std::string>();
    const auto type = key == nullptr ? types.end() : types.find(*key);
    int64_t elements = 0;
    if (type == types.end() || bytes.size() < sizeof(elements)) {
      fail(Exit::input, "{}: damaged checkpoint: an unknown storage, or cut short", origin.path);
    }
    std::memcpy(&elements, bytes.data(), sizeof(elements));
    bytes = bytes.subspan(sizeof(elements));
    const size_t width = dtype_bytes(type->second);
    if (elements < 0 || static_cast<size_t>(elements) > bytes.size() / width) {
      fail(Exit::input, "{}: damaged checkpoint: storage '{}' is cut short", origin.path, *key);
    }
    raw[*key] = {.name = *key, .data = bytes.first(static_cast<size_t>(elements) * width)};
    bytes = bytes.subspan(static_cast<size_t>(elements) * width);
  }
  return collect(object, origin, std::move(raw));
}

/// Writes the pickle of a flat dict of tensors, protocol 2; tensor i lies in storage "i".
class PickleText {
 public:
  std::string state_dict(std::span<const NamedTensor> tensors) {
    out_ = "\x80\x02}(";
    for (size_t i = 0; i < tensors.size(); ++i) tensor(tensors[i].first, tensors[i].second, i);
    return out_ + "u.";
  }

 private:
  void tensor(const std::string& name, const torch::Tensor& value, size_t index) {
    text(name);
    out_ += "ctorch._utils\n_rebuild_tensor_v2\n((";
    text("storage");
    out_ += "ctorch\n" + storage_class(value) + "\n";
    text(std::to_string(index));
    text("cpu");
    integer(value.numel());
    out_ += "tQ";
    integer(0);
    integers(value.sizes());
    integers(value.strides());
    out_ += "\x89";  // requires_grad
    out_ += "ccollections\nOrderedDict\n)RtR";
  }
  static std::string storage_class(const torch::Tensor& value) {
    switch (value.scalar_type()) {
      case torch::kFloat:
        return "FloatStorage";
      case torch::kHalf:
        return "HalfStorage";
      case torch::kBFloat16:
        return "BFloat16Storage";
      case torch::kDouble:
        return "DoubleStorage";
      case torch::kLong:
        return "LongStorage";
      case torch::kByte:
        return "ByteStorage";
      case torch::kBool:
        return "BoolStorage";
      default:
        fail("cannot write a tensor of {} as .pth", torch::toString(value.scalar_type()));
    }
  }
  template <class T>
  void raw(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void text(std::string_view value) {
    out_ += 'X';
    raw(static_cast<uint32_t>(value.size()));
    out_ += value;
  }
  void integer(int64_t value) {
    out_ += "\x8a\x08";
    raw(value);
  }
  void integers(at::IntArrayRef values) {
    out_ += '(';
    for (const int64_t value : values) integer(value);
    out_ += 't';
  }
  std::string out_;
};

}  // namespace

std::vector<NamedTensor> read_torch_file(const fs::path& path, Contents contents) {
  const MappedFile file(path);
  const Origin origin{.file = file, .path = path.string(), .contents = contents};
  const Bytes bytes = file.bytes();
  const bool legacy = bytes.size() >= kLegacyMagic.size() &&
                      std::memcmp(bytes.data(), kLegacyMagic.data(), kLegacyMagic.size()) == 0;
  return legacy ? read_legacy(origin) : read_zip(origin);
}

void write_torch_file(const fs::path& path, std::span<const NamedTensor> tensors) {
  std::vector<NamedTensor> plain;
  for (const auto& [name, value] : tensors)
    plain.emplace_back(name, value.detach().cpu().contiguous());
  const std::string prefix = path.stem().string() + "/";
  write_atomically(path, [&](std::ostream& out) {
    ZipWriter zip(out);
    zip.add(prefix + "data.pkl", PickleText().state_dict(plain));
    zip.add(prefix + "byteorder", "little");
    for (size_t i = 0; i < plain.size(); ++i) {
      const TensorView view = to_view(plain[i].first, plain[i].second);
      zip.add(prefix + "data/" + std::to_string(i), view.data);
    }
    zip.add(prefix + "version", "3\n");
    zip.finish();
  });
}

}  // namespace troodon::model
