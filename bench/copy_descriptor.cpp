// How well a network's features tell copies of a picture from other pictures, by transform, beside
// the fingerprints: at the cosine that is precise enough on other pictures (--calibrate). The
// folders are those of copy_truth.hpp.

#include <cmath>
#include <map>
#include <memory>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "bench.hpp"
#include "copy_truth.hpp"
#include "fingerprint/fingerprint.hpp"
#include "infer/embedder.hpp"

namespace {

using namespace troodon;
using bench::CopyTruth;

struct Pair {
  float score = 0;
  bool copy = false;
};
/// Every pair of a query and a reference, by the query's transform; best first, ties with copies
/// last.
using Pairs = std::map<std::string, std::vector<Pair>>;
using Score = std::function<float(size_t query, size_t reference)>;

bool better(const Pair& a, const Pair& b) {
  return a.score != b.score ? a.score > b.score : a.copy < b.copy;
}

Pairs pairs_of(const CopyTruth& truth, const Score& score) {
  std::vector<std::vector<Pair>> rows(truth.queries.size());
  parallel_for(rows.size(), [&](size_t q) {
    for (size_t r = 0; r < truth.references.size(); ++r) {
      if (r == truth.queries[q].self) continue;
      rows[q].push_back({score(q, r), truth.queries[q].group == truth.references[r].group});
    }
  });
  Pairs out;
  for (size_t q = 0; q < rows.size(); ++q) {
    auto& pairs = out[truth.queries[q].transform];
    pairs.insert(pairs.end(), rows[q].begin(), rows[q].end());
  }
  for (auto& [transform, pairs] : out) std::ranges::sort(pairs, better);
  return out;
}

std::vector<Pair> all_of(const Pairs& pairs) {
  std::vector<Pair> out;
  for (const auto& [transform, some] : pairs) out.insert(out.end(), some.begin(), some.end());
  std::ranges::sort(out, better);
  return out;
}

/// Of sorted pairs, those from `threshold` on taken for copies.
struct Found {
  size_t wanted = 0, found = 0, right = 0;
  double average_precision = 0;  ///< micro average over all pairs (spec: curation, 4.6)

  Found(const std::vector<Pair>& pairs, float threshold) {
    size_t seen = 0;
    for (const Pair& pair : pairs) {
      ++seen;
      wanted += pair.copy ? 1 : 0;
      if (pair.copy) average_precision += static_cast<double>(wanted) / static_cast<double>(seen);
      if (pair.score < threshold) continue;
      ++found;
      right += pair.copy ? 1 : 0;
    }
    if (wanted > 0) average_precision /= static_cast<double>(wanted);
  }
  double precision() const { return found == 0 ? 1 : static_cast<double>(right) / found; }
  double recall() const { return wanted == 0 ? 1 : static_cast<double>(right) / wanted; }
};

/// The lowest score from which on at least this part of the pairs are copies.
float threshold_for(double precision, const std::vector<Pair>& pairs) {
  float threshold = std::numeric_limits<float>::infinity();
  size_t right = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    right += pairs[i].copy ? 1 : 0;
    const bool last_of_its_score = i + 1 == pairs.size() || pairs[i + 1].score < pairs[i].score;
    if (last_of_its_score && static_cast<double>(right) >= precision * static_cast<double>(i + 1))
      threshold = pairs[i].score;
  }
  return threshold;
}

struct Method {
  std::string name;
  Pairs pairs;
  float threshold = 0;
};

/// Features of every query and reference, of length 1.
struct Descriptors {
  std::vector<std::vector<float>> queries, references;

  Score cosine() const {
    return [this](size_t q, size_t r) {
      return std::inner_product(queries[q].begin(), queries[q].end(), references[r].begin(), 0.0F);
    };
  }
};

std::vector<std::vector<float>> embed_all(infer::Embedder& embedder,
                                          const std::vector<image::Image>& pictures) {
  constexpr size_t kBatch = 64;
  std::vector<std::vector<float>> out;
  for (size_t from = 0; from < pictures.size(); from += kBatch) {
    const size_t count = std::min(kBatch, pictures.size() - from);
    const auto values = embedder.embed(std::span(pictures).subspan(from, count));
    const size_t width = values.size() / count;
    for (size_t i = 0; i < count; ++i) {
      std::vector<float> row(values.begin() + static_cast<int64_t>(i * width),
                             values.begin() + static_cast<int64_t>((i + 1) * width));
      const float length = std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0F));
      for (float& value : row) value /= std::max(length, 1e-12F);
      out.push_back(std::move(row));
    }
  }
  return out;
}

Descriptors describe(const CopyTruth& truth, infer::Embedder& embedder) {
  std::vector<image::Image> queries(truth.queries.size()), references(truth.references.size());
  bench::look_at_all(truth, [&](bool query, size_t place, const image::Image& image) {
    (query ? queries[place] : references[place]) = embedder.prepare(image);
  });
  return {embed_all(embedder, queries), embed_all(embedder, references)};
}

Pairs pairs_of_model(const CopyTruth& truth, infer::Embedder& embedder) {
  const Descriptors descriptors = describe(truth, embedder);
  return pairs_of(truth, descriptors.cosine());
}

