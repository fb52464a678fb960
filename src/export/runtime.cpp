#include "export/runtime.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "base/error.hpp"

extern char** environ;

namespace troodon::onnx {
namespace {

constexpr const char* kRunScript = R"PY(
import glob, os, sys
import numpy, onnxruntime
model, folder = sys.argv[1:]
checked = False
try:
    import onnx
    onnx.checker.check_model(model, full_check=True)
    checked = True
except ImportError:
    pass
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
wanted = session.get_inputs()[0].name
for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*.npy"))):
    outputs = session.run(None, {wanted: numpy.load(path)})
    for port, values in zip(session.get_outputs(), outputs):
        numpy.save(path[:-len("npy")] + port.name + ".npy", values)
print("checked" if checked else "unchecked")
)PY";

/// Its exit code; -1 if it could not be started. What it prints goes into two files.
int run_process(const std::vector<std::string>& words, const fs::path& out, const fs::path& err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), kWrite, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), kWrite, 0600);
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t child = -1;
  const int failed = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return -1;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string last_line(const fs::path& path) {
  std::string text = read_text(path);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

/// A folder that goes with its content.
struct ScratchFolder {
  fs::path path;
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "troodon.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      fail(Exit::resource, "{}: no temporary folder can be made", name);
    }
    path = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

}  // namespace

std::optional<Runtime> find_runtime(const std::string& named) {
  const char* from_environment = std::getenv("TROODON_PEER_PYTHON");
  const std::string python = !named.empty()                ? named
                             : from_environment != nullptr ? from_environment
                                                           : "python3";
  const ScratchFolder scratch;
  const fs::path out = scratch.path / "out";
  const char* question = "import numpy, onnxruntime; print(onnxruntime.__version__)";
  if (run_process({python, "-c", question}, out, scratch.path / "err") != 0) return std::nullopt;
  return Runtime{python, last_line(out)};
}

bool run_model(const Runtime& runtime, const fs::path& model, const fs::path& folder) {
  const fs::path out = folder / "out", err = folder / "err";
  const int code =
      run_process({runtime.python, "-c", kRunScript, model.string(), folder.string()}, out, err);
  if (code != 0) {
    fail(Exit::mismatch,
         "{} cannot run the exported model ({}); nothing was kept",
         runtime.python,
         fs::exists(err) ? last_line(err) : fmt::format("exit {}", code));
  }
  return last_line(out) == "checked";
}

}  // namespace troodon::onnx
