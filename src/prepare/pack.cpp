#include "prepare/pack.hpp"

#include <algorithm>
#include <optional>
#include <ostream>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/place.hpp"
#include "data/content.hpp"
#include "data/images.hpp"
#include "data/kinds.hpp"
#include "data/source.hpp"
#include "formats/tar.hpp"

namespace troodon::prepare {
namespace {

using Json = nlohmann::ordered_json;

/// A picture's three members: key.jpg, key.cls (if it has a label), key.json.
struct Sample {
  const data::Item* item = nullptr;
  std::string key, extension, cls, json;
  uint64_t bytes = 0;  ///< of the picture

  uint64_t tar_bytes() const {
    return formats::tar_member_bytes(bytes) + formats::tar_member_bytes(json.size()) +
           (cls.empty() ? 0 : formats::tar_member_bytes(cls.size()));
  }
};

struct Plan {
  std::vector<Sample> samples;
  std::vector<size_t> ends;  ///< one past each shard's last sample
  std::string fingerprint;   ///< of everything that decides what the shards hold
  std::map<std::string, std::string> bad_files;
};

/// The extension that says what the picture is; empty if neither its name nor its bytes do.
std::string extension_of(const data::Item& item) {
  if (item.frame >= 0) return "png";
  // A shard's member has its name in the id; the path is the shard's.
  std::string extension =
      data::lower(fs::path(item.bytes == 0 ? item.path : item.id).extension().string());
  if (extension.size() > 1 && data::has_image_extension("x" + extension))
    return extension.substr(1);
  const auto stored = data::read_stored(item);
  const std::string format = stored ? data::format_of(*stored) : "other";
  if (format == "jpeg") return "jpg";
  if (format == "netpbm") return "ppm";
  if (format == "heif") return "heic";
  return format == "other" ? "" : format;
}

Sample sample_of(const data::Item& item,
                 size_t number,
                 uint64_t bytes,
                 const data::Source& source) {
  Sample out{.item = &item, .key = fmt::format("{:09}", number), .bytes = bytes};
  out.extension = extension_of(item);
  Json json = {{"troodon_id", item.id}};
  if (item.label >= 0) {
    out.cls = std::to_string(item.label);
    json["label"] = source.classes[static_cast<size_t>(item.label)];
  }
  out.json = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return out;
}

Plan make_plan(const data::Source& source, const PackOptions& options) {
  Plan plan;
  uint64_t in_shard = formats::kTarEnd;
  uint32_t crc = 0;
  for (const data::Item& item : source.items) {
    Result<uint64_t> bytes = data::stored_bytes(item);
    if (bytes && item.frame >= 0) {
      const auto frame = data::read_stored(item);
      bytes = frame ? Result<uint64_t>(frame->size()) : Failure{frame.reason()};
    }
    if (!bytes || *bytes == 0) {
      plan.bad_files[data::place_of(item)] = bytes ? "the file is empty" : bytes.reason();
      continue;
    }
    Sample sample = sample_of(item, plan.samples.size(), *bytes, source);
    if (sample.extension.empty()) {
      plan.bad_files[data::place_of(item)] = "its first bytes are those of no known picture format";
      continue;
    }
    if (in_shard > formats::kTarEnd && in_shard + sample.tar_bytes() > options.shard_bytes) {
      plan.ends.push_back(plan.samples.size());
      in_shard = formats::kTarEnd;
    }
    in_shard += sample.tar_bytes();
    const std::string line = fmt::format(
        "{} {} {} {} {}\n", sample.key, sample.extension, sample.bytes, sample.cls, sample.json);
    crc = crc32(std::as_bytes(std::span(line)), crc);
    plan.samples.push_back(std::move(sample));
  }
  if (plan.samples.empty()) fail(Exit::input, "{}: no picture in it can be packed", options.input);
  plan.ends.push_back(plan.samples.size());
  plan.fingerprint = fmt::format("{:08x}-{}-{}", crc, plan.samples.size(), options.shard_bytes);
  return plan;
}

void write_sample(std::ostream& out, const Sample& sample) {
  const auto stored = data::read_stored(*sample.item);
  if (!stored) fail(Exit::input, "{}", stored.reason());
  if (stored->size() != sample.bytes)
    fail(Exit::input, "{}: has changed while it was packed", data::place_of(*sample.item));
  formats::write_tar_member(out, sample.key + "." + sample.extension, *stored);
  if (!sample.cls.empty())
    formats::write_tar_member(out, sample.key + ".cls", std::as_bytes(std::span(sample.cls)));
  formats::write_tar_member(out, sample.key + ".json", std::as_bytes(std::span(sample.json)));
}

/// Removes what a killed call left half written, and shards of another plan where that is wanted.
void prepare(const PackOptions& options, const Plan& plan) {
  const fs::path note = options.out / "plan.txt";
  make_folders(options.out);
  std::vector<fs::path> shards, stale;
  for (const auto& entry : fs::directory_iterator(options.out)) {
    const std::string name = entry.path().filename().string();
    const bool ours = name.starts_with("shard-") && name.ends_with(".tar");
    if (ours || name == "index.json") shards.push_back(entry.path());
    if (name.ends_with(".tmp") && (name.starts_with(".shard-") || name.starts_with(".plan.txt.") ||
                                   name.starts_with(".index.json.")))
      stale.push_back(entry.path());
  }
  for (const auto& file : stale) fs::remove(file);
  const bool same = fs::exists(note) && read_text(note) == plan.fingerprint + "\n";
  if (same) return;
  if (!shards.empty() && !options.overwrite) {
    fail(Exit::usage,
         "{}: holds shards of another source or size; name an empty folder, or add --overwrite",
         options.out.string());
  }
  for (const auto& file : shards) fs::remove(file);
  write_atomically(note, plan.fingerprint + "\n");
}

}  // namespace

PackResult pack(const PackOptions& options) {
  return pack(data::open_source(options.input), options);
}

PackResult pack(const data::Source& source, const PackOptions& options) {
  const Plan plan = make_plan(source, options);
  PackResult result{
      .pictures = plan.samples.size(), .shards = plan.ends.size(), .bad_files = plan.bad_files};
  if (!options.dry_run) prepare(options, plan);
  std::optional<Progress> progress;
  if (!options.dry_run) progress.emplace("pack", plan.samples.size(), options.progress);
  Json shards = Json::array();
  size_t first = 0;
  for (size_t i = 0; i < plan.ends.size(); first = plan.ends[i++]) {
    const std::span samples(plan.samples.data() + first, plan.ends[i] - first);
    uint64_t bytes = formats::kTarEnd;
    for (const Sample& sample : samples) bytes += sample.tar_bytes();
    result.bytes += bytes;
    if (options.dry_run) continue;
    const std::string name = fmt::format("shard-{:06}.tar", i);
    const fs::path file = options.out / name;
    if (fs::exists(file) && fs::file_size(file) == bytes) {
      ++result.resumed;
    } else {
      write_atomically(file, [&](std::ostream& out) {
        for (const Sample& sample : samples) {
          if (interrupted()) throw Error("stopped; repeat the same command to go on");
          write_sample(out, sample);
        }
        formats::write_tar_end(out);
      });
    }
    progress->advance(samples.size());
    shards.push_back({{"file", name}, {"samples", samples.size()}, {"bytes", bytes}});
  }
  if (options.dry_run) return result;
  const Json index = {{"format", "troodon.shards.1"},
                      {"samples", plan.samples.size()},
                      {"classes", source.classes},
                      {"shards", shards}};
  write_atomically(options.out / "index.json", index.dump(1) + "\n");
  return result;
}

}  // namespace troodon::prepare
