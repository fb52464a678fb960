#include "infer/extract.hpp"

#include <algorithm>
#include <ostream>

#include "base/disk.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "data/images.hpp"
#include "infer/settings.hpp"
#include "store/parts.hpp"

namespace troodon::infer {
namespace {

constexpr int64_t kRowOverhead = 100;  ///< bytes: id, label, content hash
constexpr size_t kListedBad = 1000;
constexpr size_t kCalibrationPictures = 64;

/// All that one call knows.
struct Call {
  const ExtractOptions& options;
  data::Source source;
  Embedder embedder;
  Pipeline pipeline;
  store::Destination to;
  std::string settings;

  int64_t pictures() const { return static_cast<int64_t>(source.items.size()); }
  int64_t parts() const { return (pictures() + pipeline.reading.part - 1) / pipeline.reading.part; }
  /// Of so many rows; of ragged ones as if their pictures were square.
  uint64_t bytes_of(int64_t rows) const {
    const int64_t side = pipeline.reading.geometry.size / pipeline.reading.geometry.patch;
    const int64_t tokens = pipeline.layout.ragged ? side * side : 1;
    return static_cast<uint64_t>(rows) *
           (static_cast<uint64_t>(tokens) * pipeline.layout.item_bytes() + kRowOverhead);
  }
};

data::Source limited_source(const ExtractOptions& options) {
  data::Source source = data::open_source(options.input);
  if (options.limit > 0 && static_cast<size_t>(options.limit) < source.items.size())
    source.items.resize(static_cast<size_t>(options.limit));
  log_info("{}", source.description);
  return source;
}

/// Shows a network of low precision the first pictures that can be read.
void calibrate(Embedder& embedder, const data::Source& source) {
  std::vector<image::Image> pictures;
  for (const auto& item : source.items) {
    if (pictures.size() == kCalibrationPictures) break;
    if (const auto picture = data::read_picture(item))
      pictures.push_back(embedder.prepare(*picture));
  }
  const Fidelity fidelity = embedder.calibrate(pictures);
  log_info(
      "precision measured on {} pictures: cosine to float32 {:.5f} on average, {:.5f} at worst",
      fidelity.pictures,
      fidelity.mean_cosine,
      fidelity.smallest_cosine);
}

Call begin(const ExtractOptions& options) {
  check_options(options);
  store::destination_of(options.out, options.format);  // refuses a wrong name before the work
  data::Source source = limited_source(options);
  Embedder embedder(options.model, options.embed);
  log_info("{}, {} px", embedder.description(), embedder.size());
  Pipeline pipeline = pipeline_of(options, embedder);
  store::Destination to = destination_of(options, pipeline);
  pipeline.job.out = to.path;
  std::string settings = settings_of(options, embedder, pipeline.reading.geometry);
  return {options, std::move(source), std::move(embedder), std::move(pipeline), to, settings};
}

std::vector<int64_t> open_parts(const Call& call) {
  std::vector<int64_t> out;
  for (int64_t part = 0; part < call.parts(); ++part) {
    if (!fs::exists(call.pipeline.job.part(part))) out.push_back(part);
  }
  return out;
}

/// The parts that this rank does.
std::vector<int64_t> share_of(std::vector<int64_t> parts, const Ranks& ranks) {
  std::erase_if(parts, [&](int64_t part) { return part % ranks.size() != ranks.rank(); });
  return parts;
}

int64_t pictures_of(const Call& call, const std::vector<int64_t>& parts) {
  const int64_t each = call.pipeline.reading.part;
  int64_t out = 0;
  for (const int64_t part : parts) out += std::min(each, call.pictures() - part * each);
  return out;
}

void check_space(const Call& call, int64_t open_pictures) {
  const uint64_t result = call.bytes_of(call.pictures()), parts = call.bytes_of(open_pictures);
  log_info("{}: {}{} will be written, and {} of parts beside it until then",
           call.to.path.string(),
           call.pipeline.layout.ragged ? "about " : "",
           size_text(result),
           size_text(parts));
  check_free_space(call.to.path,
                   result + parts,
                   fmt::format("{}: the features and their parts need {}",
                               call.to.path.string(),
                               size_text(result + parts)));
}

store::Reuse open_older(const Call& call) {
  if (!call.options.update || !fs::exists(call.to.path)) return {};
  store::Reuse reuse(call.to.path, call.settings, call.pipeline.layout);
  if (!reuse.reason().empty()) log_warning("{}; everything is computed anew", reuse.reason());
  return reuse;
}

void compute(Call& call, const std::vector<int64_t>& todo, ExtractResult& result) {
  if (todo.empty()) return;
  const store::Reuse reuse = open_older(call);
  const int64_t open = pictures_of(call, todo);
  check_space(call, open);
  Progress progress("features", call.source.items.size(), call.options.progress);
  progress.start_at(static_cast<size_t>(call.pictures() - open));
  const Progressed done =
      do_parts(call.pipeline, call.source, reuse, call.embedder, todo, [&](size_t n) {
        progress.advance(n);
      });
  result.busy = done.busy;
  result.seconds = done.busy.seconds;
  result.images_per_second = static_cast<double>(done.pictures) / std::max(result.seconds, 1e-9);
  result.reused = done.reused;
  result.computed = done.pictures - done.reused;
  if (done.pictures > done.reused) log_info("{}", throughput_text(done.busy, done.pictures));
}

/// OUT.failed.txt: path, tab, reason; none if every picture could be read.
void list_bad(const Call& call, const store::Parts& parts, ExtractResult& result) {
  const fs::path file = call.to.path.string() + ".failed.txt";
  parts.each_bad([&](const std::string& path, const std::string& reason) {
    ++result.bad;
    if (result.bad_files.size() < kListedBad) result.bad_files[path] = reason;
  });
  std::error_code ignored;
  if (result.bad == 0) return void(fs::remove(file, ignored));
  write_atomically(file, [&](std::ostream& out) {
    parts.each_bad([&](const std::string& path, const std::string& reason) {
      out << path << '\t' << reason << '\n';
    });
  });
}

uint64_t bytes_on_disk(const fs::path& out) {
  if (!fs::is_directory(out)) return fs::file_size(out);
  uint64_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(out)) bytes += entry.file_size();
  return bytes;
}

void assemble(const Call& call, ExtractResult& result) {
  std::vector<fs::path> files;
  for (int64_t part = 0; part < call.parts(); ++part) files.push_back(call.pipeline.job.part(part));
  const store::Parts parts(std::move(files), call.pipeline.layout);
  list_bad(call, parts, result);
  result.rows = parts.rows();
  if (result.rows == 0) {
    fail(Exit::input,
         "{}: no picture could be read; the first: {}",
         call.options.input,
         result.bad_files.empty() ? "there is none" : result.bad_files.begin()->second);
  }
  store::ResultInfo info{.classes = call.source.classes, .metadata = call.embedder.provenance()};
  info.metadata["model"] = result.model;
  info.metadata["settings"] = call.settings;
  write_atomically(call.pipeline.job.finished(), "");
  store::write_result(call.to, parts, info, call.pipeline.job.scratch());
}

/// Runs the body; a full or read-only disk gets the sentence that says how to go on.
template <class Body>
void keeping_parts(const Call& call, const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    if (error.code() != Exit::resource || !fs::exists(call.pipeline.job.record())) throw;
    fail(Exit::resource,
         "{}; what is done is kept in {}: make room (the result needs {}) and repeat the command",
         error.what(),
         call.pipeline.job.folder().string(),
         size_text(call.bytes_of(call.pictures())));
  }
}

