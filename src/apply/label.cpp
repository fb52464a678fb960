#include "apply/label.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "apply/label_files.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/parallel.hpp"
#include "base/work.hpp"
#include "data/images.hpp"
#include "exports/datasets.hpp"

namespace troodon::apply {
namespace {

constexpr size_t kPiece = 8;  // pictures: what a kill costs at most
constexpr const char *kRecords = "predictions.jsonl", *kParts = ".parts", *kFailed = "failed.txt";

/// What is made of a picture: its record, or why there is none.
struct Made {
  Record record;
  std::string reason;
};

/// All that one call knows.
struct Call {
  const PredictOptions& options;
  data::Source source;
  infer::Predictor predictor;
  std::vector<HeadPlace> places;
  std::vector<std::string> formats;  ///< of all heads
  std::vector<Named> named;          ///< the source's pictures
  std::string settings;
};

std::vector<Named> names_of(const data::Source& source) {
  std::vector<std::string> ids;
  for (const auto& item : source.items) ids.push_back(item.id);
  const auto stems = exports::file_stems(ids, false), flat = exports::file_stems(ids, true);
  std::vector<Named> out;
  for (size_t i = 0; i < ids.size(); ++i) out.push_back({source.items[i], stems[i], flat[i]});
  return out;
}

std::string settings_of(const Call& call) {
  nlohmann::ordered_json out = {{"predictor", call.predictor.settings()}};
  if (std::ranges::count(call.formats, "ply") > 0) {
    out["field_of_view"] = call.options.field_of_view;
    if (call.options.intrinsics) out["intrinsics"] = *call.options.intrinsics;
  }
  return out.dump();
}

Call begin(const PredictOptions& options) {
  data::Source source = data::open_source(options.input);
  if (options.limit > 0 && static_cast<size_t>(options.limit) < source.items.size())
    source.items.resize(static_cast<size_t>(options.limit));
  log_info("{}", source.description);
  infer::Predictor predictor(options.model, options.heads, options.predictor);
  log_info("{}", predictor.description());
  std::vector<HeadPlace> places = places_of(options, predictor);
  std::set<std::string> formats;
  for (const auto& place : places) formats.insert(place.formats.begin(), place.formats.end());
  std::vector<Named> named = names_of(source);
  Call call{options,
            std::move(source),
            std::move(predictor),
            std::move(places),
            {formats.begin(), formats.end()},
            std::move(named),
            ""};
  call.settings = settings_of(call);
  if (formats.contains("ply") && !options.intrinsics)
    log_info(
        "point clouds assume a horizontal field of view of {:g} degrees; --intrinsics says "
        "better",
        options.field_of_view);
  return call;
}

/// Records of earlier calls; refuses those of other settings.
std::vector<Record> earlier(const Call& call) {
  const fs::path file = call.options.out / kRecords;
  if (call.options.overwrite) return {};
  Records found = read_records(file);
  if (!found.settings.empty() && found.settings != call.settings) {
    fail(Exit::usage,
         "{}: holds predictions of another model, other heads or other settings; name another "
         "folder, or write --overwrite to replace them",
         call.options.out.string());
  }
  return std::move(found.records);
}

bool is_done(const Call& call, const Record& record, const Named& named) {
  if (record.path != named.item.path || record.heads.size() != call.places.size()) return false;
  if (!std::ranges::includes(record.formats, call.formats)) return false;
  return std::ranges::all_of(call.places, [&](const HeadPlace& place) {
    return std::ranges::all_of(files_of(place, named),
                               [](const fs::path& file) { return fs::exists(file); });
  });
}

/// Pictures of some items; a reason where one cannot be read.
std::vector<Made> make_piece(Call& call, std::span<const size_t> which) {
  std::vector<Made> out(which.size());
  std::vector<image::Image> pictures(which.size());
  const size_t threads = call.options.predictor.threads;
  parallel_for(
      which.size(),
      [&](size_t i) {
        auto picture = data::read_picture(call.named[which[i]].item);
        if (picture)
          pictures[i] = std::move(*picture);
        else
          out[i].reason = picture.reason();
      },
      threads);
  std::vector<std::vector<infer::Prediction>> said(which.size());
  for (size_t i = 0; i < which.size(); ++i) {
    if (call.options.strict && !out[i].reason.empty()) fail(Exit::input, "{}", out[i].reason);
    if (interrupted()) fail(Exit::interrupted, "stopped; repeat the same command to go on");
    if (out[i].reason.empty()) said[i] = call.predictor.predict(pictures[i]);
  }
  parallel_for(
      which.size(),
      [&](size_t i) {
        const Named& named = call.named[which[i]];
        out[i].record = {.id = named.item.id, .path = named.item.path, .formats = call.formats};
        if (!out[i].reason.empty()) return;
        out[i].record.width = pictures[i].width, out[i].record.height = pictures[i].height;
        for (size_t head = 0; head < call.places.size(); ++head)
          out[i].record.heads.push_back(
              write_prediction(call.places[head], named, pictures[i], said[i][head], call.options));
      },
      threads);
  return out;
}

/// A piece as text: a line for each picture, a tab and the reason where there is no record.
std::string text_of(const std::vector<Made>& made) {
  std::string out;
  for (const Made& one : made) {
    std::string reason = one.reason;
    std::ranges::replace(reason, '\n', ' ');
    out += to_line(one.record) + '\t' + reason + '\n';
  }
  return out;
}

void take_piece(std::string_view text,
                std::span<const size_t> which,
                const Call& call,
                std::map<size_t, Record>& records,
                PredictResult& result) {
  for (const size_t i : which) {
    const size_t end = text.find('\n'), tab = text.substr(0, end).rfind('\t');
    const std::string reason(text.substr(tab + 1, end - tab - 1));
    if (reason.empty())
      records[i] = record_of(std::string(text.substr(0, tab)), kParts);
    else
      result.bad_files[data::place_of(call.named[i].item)] = reason;
    text.remove_prefix(end + 1);
  }
}

std::string job_key(const Call& call, const std::vector<size_t>& todo) {
  std::string text = call.settings + fmt::format("{}", call.formats);
  for (const size_t i : todo) text += '\n' + data::place_of(call.named[i].item);
  return fmt::format("{:016x}", xxh64(std::as_bytes(std::span(text))));
}

/// The records of all pictures that can be read, by their place in the source.
void compute(Call& call,
             const std::vector<size_t>& todo,
             std::map<size_t, Record>& records,
             PredictResult& result,
             const Work& work) {
  const auto piece = [&](size_t i) {
    return std::span(todo).subspan(i * kPiece, std::min(kPiece, todo.size() - i * kPiece));
  };
  const auto start = std::chrono::steady_clock::now();
  work.pieces(
      {.name = "pictures",
       .count = (todo.size() + kPiece - 1) / kPiece,
       .items = todo.size(),
       .label = "pictures"},
      [&](size_t i) {
        std::string text = text_of(make_piece(call, piece(i)));
        result.computed += std::ssize(piece(i));
        return text;
      },
      [&](size_t i, std::string_view text) { take_piece(text, piece(i), call, records, result); });
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void list_bad(const Call& call, const PredictResult& result) {
  const fs::path file = call.options.out / kFailed;
  std::string text;
  for (const auto& [path, reason] : result.bad_files) text += path + '\t' + reason + '\n';
  std::error_code ignored;
  if (text.empty())
    fs::remove(file, ignored);
  else
    write_atomically(file, text);
}

/// Files about all pictures: this source's first, then those of earlier calls.
void finish(const Call& call,
            std::map<size_t, Record> records,
            std::vector<Record> others,
            PredictResult& result) {
  std::vector<Record> all;
  std::vector<Named> named;
  for (auto& [i, record] : records) {
    all.push_back(std::move(record));
    named.push_back(call.named[i]);
  }
  if (all.empty() && !result.bad_files.empty())
    fail(Exit::input,
         "{}: no picture could be read; the first: {}",
         call.options.input,
         result.bad_files.begin()->second);
  for (auto& other : others) all.push_back(std::move(other));
  for (size_t head = 0; head < call.places.size(); ++head) {
    const fs::path below = call.places[head].folder.lexically_relative(call.options.out);
    for (const auto& name : write_summaries(call.places[head], all, named, head))
      result.written.push_back((below / name).lexically_normal().generic_string());
  }
  list_bad(call, result);
  write_records(call.options.out / kRecords, call.settings, all);
}

}  // namespace

PredictResult predict_pictures(const PredictOptions& options) {
  Call call = begin(options);
  PredictResult result{.model = call.predictor.description(), .pictures = std::ssize(call.named)};
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < call.named.size(); ++i) places[call.named[i].item.id] = i;
  std::map<size_t, Record> records;
  std::vector<Record> others;
  for (auto& record : earlier(call)) {
    const auto found = places.find(record.id);
    if (found == places.end()) {
      if (record.heads.size() == call.places.size()) others.push_back(std::move(record));
    } else if (is_done(call, record, call.named[found->second])) {
      records[found->second] = std::move(record);
    }
  }
  std::vector<size_t> todo;
  for (size_t i = 0; i < call.named.size(); ++i)
    if (!records.contains(i)) todo.push_back(i);
  result.kept = std::ssize(records);
  if (options.dry_run) {
    result.computed = std::ssize(todo);
    result.written = call.formats;
    return result;
  }
  try {
    const Work work(options.out / kParts, job_key(call, todo), nullptr, options.progress);
    compute(call, todo, records, result, work);
    finish(call, std::move(records), std::move(others), result);
    work.finish();
  } catch (const Error&) {
    result.interrupted = interrupted();
    if (!result.interrupted) throw;
  }
  return result;
}

}  // namespace troodon::apply