/// PDQ's eight turns, and all that a fingerprint knows.
std::vector<Method> hash_methods(const CopyTruth& truth) {
  using namespace troodon::fingerprint;
  std::vector<Fingerprint> queries(truth.queries.size()), references(truth.references.size());
  bench::look_at_all(truth, [&](bool query, size_t place, const image::Image& image) {
    (query ? queries[place] : references[place]) = fingerprint_of(image);
  });
  const auto distance = [&](size_t q, size_t r) {
    return static_cast<float>(nearest_turn(queries[q].whole.hashes[0], references[r].whole));
  };
  const auto fused = [&](size_t q, size_t r) {
    return compare(queries[q], references[r], {}) ? 1 : -distance(q, r);
  };
  return {{"pdq turns", pairs_of(truth, [&](size_t q, size_t r) { return -distance(q, r); }), -63},
          {"fingerprint", pairs_of(truth, fused), 1}};
}

void print_table(const std::string& folder, const std::vector<Method>& methods) {
  fmt::print("\n{}: recall, precision, average precision\n{:26}", folder, "");
  for (const Method& method : methods) fmt::print("{:>22}", method.name);
  fmt::print("\n{:26}", "threshold");
  for (const Method& method : methods) fmt::print("{:>22.3f}", method.threshold);
  const auto line = [&](const std::string& name, const auto& pairs) {
    fmt::print("\n{:26}", name);
    for (const Method& method : methods) {
      const Found found(pairs(method), method.threshold);
      fmt::print("      {:.2f}  {:.2f}  {:.2f}",
                 found.recall(),
                 found.precision(),
                 found.average_precision);
    }
  };
  line("all", [](const Method& method) { return all_of(method.pairs); });
  for (const auto& [transform, pairs] : methods.front().pairs) {
    if (!transform.empty())
      line(transform, [&](const Method& method) { return method.pairs.at(transform); });
  }
  fmt::print("\n");
}

struct Network {
  std::string name;
  std::unique_ptr<infer::Embedder> embedder;
  float threshold = 0;
};

/// Opens a network and finds its threshold, and says what other precisions would take.
Network calibrated(const std::string& model,
                   const infer::EmbedOptions& options,
                   const CopyTruth& truth,
                   double precision) {
  const fs::path file = infer::model_file(model);
  const fs::path named = file.stem() == "teacher" ? file.parent_path() : file;
  Network out{named.stem().string().substr(0, 20),
              std::make_unique<infer::Embedder>(file, options)};
  const auto pairs = all_of(pairs_of_model(truth, *out.embedder));
  out.threshold = threshold_for(precision, pairs);
  fmt::print("{} at {} pixels, {} queries, {} references:",
             out.name,
             out.embedder->size(),
             truth.queries.size(),
             truth.references.size());
  for (const double wanted : {0.9, 0.99, 0.999}) {
    const float threshold = threshold_for(wanted, pairs);
    const Found found(pairs, threshold);
    fmt::print("  precision {} from {:.3f} on, recall {:.2f}", wanted, threshold, found.recall());
  }
  fmt::print("\n");
  return out;
}

}  // namespace

int main(int argc, char** argv) try {
  std::vector<std::string> folders, models, more;
  std::string calibration;
  infer::EmbedOptions options;
  double precision = 0.99;
  size_t limit = 600;
  uint64_t seed = 0;
  bool hashes = true;
  const std::map<std::string, infer::Fit> fits = {
      {"crop", infer::Fit::crop}, {"pad", infer::Fit::pad}, {"stretch", infer::Fit::stretch}};
  CLI::App app("copies that features find and invent, by transform");
  app.add_option("folders", folders)->required();
  app.add_option("--model", models, "checkpoints; say it again for more")->allow_extra_args(false);
  app.add_option("--calibrate", calibration, "other pictures, whose copies set the threshold")
      ->required();
  app.add_option("--limit", limit, "of those, drawn by the seed")->capture_default_str();
  app.add_option("--at", precision, "precision wanted there")->capture_default_str();
  app.add_option("--more", more, "folders of pictures that are nobody's copies");
  app.add_option("--size", options.size, "pixels; 0: what the model says");
  app.add_option("--resize", options.fit, "crop, pad or stretch")
      ->transform(CLI::CheckedTransformer(fits));
  app.add_option("--seed", seed);
  app.add_flag("--hashes,!--no-hashes", hashes, "fingerprints too");
  CLI11_PARSE(app, argc, argv);
  const CopyTruth other = bench::read_truth(calibration, seed, limit);
  std::vector<Network> networks;
  for (const std::string& model : models) {
    networks.push_back(calibrated(model, options, other, precision));
  }
  for (const std::string& folder : folders) {
    CopyTruth truth = bench::read_truth(folder, seed);
    bench::add_distractors(truth, more);
    std::vector<Method> methods = hashes ? hash_methods(truth) : std::vector<Method>();
    for (const Network& network : networks) {
      methods.push_back(
          {network.name, pairs_of_model(truth, *network.embedder), network.threshold});
    }
    fmt::print("\n{} queries, {} references", truth.queries.size(), truth.references.size());
    print_table(folder, methods);
  }
} catch (const troodon::Error& error) {
  fmt::print(stderr, "error: {}\n", error.what());
  return 1;
}
