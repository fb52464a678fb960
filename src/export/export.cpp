#include "export/export.hpp"

#include "base/error.hpp"
#include "infer/embedder.hpp"

namespace troodon::onnx {
namespace {

/// A folder beside OUT where an export becomes what it should be; goes with what is left in it.
struct DraftFolder {
  fs::path path;
  explicit DraftFolder(const fs::path& out)
      : path(out.parent_path() / ("." + out.filename().string() + ".draft")) {
    fs::remove_all(path);
  }
  ~DraftFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

fs::path data_beside(const fs::path& file) {
  return file.string() + ".data";
}

void check_options(const ExportOptions& options) {
  if (options.out.extension() != ".onnx") {
    fail(Exit::usage, "{}: an export's name ends in .onnx", options.out.string());
  }
  if (fs::exists(options.out) && !options.overwrite && !options.dry_run) {
    fail(Exit::usage, "{}: exists; name another file or say --overwrite", options.out.string());
  }
}

/// The file refers to its data by name, so the old file goes first: no moment has a file with
/// another's weights.
void put_in_place(const fs::path& draft, const fs::path& out, bool beside) {
  if (beside || fs::exists(data_beside(out))) fs::remove(out);
  if (beside) {
    fs::rename(data_beside(draft), data_beside(out));
  } else {
    fs::remove(data_beside(out));
  }
  fs::rename(draft, out);
}

/// Nothing to do it with: a reason, or an error where it was asked for.
std::optional<Runtime> runtime_for(const ExportOptions& options, Verification& verification) {
  if (options.verify == Verify::off) {
    verification.without = "--verify off";
    return std::nullopt;
  }
  const auto runtime = find_runtime(options.python);
  if (runtime) return runtime;
  if (options.verify == Verify::required || !options.python.empty()) {
    fail(
        Exit::resource,
        "{}: has no onnxruntime, so nothing can be verified and nothing was written; name a Python "
        "that has it with --verify-with",
        options.python.empty() ? "python3" : options.python);
  }
  verification.without =
      "no Python with onnxruntime was found; name one with --verify-with or TROODON_PEER_PYTHON";
  return std::nullopt;
}

}  // namespace

ExportResult export_onnx(const ExportOptions& options) {
  check_options(options);
  ExportResult out;
  const auto runtime = options.dry_run ? std::nullopt : runtime_for(options, out.verification);
  model::Backbone backbone =
      model::load_backbone(infer::model_file(options.model), {.num_heads = options.num_heads});
  const OnnxModel graph = vit_model(backbone, options.graph);
  out.network = backbone.description;
  out.inputs = graph.inputs;
  out.outputs = graph.outputs;
  out.nodes = graph.nodes.size();
  out.weight_bytes = weight_bytes(graph);
  out.weights_beside = options.weights_beside || out.weight_bytes > kMostBytesInside;
  if (options.dry_run) return out;
  const DraftFolder folder(options.out);
  const fs::path draft = folder.path / options.out.filename();
  write_onnx(draft, graph, out.weights_beside ? Weights::beside : Weights::inside);
  if (runtime) out.verification = verify(draft, backbone, options.graph, *runtime);
  put_in_place(draft, options.out, out.weights_beside);
  return out;
}

}  // namespace troodon::onnx
