#include <sstream>

#include "model/pickle.hpp"
#include "model/zip.hpp"
#include "targets.hpp"

namespace troodon::fuzz {
namespace {

constexpr std::string_view kMakesTensor = "ctorch._utils\n_rebuild_tensor_v2\n";

/// Lists, tuples, numbers, memos, a frame: protocol 4.
std::string plain_values() {
  std::string frame("\x80\x04\x95\x10\0\0\0\0\0\0\0", 11);
  return frame +
         "]\x94(K\x01M\x02\x01J\x01\x02\x03\x04\x8a\x02\x01\x02G@\t!\xfb\x54\x44\x2d\x18N\x88"
         "\x89\x8c\x02hi\x94h\x01"
         "e}\x94(\x8c\x01"
         "k\x85K\x02u\x86.";
}

/// Adds up every entry, so that one that leaves the file is seen.
void read_zip(Bytes bytes) {
  unsigned sum = 0;
  for (const auto& entry : model::zip_entries(bytes, "fuzz"))
    for (const std::byte b : entry.data) sum += static_cast<unsigned>(b);
  asm volatile("" : : "r"(sum));  // or the compiler would not read the bytes
}

}  // namespace

std::string pickled_text(std::string_view text) {
  return std::string{'X', static_cast<char>(text.size()), 0, 0, 0} + std::string(text);
}

std::string pickled_state_dict(bool legacy) {
  const std::string storage = "(" + pickled_text("storage") + "ctorch\nFloatStorage\nq\x01" +
                              pickled_text("0") + pickled_text("cpu") + "K\x06" +
                              (legacy ? "NtQ" : "tQ");
  const std::string sizes = std::string("K") + '\0' + "K\x02K\x03\x86K\x03K\x01\x86";
  return std::string("\x80\x02}q") + '\0' + "(" + pickled_text("w") + std::string(kMakesTensor) +
         "(" + storage + sizes + "\x89" + "ccollections\nOrderedDict\n)RtRu.";
}

std::string torch_archive() {
  std::ostringstream out;
  model::ZipWriter zip(out);
  zip.add("a/data.pkl", pickled_state_dict());
  zip.add("a/byteorder", "little");
  zip.add("a/data/0", std::string(24, 'f'));
  zip.finish();
  return out.str();
}

std::vector<Target> checkpoint_targets() {
  return {{.name = "pickle",
           .seeds = {pickled_state_dict(), plain_values()},
           .read = [](Bytes bytes) { model::read_pickle(bytes, "fuzz"); },
           .fix = nullptr},
          {.name = "zip", .seeds = {torch_archive()}, .read = read_zip, .fix = nullptr}};
}

}  // namespace troodon::fuzz
