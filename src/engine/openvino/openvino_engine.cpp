#include "engine/openvino_engine.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <openvino/openvino.hpp>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/machine.hpp"
#include "base/parallel.hpp"
#include "engine/openvino/vit_graph.hpp"

namespace troodon::engine {
namespace {

/// A compiled graph and one request per stream.
struct Compiled {
  std::vector<ov::InferRequest> requests;
  size_t next = 0;    ///< of them, in turns
  bool open = false;  ///< takes pictures of any shape, and their positions
};

/// Requests that write to memory which isn't theirs: whatever is thrown, none outlives its caller.
struct Busy {
  std::set<ov::InferRequest*> requests;
  ~Busy() {
    for (ov::InferRequest* request : requests) {
      try {
        request->wait();
      } catch (const std::exception&) {  // another one is on its way
      }
    }
  }
};

using PictureShape = std::pair<int64_t, int64_t>;

PictureShape shape_of(const image::Image& picture) {
  return {picture.height, picture.width};
}

class OpenVinoEngine : public Engine {
 public:
  OpenVinoEngine(Network network, const EngineOptions& options, const PictureShape& first)
      : network_(std::move(network)), options_(options) {
    if (options.threads == 0) options_.threads = core_count();
    if (options.precision == Precision::bf16 && !this_machine().has_bfloat16()) {
      fail(Exit::resource, "this CPU has no bfloat16 products; use fp32 or int8");
    }
    if (first.first > 0) compiled_for(first);
  }

  void run(std::span<const image::Image> pictures, float* out) override {
    run_on([&](const image::Image& one) -> Compiled& { return compiled_for(shape_of(one)); },
           pictures,
           out);
  }

  Fidelity calibrate(std::span<const image::Image> pictures) override {
    if (options_.precision == Precision::fp32) return {};
    const auto [height, width] = shape_of(pictures[0]);
    const size_t item = item_size(pictures[0]);
    std::vector<float> exact(pictures.size() * item), rough(exact.size());
    Compiled reference = compile(Precision::fp32, {height, width});
    run_on([&](const image::Image&) -> Compiled& { return reference; }, pictures, exact.data());
    run(pictures, rough.data());
    return compare_rows(exact, rough, item);
  }

  std::vector<int64_t> item_shape(int64_t height, int64_t width) const override {
    const int64_t patch = network_.patch;
    return engine::item_shape(options_, network_.dim, height / patch * (width / patch));
  }

  std::string name() const override {
    const std::string version = ov::get_openvino_version().buildNumber;  // 2026.4.1-21919-...
    return "OpenVINO " + version.substr(0, version.find('-'));
  }

 private:
  Compiled compile(Precision precision, const GraphSize& size) {
    ov::AnyMap settings = {
        ov::hint::inference_precision(precision == Precision::bf16 ? ov::element::bf16
                                                                   : ov::element::f32),
        ov::inference_num_threads(static_cast<int32_t>(options_.threads)),
        ov::num_streams(static_cast<int32_t>(options_.single ? 1 : options_.threads)),
        // Bound to cores, the streams would wait there for whoever else computes.
        ov::hint::enable_cpu_pinning(false)};
    EngineOptions options = options_;
    options.precision = precision;
    ov::CompiledModel model =
        core_.compile_model(vit_graph(network_, options, size), "CPU", settings);
    Compiled out{.open = size.height == 0};
    for (size_t i = 0; i < (options_.single ? 1 : options_.threads); ++i) {
      out.requests.push_back(model.create_infer_request());
    }
    return out;
  }

  /// The first shape has a graph of its own; a graph for any shape is a little slower.
  Compiled& compiled_for(const PictureShape& shape) {
    if (first_.requests.empty()) {
      first_shape_ = shape;
      first_ = compile(options_.precision, {shape.first, shape.second});
    }
    if (shape == first_shape_) return first_;
    if (any_.requests.empty()) any_ = compile(options_.precision, {});
    return any_;
  }

  /// One picture a request; the streams work at the same time, whatever the shapes.
  template <class CompiledFor>
  void run_on(const CompiledFor& compiled_for, std::span<const image::Image> pictures, float* out) {
    std::map<PictureShape, std::vector<float>> positions;  // each where it stays
    Busy busy;
    for (const image::Image& picture : pictures) {
      Compiled& compiled = compiled_for(picture);
      ov::InferRequest& request = compiled.requests[compiled.next++ % compiled.requests.size()];
      if (!busy.requests.insert(&request).second) request.wait();
      std::vector<float>& starts = positions[shape_of(picture)];
      if (compiled.open && starts.empty())
        starts = token_positions(
            network_, picture.height / network_.patch, picture.width / network_.patch);
      bind(request, picture, starts, out);
      request.start_async();
      out += item_size(picture);
    }
    for (ov::InferRequest* request : busy.requests) request->wait();
  }

  /// Lets a request read and write where the data lie.
  void bind(ov::InferRequest& request,
            const image::Image& picture,
            const std::vector<float>& positions,
            float* out) const {
    const auto height = static_cast<size_t>(picture.height);
    const auto width = static_cast<size_t>(picture.width);
    auto* pixels = const_cast<uint8_t*>(picture.pixels.data());  // ov::Tensor knows no const
    request.set_input_tensor(0, ov::Tensor(ov::element::u8, {1, height, width, 3}, pixels));
    if (!positions.empty()) {
      const auto dim = static_cast<size_t>(network_.dim);
      request.set_input_tensor(1,
                               ov::Tensor(ov::element::f32,
                                          {1, positions.size() / dim, dim},
                                          const_cast<float*>(positions.data())));
    }
    const int64_t patches = grid(picture);
    const auto item = engine::item_shape(options_, network_.dim, patches);
    ov::Shape shape(item.begin(), item.end());
    if (options_.output == Output::cls || options_.output == Output::pooled) {
      shape.insert(shape.begin(), 1);  // the graph keeps the token's axis
    }
    shape.insert(shape.begin(), 1);
    request.set_output_tensor(ov::Tensor(ov::element::f32, shape, out));
  }

  int64_t grid(const image::Image& picture) const {
    return picture.height / network_.patch * (picture.width / network_.patch);
  }

  size_t item_size(const image::Image& picture) const {
    return engine::item_size(options_, network_.dim, grid(picture));
  }

  Network network_;
  EngineOptions options_;
  ov::Core core_;
  PictureShape first_shape_;
  Compiled first_, any_;
};

}  // namespace

bool has_openvino() {
  return true;
}

std::unique_ptr<Engine> openvino_engine(Network network,
                                        const EngineOptions& options,
                                        int64_t height,
                                        int64_t width) {
  return std::make_unique<OpenVinoEngine>(std::move(network), options, PictureShape{height, width});
}

}  // namespace troodon::engine
