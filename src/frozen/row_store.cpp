#include "frozen/row_store.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/parallel.hpp"
#include "store/parts.hpp"
#include "store/results.hpp"

namespace troodon::frozen {
namespace {

constexpr size_t kFileBytes = 256 << 20;  ///< a file of rows is not begun anew below this
constexpr size_t kSmallFiles = 16;        ///< so many small ones become one

std::string checksum(const TensorView& content, const TensorView& features) {
  return store::hash_text(static_cast<int64_t>(xxh64(features.data, xxh64(content.data))));
}

std::vector<fs::path> entries(const fs::path& folder, const std::string& ending) {
  std::vector<fs::path> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const fs::path& path = entry.path();
    if (path.filename().string().front() != '.' && path.extension() == ending) out.push_back(path);
  }
  std::ranges::sort(out);
  return out;
}

/// Opened and found whole; nullptr: removed.
template <class Open>
auto whole_or_removed(const fs::path& file, const Open& open) -> decltype(open()) {
  try {
    return open();
  } catch (const std::exception& error) {
    std::error_code there;
    if (fs::exists(file, there))  // else another process has folded it
      log_warning("{}; its rows are computed anew", error.what());
    fs::remove(file, there);
    return nullptr;
  }
}

std::shared_ptr<const TensorFile> open_rows(const fs::path& path) {
  return whole_or_removed(path, [&] {
    auto file = std::make_shared<const TensorFile>(path);
    const TensorView &content = file->at("content_hash"), &features = file->at("features");
    const auto sum = file->metadata().find("checksum");
    const bool whole = content.dtype == DType::i64 && features.dtype == DType::f32 &&
                       !features.shape.empty() && features.shape[0] == content.elements() &&
                       sum != file->metadata().end() && sum->second == checksum(content, features);
    if (!whole) fail("{}: this cache file is damaged", path.string());
    return file;
  });
}

/// Rows on their way into a file.
class Gathering {
 public:
  Gathering(fs::path folder, const store::Layout& layout)
      : folder_(std::move(folder)), layout_(layout) {}

  void add(std::span<const int64_t> content, std::span<const std::byte> features) {
    content_.insert(content_.end(), content.begin(), content.end());
    features_.insert(features_.end(), features.begin(), features.end());
    if (features_.size() >= kFileBytes) write({});
  }

  void write(const std::map<int64_t, std::string>& bad) {
    if (content_.empty() && bad.empty()) return;
    const auto count = static_cast<int64_t>(content_.size());
    std::vector<int64_t> shape = layout_.item;
    shape.insert(shape.begin(), count);
    const TensorView content{"content_hash", DType::i64, {count}, bytes_of(content_)};
    const TensorView features{"features", layout_.dtype, shape, features_};
    nlohmann::json reasons = nlohmann::json::object();
    for (const auto& [hash, reason] : bad) reasons[store::hash_text(hash)] = reason;
    const std::string text = reasons.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const std::string sum = checksum(content, features);
    const std::string key = sum + text;
    const auto name = static_cast<int64_t>(xxh64(std::as_bytes(std::span(key))));
    const fs::path path = folder_ / (store::hash_text(name) + ".safetensors");
    write_safetensors(path, std::vector{content, features}, {{"checksum", sum}, {"bad", text}});
    written_.insert(path);
    content_.clear(), features_.clear();
  }
  const std::set<fs::path>& written() const { return written_; }

 private:
  fs::path folder_;
  const store::Layout& layout_;
  std::vector<int64_t> content_;
  std::vector<std::byte> features_;
  std::set<fs::path> written_;
};

/// Removes what was folded. A folder in which somebody still works is not empty and stays, unless
/// that was long ago.
void remove_folded(const std::vector<fs::path>& files, const std::vector<fs::path>& jobs) {
  std::error_code ignored;
  for (const auto& path : files) fs::remove(path, ignored);
  for (const auto& job : jobs) {
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(job, ignored);
    age > std::chrono::days(1) ? fs::remove_all(job, ignored) : fs::remove(job, ignored);
  }
}

}  // namespace

void RowStore::open() {
  files_.clear(), rows_.clear(), bad_.clear(), item_shape_.clear();
  const std::vector<fs::path> paths = entries(folder_, ".safetensors");
  std::vector<std::shared_ptr<const TensorFile>> opened(paths.size());
  parallel_for(paths.size(), [&](size_t i) { opened[i] = open_rows(paths[i]); });
  for (const auto& file : opened) {
    if (file) take(file);
  }
}

void RowStore::take(const std::shared_ptr<const TensorFile>& file) {
  const TensorView& features = file->at("features");
  const auto content = file->at("content_hash").as<int64_t>();
  if (!content.empty()) {
    item_shape_.assign(features.shape.begin() + 1, features.shape.end());
    row_floats_ = features.as<float>().size() / content.size();
  }
  for (size_t i = 0; i < content.size(); ++i)
    rows_[content[i]] = features.as<float>().data() + i * row_floats_;
  const auto bad = file->metadata().find("bad");
  if (bad != file->metadata().end()) {
    const auto reasons = nlohmann::json::parse(bad->second);
    for (const auto& [hash, reason] : reasons.items())
      bad_[store::hash_bits(hash)] = reason.get<std::string>();
  }
  files_.push_back(file);
}

const std::string* RowStore::why_bad(int64_t content) const {
  const auto found = bad_.find(content);
  return found == bad_.end() ? nullptr : &found->second;
}

std::span<const float> RowStore::row(int64_t content) const {
  const auto found = rows_.find(content);
  if (found == rows_.end()) return {};
  return {found->second, row_floats_};
}

fs::path RowStore::new_job() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return folder_ / fmt::format("job_{}_{:x}", ::getpid(), now / std::chrono::nanoseconds(1));
}

void RowStore::fold(const store::Layout& layout, const std::map<int64_t, std::string>& bad) {
  Gathering gathering(folder_, layout);
  std::vector<fs::path> done;
  const std::vector<fs::path> jobs = entries(folder_, ".parts");
  for (const auto& job : jobs) {
    for (const auto& path : entries(job, ".safetensors")) {
      const auto part =
          whole_or_removed(path, [&] { return std::make_shared<const store::Part>(path, layout); });
      if (part) gathering.add(part->content_hash(), part->features(0, part->rows()));
      done.push_back(path);
    }
  }
  std::map<int64_t, std::string> all_bad = bad;
  std::vector<std::shared_ptr<const TensorFile>> small;
  for (const auto& file : files_) {
    if (file->at("features").data.size() < kFileBytes / 2) small.push_back(file);
  }
  if (small.size() >= kSmallFiles) {
    for (const auto& file : small) {
      gathering.add(file->at("content_hash").as<int64_t>(), file->at("features").data);
      done.push_back(file->path());
    }
    all_bad.insert(bad_.begin(), bad_.end());
  }
  gathering.write(all_bad);
  std::erase_if(done, [&](const fs::path& path) { return gathering.written().contains(path); });
  remove_folded(done, jobs);
  open();
}

}  // namespace troodon::frozen
