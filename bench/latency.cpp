// Milliseconds for one prepared picture with the model loaded: what a server's user waits for.

#include <map>

#include "bench.hpp"
#include "image/decode.hpp"
#include "infer/embedder.hpp"
#include "kernels/backend.hpp"

int main(int argc, char** argv) {
  using namespace troodon;
  kernels::prepare_process(argv);
  CLI::App app("latency of one picture");
  fs::path model, picture;
  int64_t calls = 20;
  int threads = 0;
  infer::EmbedOptions options{.device = "cpu", .single = true};
  const std::map<std::string, infer::Backend> backends = {{"auto", infer::Backend::automatic},
                                                          {"torch", infer::Backend::torch},
                                                          {"openvino", infer::Backend::openvino},
                                                          {"native", infer::Backend::native}};
  app.add_option("--model", model)->required();
  app.add_option("--picture", picture)->required();
  app.add_option("--size", options.size);
  app.add_option("--threads", threads);
  app.add_option("--calls", calls);
  app.add_option("--backend", options.backend)->transform(CLI::CheckedTransformer(backends));
  CLI11_PARSE(app, argc, argv);
  kernels::use_threads(threads);
  options.threads = static_cast<size_t>(threads);

  infer::Embedder embedder(model, options);
  const auto decoded = image::read(picture);
  if (!decoded) {
    fmt::print(stderr, "{}\n", decoded.reason());
    return 1;
  }
  const image::Image ready = embedder.prepare(*decoded);
  embedder.embed(std::span(&ready, 1));  // compiles, fills caches
  std::vector<double> samples;
  for (int64_t i = 0; i < calls; ++i) {
    samples.push_back(1000 * bench::seconds_of([&] { embedder.embed(std::span(&ready, 1)); }));
  }
  bench::print_samples("one picture", "ms", samples);
  kernels::leave(0);
}
