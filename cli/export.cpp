#include "export/export.hpp"

#include <map>
#include <memory>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "kernels/backend.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct ExportArgs {
  Common common;
  onnx::ExportOptions options;
  bool no_preprocessing = false;
};

nlohmann::ordered_json port_json(const onnx::Port& port) {
  nlohmann::ordered_json shape = nlohmann::ordered_json::array();
  for (const auto& side : port.shape) {
    std::visit([&](const auto& value) { shape.push_back(value); }, side);
  }
  return {{"name", port.name}, {"shape", shape}, {"meaning", port.meaning}};
}

nlohmann::ordered_json verification_json(const onnx::Verification& done) {
  if (done.by.empty()) return {{"verified", false}, {"reason", done.without}};
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const auto& size : done.sizes) {
    for (const auto& check : size.outputs) {
      rows.push_back({{"batch", size.batch},
                      {"height", size.height},
                      {"width", size.width},
                      {"output", check.output},
                      {"largest_difference", check.largest_difference},
                      {"smallest_cosine", check.smallest_cosine}});
    }
  }
  return {{"verified", true},
          {"by", done.by},
          {"onnx_checker", done.checker},
          {"wanted_cosine", done.wanted_cosine},
          {"outputs", rows}};
}

void print_json(const onnx::ExportOptions& options, const onnx::ExportResult& result) {
  nlohmann::ordered_json object = {{"path", options.out.string()},
                                   {"network", result.network},
                                   {"precision", options.graph.half ? "float16" : "float32"},
                                   {"opset", options.graph.opset},
                                   {"nodes", result.nodes},
                                   {"weight_bytes", result.weight_bytes},
                                   {"weights_beside", result.weights_beside},
                                   {"written", !options.dry_run}};
  for (const auto& port : result.inputs) object["inputs"].push_back(port_json(port));
  for (const auto& port : result.outputs) object["outputs"].push_back(port_json(port));
  if (!options.dry_run) object["verification"] = verification_json(result.verification);
  fmt::print("{}\n", object.dump());
}

void print_ports(const char* what, const std::vector<onnx::Port>& ports) {
  for (const auto& port : ports) {
    std::vector<std::string> shape;
    for (const auto& side : port.shape) {
      std::visit([&](const auto& value) { shape.push_back(fmt::format("{}", value)); }, side);
    }
    fmt::print("  {} {} [{}]: {}\n", what, port.name, fmt::join(shape, ","), port.meaning);
  }
}

void print_verification(const onnx::Verification& done) {
  if (done.by.empty()) {
    log_warning("not verified: {}", done.without);
    return;
  }
  fmt::print("  verified with {}{}: every token beside the network's own\n",
             done.by,
             done.checker ? " and onnx's checker" : "");
  for (const auto& size : done.sizes) {
    for (const auto& check : size.outputs) {
      fmt::print(
          "    {:>9} px, batch {}  {:<16} largest difference {:.1e}, smallest cosine {:.7f}\n",
          fmt::format("{}x{}", size.height, size.width),
          size.batch,
          check.output,
          check.largest_difference,
          check.smallest_cosine);
    }
  }
}

int run_export(ExportArgs& args) {
  kernels::use_threads(args.common.threads);
  onnx::ExportOptions& options = args.options;
  options.graph.preprocessing = !args.no_preprocessing;
  const onnx::ExportResult result = onnx::export_onnx(options);
  if (args.common.json) {
    print_json(options, result);
    return 0;
  }
  fmt::print("{}\n  {} {}{}: {} nodes, {:.1f} MB of {} weights, opset {}\n",
             result.network,
             options.dry_run ? "would be written to" : "written to",
             options.out.string(),
             result.weights_beside ? " and .data beside it" : "",
             result.nodes,
             static_cast<double>(result.weight_bytes) / 1e6,
             options.graph.half ? "float16" : "float32",
             options.graph.opset);
  print_ports("input", result.inputs);
  print_ports("output", result.outputs);
  if (!options.dry_run) print_verification(result.verification);
  return 0;
}

}  // namespace

void add_export(CLI::App& app, int& status) {
  CLI::App& verb = add_verb(app,
                            "export",
                            "Write a backbone as ONNX, and prove that it computes the same.",
                            "  troodon export dinov2_vits14_pretrain.pth vits14.onnx\n"
                            "  troodon export runs/first first.onnx --half --verify required\n"
                            "  troodon export runs/first cls.onnx --output cls --no-preprocessing");
  auto args = std::make_shared<ExportArgs>();
  onnx::ExportOptions& options = args->options;
  static const std::map<std::string, onnx::Tokens> tokens = {
      {"cls", onnx::Tokens::cls}, {"patches", onnx::Tokens::patches}, {"all", onnx::Tokens::all}};
  static const std::map<std::string, onnx::Verify> verify = {{"auto", onnx::Verify::automatic},
                                                             {"required", onnx::Verify::required},
                                                             {"off", onnx::Verify::off}};
  verb.add_option("model", options.model, "checkpoint, run's folder or Hugging Face folder")
      ->required();
  verb.add_option("out", options.out, "file to write: .onnx")->required();
  verb.add_flag("--half", options.graph.half, "float16 matrices and products; the rest is float32");
  verb.add_option("--output", options.graph.tokens, "cls, patches or all")
      ->transform(CLI::CheckedTransformer(tokens, CLI::ignore_case))
      ->default_str("all");
  verb.add_flag("--no-preprocessing",
                args->no_preprocessing,
                "take normalised float pictures [batch,3,height,width] instead of 8-bit RGB");
  verb.add_option("--opset", options.graph.opset, "17 or 20")->capture_default_str();
  verb.add_flag("--weights-beside",
                options.weights_beside,
                "weights in OUT.onnx.data (always so above 1.9 GB)");
  verb.add_option(
      "--num-heads", options.num_heads, "where the file doesn't say and width / 64 is wrong");
  verb.add_option("--verify", options.verify, "auto (where possible), required or off")
      ->transform(CLI::CheckedTransformer(verify, CLI::ignore_case))
      ->default_str("auto");
  verb.add_option("--verify-with",
                  options.python,
                  "a Python with onnxruntime (default: $TROODON_PEER_PYTHON, else python3)");
  verb.add_flag("--overwrite", options.overwrite, "replace what is there");
  verb.add_flag("--dry-run", options.dry_run, "say what would be written");
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_export(*args); });
}

}  // namespace troodon::cli
