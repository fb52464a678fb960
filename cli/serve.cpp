#include <memory>
#include <thread>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "kernels/backend.hpp"
#include "serve/site/site.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct ServeArgs {
  Common common;
  serve::HttpOptions http;
  serve::SiteOptions site;
  int64_t body_mib = 32;
  bool no_batching = false, read_only = false;
};

void say_where(const ServeArgs& args, const serve::HttpServer& server, const serve::Site& site) {
  if (args.common.json) {
    fmt::print("{}\n",
               nlohmann::ordered_json{{"url", server.url()},
                                      {"port", server.port()},
                                      {"model", site.settings.description},
                                      {"pictures", site.store->count()}}
                   .dump());
  } else {
    fmt::print("{}  {} pictures, {}; Ctrl-C stops it\n",
               server.url(),
               site.store->count(),
               site.settings.description);
    if (!args.http.token.empty()) fmt::print("open {}/?token=... once\n", server.url());
  }
  std::fflush(stdout);  // whoever started it waits for this line
}

int run_serve(ServeArgs& args) {
  kernels::use_threads(args.common.threads);
  args.http.max_body = args.body_mib << 20;
  args.site.embed.device = args.common.device;
  args.site.embed.threads = static_cast<size_t>(args.common.threads);
  args.site.batching = !args.no_batching;
  args.site.look = !args.read_only;
  serve::Site site(args.site);
  serve::HttpServer server(args.http, serve::routes_of(site), site.metrics);
  server.start();
  say_where(args, server, site);
  while (!interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  log_info("stopping: no new requests; those under way have {:g} s", args.http.grace);
  server.stop();
  return interrupt_exit_code();
}

void add_limits(CLI::App& verb, ServeArgs& args) {
  verb.add_option("--max-body", args.body_mib, "MiB of a request's body")
      ->check(CLI::Range(1, 2048))
      ->capture_default_str();
  verb.add_option("--max-pixels", args.site.max_pixels, "pixels of an uploaded picture")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--timeout", args.http.timeout, "seconds for a whole request")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  verb.add_option("--concurrency", args.http.concurrency, "requests answered at once, then 503")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  verb.add_option("--connections", args.http.connections, "open connections, idle or not")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  verb.add_option("--streams", args.http.streams, "open event streams")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  verb.add_option("--uploads", args.site.uploads, "uploaded pictures kept in memory")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  verb.add_option("--grace", args.http.grace, "seconds for what is under way when it stops")
      ->check(CLI::Range(0.0, 600.0))
      ->capture_default_str();
}

}  // namespace

void add_serve(CLI::App& app, int& status) {
  CLI::App& verb =
      add_verb(app,
               "serve",
               "A page and an HTTP interface to a folder of pictures: search, masks, map, depth, "
               "matches.",
               "  troodon serve photos/\n"
               "  troodon serve photos/ --model vits14 --port 0 --json\n"
               "  troodon serve photos/ --host 0.0.0.0 --token \"$SECRET\"");
  auto args = std::make_shared<ServeArgs>();
  verb.add_option("folder", args->site.folder, "the folder of pictures")->required();
  verb.add_option("--host",
                  args->http.host,
                  "address to listen on; others than this machine's own need --token")
      ->capture_default_str();
  verb.add_option("--port", args->http.port, "0: any free one, which is printed")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  verb.add_option("--token", args->http.token, "what others must know (or TROODON_TOKEN)")
      ->envname("TROODON_TOKEN");
  verb.add_option("--store",
                  args->site.store,
                  "postgresql://USER@HOST/DATABASE#NAME instead of FOLDER/.troodon");
  verb.add_option("--model,-m", args->site.model, "of a new collection (default: small)");
  verb.add_option("--depth-head", args->site.depth_head, "a depth head for that network")
      ->capture_default_str();
  add_limits(verb, *args);
  verb.add_flag("--no-batching", args->no_batching, "each picture goes through the network alone");
  verb.add_flag("--read-only", args->read_only, "no changes: neither looks nor saves");
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_serve(*args); });
}

}  // namespace troodon::cli
