#include "frozen/cache.hpp"

#include <algorithm>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "frozen/contents.hpp"
#include "frozen/row_store.hpp"
#include "infer/settings.hpp"
#include "store/results.hpp"

namespace troodon::frozen {
namespace {

infer::ExtractOptions extract_options(const VectorOptions& options) {
  infer::ExtractOptions out{.resize = options.resize, .model = options.model};
  out.embed = {.device = options.device,
               .size = options.size,
               .output = options.output,
               .layers = options.layers,
               .backend = options.backend,
               .precision = options.precision,
               .threads = options.threads};
  out.batch = options.batch;
  out.threads = options.threads;
  return out;
}

/// All that a row depends on besides its picture; known without opening the network.
std::string settings_of(const VectorOptions& options, const fs::path& cache) {
  const infer::ExtractOptions extract = extract_options(options);
  return nlohmann::ordered_json{{"model", model_key(options.model, cache)},
                                {"computed_by", infer::computed_by(extract.embed)},
                                {"precision", static_cast<int>(options.precision)},
                                {"size", options.size},
                                {"resize", static_cast<int>(options.resize)},
                                {"output", static_cast<int>(options.output)},
                                {"layers", options.layers}}
      .dump();
}

/// One call's pictures and what is known of them.
struct Call {
  const VectorOptions& options;
  const data::Source& source;
  std::vector<Result<int64_t>> contents;  ///< of each item
};

/// The first item of each content that has no row yet.
data::Source unknown_items(const Call& call, const RowStore& rows) {
  data::Source out;
  std::unordered_map<int64_t, bool> seen;
  for (size_t i = 0; i < call.source.items.size(); ++i) {
    const auto& content = call.contents[i];
    if (content && !rows.knows(*content) && seen.try_emplace(*content).second)
      out.items.push_back(call.source.items[i]);
  }
  return out;
}

/// Content -> reason, of the items that a part could not show to the network. Reasons lose the
/// place that they begin with: the same content may lie elsewhere.
std::map<int64_t, std::string> bad_contents(const Call& call, const fs::path& job) {
  std::map<std::string, std::string> reasons;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(job, error)) {
    if (entry.path().extension() != ".safetensors") continue;
    const TensorFile part(entry.path());
    const auto bad = nlohmann::json::parse(part.metadata().at("bad"));
    for (const auto& [place, reason] : bad.items()) reasons[place] = reason;
  }
  std::map<int64_t, std::string> out;
  for (size_t i = 0; i < call.source.items.size() && !reasons.empty(); ++i) {
    const std::string place = data::place_of(call.source.items[i]);
    const auto found = reasons.find(place);
    if (found == reasons.end() || !call.contents[i]) continue;
    const std::string& reason = found->second;
    const bool named = reason.starts_with(place + ": ");
    out[*call.contents[i]] = named ? reason.substr(place.size() + 2) : reason;
  }
  return out;
}

/// Shows the network what has no row; what it has seen when it stops is kept.
int64_t compute(const Call& call, RowStore& rows) {
  data::Source todo = unknown_items(call, rows);
  if (todo.items.empty()) return 0;
  const infer::ExtractOptions options = extract_options(call.options);
  infer::Embedder embedder(options.model, options.embed);
  infer::Pipeline pipeline = infer::pipeline_of(options, embedder);
  rows.fold(pipeline.layout, {});  // of killed calls
  todo = unknown_items(call, rows);
  log_info("{}, {} px: {} of {} pictures are new",
           embedder.description(),
           embedder.size(),
           todo.items.size(),
           call.source.items.size());
  pipeline.job.out = rows.new_job();
  const auto count = static_cast<int64_t>(todo.items.size()), part = pipeline.reading.part;
  std::vector<int64_t> parts;
  for (int64_t i = 0; i * part < count; ++i) parts.push_back(i);
  Progress progress("features", todo.items.size(), call.options.progress);
  const infer::Progressed done =
      infer::do_parts(pipeline, todo, {}, embedder, parts, [&](size_t n) { progress.advance(n); });
  rows.fold(pipeline.layout, bad_contents(call, pipeline.job.folder()));
  return done.pictures;
}

void note_bad(const Call& call, size_t item, const std::string& reason, Vectors& out) {
  const std::string place = data::place_of(call.source.items[item]);
  if (call.options.strict) fail(Exit::input, "{}", reason);
  ++out.bad;
  out.bad_files[place] = reason;
}

void add_row(const Call& call, size_t item, std::span<const float> row, Vectors& out) {
  const data::Item& from = call.source.items[item];
  out.features.values.insert(out.features.values.end(), row.begin(), row.end());
  out.features.ids.push_back(from.id);
  out.features.labels.push_back(from.label);
  out.items.push_back(static_cast<int64_t>(item));
  if (!call.source.groups.empty()) out.groups.push_back(call.source.groups[item]);
}

/// The rows in the order of the source.
void assemble(const Call& call, const RowStore& rows, Vectors& out) {
  out.item_shape = rows.item_shape();
  out.features.classes = call.source.classes;
  for (size_t i = 0; i < call.source.items.size(); ++i) {
    const auto& content = call.contents[i];
    const std::string place = data::place_of(call.source.items[i]);
    if (!content) {
      note_bad(call, i, content.reason(), out);
    } else if (const std::string* why = rows.why_bad(*content)) {
      note_bad(call, i, place + ": " + *why, out);
    } else if (const auto row = rows.row(*content); row.empty()) {
      note_bad(call, i, place + ": changed while it was read; repeat the command", out);
    } else {
      add_row(call, i, row, out);
    }
  }
  out.features.rows = static_cast<int64_t>(out.items.size());
  if (out.features.rows == 0) {
    fail(Exit::input,
         "{}: no picture could be read; the first: {}",
         call.options.input,
         out.bad_files.empty() ? "there is none" : out.bad_files.begin()->second);
  }
  out.features.dim = static_cast<int64_t>(out.features.values.size()) / out.features.rows;
}

void check(const VectorOptions& options) {
  const bool ragged = options.resize > infer::Resize::stretch;
  const bool tokens =
      options.output == infer::Output::patches || options.output == infer::Output::blocks;
  if (ragged && tokens)
    fail(Exit::usage, "tokens of pictures of many shapes are no vectors; use --resize crop");
}

}  // namespace

