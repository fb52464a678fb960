#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "data/kinds.hpp"
#include "data/shards.hpp"

namespace troodon::data {
namespace {

/// "ImageNet:split=TRAIN:root=DIR" -> {split: TRAIN, root: DIR}.
std::map<std::string, std::string> parts_of(const std::string& spec) {
  std::map<std::string, std::string> out;
  for (size_t at = std::min(spec.find(':'), spec.size()); at < spec.size();) {
    const size_t end = std::min(spec.find(':', at + 1), spec.size());
    const std::string part = spec.substr(at + 1, end - at - 1);
    const size_t equals = part.find('=');
    const std::string key = part.substr(0, equals);
    if (equals == std::string::npos || (key != "split" && key != "root" && key != "extra")) {
      fail(Exit::input, "{}: '{}' is none of split=NAME, root=DIR, extra=DIR", spec, part);
    }
    out[key] = part.substr(equals + 1);
    at = end;
  }
  if (out["root"].empty()) {
    fail(Exit::input, "{}: where are the pictures? Add :root=DIR, or name the folder alone", spec);
  }
  return out;
}

/// The class folders of `train`, or else the first fields of labels.txt ("n01440764,tench").
std::vector<std::string> class_names(const fs::path& root) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root / "train", error)) {
    if (entry.is_directory()) out.push_back(entry.path().filename().string());
  }
  if (out.empty() && fs::exists(root / "labels.txt")) {
    const std::string text = read_text(root / "labels.txt");
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      const std::string line = text.substr(at, end - at);
      if (!line.empty()) out.push_back(line.substr(0, line.find_first_of(", \t\r")));
      at = end + 1;
    }
  }
  std::ranges::sort(out);
  return out;
}

/// ImageNet-22k as published: n00004475.tar, n00005787.tar, ...; each holds one class.
Source open_class_tars(const fs::path& root) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.path().extension() == ".tar") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  Source source = open_shards(files);
  std::vector<std::string> labels;
  for (const Item& item : source.items) labels.push_back(fs::path(item.path).stem().string());
  source.classes.clear();
  number_labels(source, labels);
  describe(source, root.string(), fmt::format("{} class archives", files.size()));
  return source;
}

bool holds_tars(const fs::path& root) {
  std::error_code error;
  return std::ranges::any_of(fs::directory_iterator(root, error),
                             [](const auto& entry) { return entry.path().extension() == ".tar"; });
}

}  // namespace

bool names_imagenet(const std::string& spec) {
  return spec == "ImageNet" || spec == "ImageNet22k" || spec.starts_with("ImageNet:") ||
         spec.starts_with("ImageNet22k:");
}

Source open_imagenet(const std::string& spec) {
  auto parts = parts_of(spec);
  const fs::path root = parts["root"];
  if (!fs::is_directory(root)) fail(Exit::input, "{}: there is no folder {}", spec, root.string());
  if (spec.starts_with("ImageNet22k")) {
    return holds_tars(root) ? open_class_tars(root) : open_folder(root, "");
  }
  const std::string split = parts["split"].empty() ? "train" : lower(parts["split"]);
  Source source = open_folder(root, split);
  const auto classes = class_names(root);
  if (!source.classes.empty() && !classes.empty()) align_labels(source, classes);
  return source;
}

}  // namespace troodon::data