/// The first rank begins the job, or goes on with it; whether it is done.
bool begin_together(const Call& call, Ranks& ranks) {
  const ExtractOptions& options = call.options;
  int64_t complete = 0;
  if (ranks.first()) {
    const bool replace = options.overwrite || options.update;
    complete = begin_job(call.pipeline.job,
                         signature_of(call.settings, options, call.pipeline, call.source),
                         replace ? store::Existing::replace : store::Existing::refuse)
                   ? 1
                   : 0;
  }
  ranks.add({&complete, 1});
  return complete != 0;
}

}  // namespace

ExtractResult extract(const ExtractOptions& options) {
  Call call = begin(options);
  ExtractResult result{.pictures = call.pictures(),
                       .item_shape = call.pipeline.layout.item,
                       .ragged = call.pipeline.layout.ragged,
                       .dtype = std::string(dtype_name(call.pipeline.layout.dtype))};
  result.model = fmt::format("{}, {} px", call.embedder.description(), call.embedder.size());
  if (options.dry_run) {
    result.rows = call.pictures();
    result.bytes = call.bytes_of(result.rows);
    return result;
  }
  Ranks alone;
  Ranks& ranks = options.ranks == nullptr ? alone : *options.ranks;
  const bool complete = begin_together(call, ranks);
  if (call.embedder.wants_calibration()) calibrate(call.embedder, call.source);
  keeping_parts(call, [&] {
    const std::vector<int64_t> todo = open_parts(call);
    ranks.barrier();  // all have seen the same parts
    result.resumed = call.pictures() - pictures_of(call, todo);
    if (!complete) compute(call, share_of(todo, ranks), result);
    result.interrupted = interrupted();
    if (result.interrupted) return;
    ranks.barrier();
    if (ranks.first()) assemble(call, result);
  });
  if (result.interrupted) return result;
  if (ranks.first()) {
    end_job(call.pipeline.job);
    result.bytes = bytes_on_disk(call.to.path);
  }
  ranks.barrier();
  return result;
}

}  // namespace troodon::infer