fs::path cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (const auto own = variable("TROODON_CACHE"); !own.empty()) return own;
  if (const auto all = variable("XDG_CACHE_HOME"); !all.empty()) return fs::path(all) / "troodon";
  if (const auto home = variable("HOME"); !home.empty())
    return fs::path(home) / ".cache" / "troodon";
  return fs::temp_directory_path() / "troodon";
}

std::string model_key(const fs::path& model, const fs::path& cache) {
  const fs::path file = infer::model_file(model);
  if (!fs::is_regular_file(file)) return infer::model_hash(file);
  Contents contents(cache.empty() ? cache_folder() : cache);
  const auto hash = contents.of(
      file, "", [&]() -> Result<int64_t> { return store::hash_bits(infer::model_hash(file)); });
  if (!hash) fail(Exit::input, "{}", hash.reason());
  contents.save();
  return store::hash_text(*hash);
}

Vectors vectors(const VectorOptions& options) {
  return vectors(options, data::open_source(options.input));
}

Vectors vectors(const VectorOptions& options, const data::Source& source) {
  check(options);
  const fs::path cache = options.cache.empty() ? cache_folder() : options.cache;
  const std::string settings = settings_of(options, cache);
  const auto key = static_cast<int64_t>(xxh64(std::as_bytes(std::span(settings))));
  const fs::path folder = cache / "vectors" / store::hash_text(key);
  Contents contents(cache);
  const Call call{
      options, source, contents_of(source.items, contents, options.threads, options.progress)};
  Vectors out;
  if (!interrupted()) {
    RowStore rows(folder);
    out.computed = compute(call, rows);
    out.hit = out.computed == 0;
    if (!out.hit) write_atomically(folder / "settings.json", settings + "\n");
    if (!interrupted()) assemble(call, rows, out);
  }
  out.interrupted = interrupted();
  return out;
}

}  // namespace troodon::frozen
