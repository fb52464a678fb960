#pragma once

#include <memory>
#include <string>

#include "serve/http/http_server.hpp"
#include "serve/metrics.hpp"
#include "serve/page.hpp"
#include "serve/site/depths.hpp"
#include "serve/site/explored.hpp"
#include "serve/site/indexing.hpp"
#include "serve/site/looks.hpp"
#include "serve/site/pictures.hpp"
#include "serve/site/sights.hpp"

namespace troodon::serve {

struct SiteOptions {
  std::string folder;  ///< pictures below it
  std::string store;   ///< "": in the folder; else as collection::open_store takes it
  fs::path model;      ///< "": the collection's own, of a new one "small"
  fs::path depth_head = "depth";
  infer::EmbedOptions embed;        ///< device, threads, backend, precision
  int64_t max_pixels = 64'000'000;  ///< of an upload
  size_t uploads = 64;
  bool batching = true;
  bool look = true;  ///< for new pictures, at the start and when asked
};

/// All that handlers share. Members are made in this order, and end in the other.
struct Site {
  /// Opens the collection, made first where there is none, and its network. Throws Error.
  explicit Site(const SiteOptions& options);

  SiteOptions options;
  Metrics metrics;
  Page page;
  std::shared_ptr<collection::Store> store;
  collection::Settings settings;
  Decoders decoders;
  Uploads uploads;
  Pictures pictures;
  Looks looks;
  search::Searcher searcher;
  Sights sights;
  Depths depths;
  Explorer explorer;
  Indexing indexing;
};

/// Everything that can be asked of a site (docs/http.md).
Routes routes_of(Site& site);

}  // namespace troodon::serve
