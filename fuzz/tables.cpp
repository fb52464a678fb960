#include <sys/mman.h>
#include <unistd.h>

#include "base/config.hpp"
#include "base/error.hpp"
#include "base/tensor_file.hpp"
#include "formats/archive.hpp"
#include "formats/table.hpp"
#include "formats/tar.hpp"
#include "targets.hpp"

namespace troodon::fuzz {
namespace {

std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Inner {
  double rate = 0.1;
  std::vector<double> scales = {1, 2};
  void fields(auto& f) { f("rate", rate), f("scales", scales); }
};
struct Settings {
  bool on = false;
  int64_t steps = 3;
  std::string name = "x";
  Inner inner;
  void fields(auto& f) { f("on", on), f("steps", steps), f("name", name), f("inner", inner); }
};

/// What is accepted must come back from its own saved copy.
void read_settings(Bytes bytes) {
  Settings settings;
  auto list = settings_of(settings);
  apply_yaml_text(list, text_of(bytes), "fuzz");
  const std::string saved = to_yaml(list);
  Settings again;
  auto copy = settings_of(again);
  apply_yaml_text(copy, saved, "copy");
  if (to_yaml(copy) != saved) std::abort();
}

void read_override(Bytes bytes) {
  Settings settings;
  auto list = settings_of(settings);
  apply_override(list, text_of(bytes));
}

/// Adds up every byte of every tensor, so that a view that leaves the file is seen.
void touch(const TensorView& tensor) {
  unsigned sum = 0;
  for (const std::byte b : tensor.data) sum += static_cast<unsigned>(b);
  const auto elements = static_cast<size_t>(tensor.elements());
  if (elements * dtype_bytes(tensor.dtype) != tensor.data.size()) std::abort();
  asm volatile("" : : "r"(sum));  // or the compiler would not read the bytes
}

void read_tensors(Bytes bytes) {
  const MemoryFile file(bytes);
  const TensorFile tensors(file.path());
  for (const TensorView& tensor : tensors.tensors()) touch(tensor);
}

void read_array(Bytes bytes) {
  const MemoryFile file(bytes);
  const NpyFile array = read_npy(file.path());
  touch(array.view);
}

template <class Write>
std::string written(const char* name, const Write& write) {
  const fs::path file = fs::temp_directory_path() / fmt::format("fuzz_{}_{}", getpid(), name);
  write(file);
  std::string text = read_text(file);
  fs::remove(file);
  return text;
}

Target tensors_target() {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const std::vector<int64_t> labels = {7, 8};
  const std::vector<TensorView> tensors = {
      {.name = "a", .dtype = DType::f32, .shape = {2, 3}, .data = bytes_of(values)},
      {.name = "b.c", .dtype = DType::i64, .shape = {2}, .data = bytes_of(labels)}};
  const auto write = [&](const fs::path& file) { write_safetensors(file, tensors, {{"k", "v"}}); };
  return {.name = "safetensors",
          .seeds = {written("tensors", write)},
          .read = read_tensors,
          .fix = nullptr};
}

Target array_target() {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const TensorView view{.name = "", .dtype = DType::f32, .shape = {2, 3}, .data = bytes_of(values)};
  const auto write = [&](const fs::path& file) { write_npy(file, view); };
  return {.name = "npy", .seeds = {written("array", write)}, .read = read_array, .fix = nullptr};
}

constexpr size_t kBlock = 512;

void set_checksum(std::string& tar, size_t at) {
  std::fill_n(tar.begin() + static_cast<ptrdiff_t>(at) + 148, 8, ' ');
  unsigned sum = 0;
  for (size_t i = 0; i < kBlock; ++i) sum += static_cast<uint8_t>(tar[at + i]);
  const std::string digits = fmt::format("{:06o}", sum);
  tar.replace(at + 148, 8, digits + '\0' + ' ');
}

/// Every block that could be a header gets a right checksum.
void fix_tar(std::string& tar) {
  for (size_t at = 0; at + kBlock <= tar.size(); at += kBlock)
    if (tar.compare(at + 257, 5, "ustar") == 0) set_checksum(tar, at);
}

void list(Bytes bytes) {
  for (const auto& file : formats::list_tar(bytes).members)
    if (file.offset > bytes.size() || file.bytes > bytes.size() - file.offset) std::abort();
}

Target tar_target() {
  using formats::kEnd, formats::member;
  return {
      .name = "tar",
      .seeds = {member("a/b.jpg", "abc") + member("b.cls", "1") + kEnd,
                member("x", "20 path=long/name.jpg\n12 size=12\n", 'x') +
                    member("short", "hello world!") + kEnd,
                member("././@LongLink", std::string(300, 'n'), 'L') + member("n", "data") + kEnd},
      .read = list,
      .fix = fix_tar};
}

}  // namespace

MemoryFile::MemoryFile(Bytes bytes) : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
  if (::write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    std::abort();
}

MemoryFile::~MemoryFile() {
  ::close(descriptor_);
}

fs::path MemoryFile::path() const {
  return fmt::format("/proc/self/fd/{}", descriptor_);
}

std::vector<Target> table_targets() {
  const auto check = [](const formats::Table& table) {
    for (const auto& row : table.rows)
      if (row.size() != table.header.size()) std::abort();
  };
  const auto read_csv = [=](Bytes bytes) {
    check(formats::parse_table(text_of(bytes), ',', "fuzz"));
  };
  const auto read_jsonl = [=](Bytes bytes) {
    check(formats::parse_json_lines(text_of(bytes), "fuzz"));
  };
  return {{.name = "csv",
           .seeds = {"path,label\na.jpg,1\n\"b, c.jpg\",\"2\"\"\"\r\n", "\xEF\xBB\xBFx\n1\n"},
           .read = read_csv,
           .fix = nullptr},
          {.name = "jsonl",
           .seeds = {"{\"path\": \"a.jpg\", \"label\": 1}\n{\"x\": [1, {\"y\": null}], \"path\": "
                     "\"\\u00e9\"}\n",
                     "{\"a\":-1.5e3,\"b\":true}\r\n\n{}",
                     "{\"d\":" + std::string(100, '[') + std::string(100, ']') + "}"},
           .read = read_jsonl,
           .fix = nullptr},
          {.name = "yaml",
           .seeds = {"on: true\nsteps: 12\nname: abc\ninner:\n  rate: 1e-3\n  scales: [1, 2.5]\n",
                     "inner: {rate: .5, scales: []}\nname: \"q\\n\" # note\n",
                     "a: &x [1, 2]\nb: *x\n"},
           .read = read_settings,
           .fix = nullptr},
          {.name = "override",
           .seeds = {"inner.rate=0.5", "+on=true", "inner.scales=[1,2]", "name='a b'"},
           .read = read_override,
           .fix = nullptr},
          tar_target(),
          tensors_target(),
          array_target()};
}

}  // namespace troodon::fuzz
