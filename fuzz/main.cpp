// Throws damaged files at Troodon's readers. Deterministic: input i of a target depends on --seed
// and i alone. Build it with sanitizers (make fuzz); without them it still sees crashes and hangs.
//   troodon_fuzz [TARGET...] [--count N] [--seconds S] [--seed K] [--first I] [--data DIR]
//   troodon_fuzz TARGET --file FILE      reads one file, such as fuzz-TARGET.bin of a finding
// A finding (crash, sanitizer report, leak, 10 s of CPU or 10 min on one input, 512 MB at once, a
// foreign exception) ends the process; the input is kept in fuzz-TARGET.bin.
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <set>
#include <sys/time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/error.hpp"
#include "mutate.hpp"
#include "targets.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>

extern "C" const char* __asan_default_options() {
  return "max_allocation_size_mb=512:hard_rss_limit_mb=3000:detect_leaks=1:"
         "detect_stack_use_after_return=1:handle_abort=1";
}
extern "C" const char* __ubsan_default_options() {
  return "halt_on_error=1:print_stacktrace=1";
}
// dav1d 1.0 loses 40 bytes with some damaged AVIF, 26 times in 250,000 inputs; a million inputs of
// every other target need no suppression.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libdav1d\n";
}
#endif

namespace troodon::fuzz {
namespace {

constexpr unsigned kCpuSecondsPerInput = 10, kSecondsPerInput = 600;

struct Plan {
  std::vector<std::string> names;
  uint64_t count = 20000, first = 0, seed = 1;
  double seconds = 0;  ///< for all targets together; 0: count decides
  std::string data, file;
};

// What a signal handler needs: plain memory.
struct Current {
  std::array<char, 64> file{};
  const char* bytes = nullptr;
  size_t size = 0;
} current;

void keep_input() {
  if (current.bytes == nullptr) return;  // between inputs, as when leaks are counted at the end
  const int out = ::open(current.file.data(), O_CREAT | O_WRONLY | O_TRUNC, 0644);
  if (out < 0) return;
  const auto written = ::write(out, current.bytes, current.size);
  ::close(out);
  constexpr std::string_view kNote = "\nfuzz: the input is kept in ";
  if (written < 0 || ::write(2, kNote.data(), kNote.size()) < 0) return;
  if (::write(2, current.file.data(), std::strlen(current.file.data())) < 0) return;
  if (::write(2, "\n", 1) < 0) return;
}

void on_signal(int signal) {
  keep_input();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void watch() {
  for (const int late : {SIGALRM, SIGPROF}) std::signal(late, on_signal);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(keep_input);
#else
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL})
    std::signal(signal, on_signal);
#endif
}

/// Until the next call, or never: by CPU time, since others may need the machine; by the clock, for
/// readers that sleep.
void limit_time(unsigned cpu_seconds, unsigned seconds) {
  const itimerval limit{.it_interval = {}, .it_value = {.tv_sec = cpu_seconds, .tv_usec = 0}};
  setitimer(ITIMER_PROF, &limit, nullptr);
  alarm(seconds);
}

/// True when the reader accepts the input.
bool accepts(const Target& target, const std::string& input) {
  current.bytes = input.data(), current.size = input.size();
  limit_time(kCpuSecondsPerInput, kSecondsPerInput);
  try {
    target.read(std::as_bytes(std::span(input)));
    return true;
  } catch (const Error& error) {
    if (std::string_view(error.what()).empty()) std::abort();
    return false;
  } catch (const std::exception& error) {
    fmt::print(stderr, "fuzz: {}: a foreign exception: {}\n", target.name, error.what());
    std::abort();
  }
}

void name_input(const Target& target) {
  const std::string file = fmt::format("fuzz-{}.bin", target.name);
  std::strncpy(current.file.data(), file.c_str(), current.file.size() - 1);
}

void attack(const Target& target, const Plan& plan, double seconds) {
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  name_input(target);
  uint64_t done = 0, accepted = 0;
  for (const std::string& seed : target.seeds) accepted += accepts(target, seed);
  const uint64_t whole = accepted;
  for (uint64_t i = plan.first; done < plan.count && (seconds == 0 || elapsed() < seconds); ++i) {
    Random random(mix(plan.seed, std::hash<std::string>()(target.name), i));
    std::string input = mutate(target.seeds, random);
    if (target.fix && random.chance(0.5)) target.fix(input);
    accepted += accepts(target, input);
    ++done;
  }
  limit_time(0, 0);
  current.bytes = nullptr;
  fmt::print("{:12} {:4} seeds ({} accepted) {:9} inputs {:8.1f} s {:8.0f}/s {:5.1f} % accepted\n",
             target.name,
             target.seeds.size(),
             whole,
             done,
             elapsed(),
             static_cast<double>(done) / std::max(1e-9, elapsed()),
             100.0 * static_cast<double>(accepted - whole) / std::max<uint64_t>(1, done));
  std::fflush(stdout);
}

std::vector<Target> chosen(const Plan& plan) {
  std::vector<Target> all = image_targets(plan.data);
  for (auto& target : table_targets()) all.push_back(std::move(target));
  for (auto& target : parquet_targets()) all.push_back(std::move(target));
  for (auto& target : checkpoint_targets()) all.push_back(std::move(target));
  for (auto& target : torch_file_targets()) all.push_back(std::move(target));
  if (plan.names.empty()) return all;
  const std::set<std::string> wanted(plan.names.begin(), plan.names.end());
  std::erase_if(all, [&](const Target& target) { return !wanted.contains(target.name); });
  if (all.size() != wanted.size()) fail(Exit::usage, "an unknown target; see --help");
  return all;
}

int run(const Plan& plan) {
  watch();
  const std::vector<Target> targets = chosen(plan);
  if (!plan.file.empty()) {
    name_input(targets.at(0));
    const bool fine = accepts(targets.at(0), read_text(plan.file));
    fmt::print("{}: {}\n", plan.file, fine ? "accepted" : "refused");
    return 0;
  }
  for (const Target& target : targets)
    attack(target, plan, plan.seconds / static_cast<double>(targets.size()));
  return 0;
}

}  // namespace
}  // namespace troodon::fuzz

int main(int argc, char** argv) try {
  // GLib's allocator for small pieces would hide them from the sanitizers. It asks before main.
  if (std::getenv("G_SLICE") == nullptr && ::setenv("G_SLICE", "always-malloc", 1) == 0) {
    ::execv("/proc/self/exe", argv);
  }
  troodon::fuzz::Plan plan;
  CLI::App app("Throws damaged files at Troodon's readers.");
  app.add_option(
      "targets",
      plan.names,
      "jpeg png pnm gif webp tiff bmp heif avif csv jsonl yaml override tar safetensors npy "
      "parquet pickle zip pth (default: all)");
  app.add_option("--count", plan.count, "inputs per target")->capture_default_str();
  app.add_option("--seconds", plan.seconds, "for all targets together; 0: the count decides");
  app.add_option("--seed", plan.seed, "of the mutations")->capture_default_str();
  app.add_option("--first", plan.first, "number of the first input")->capture_default_str();
  app.add_option("--data", plan.data, "folder with formats/ and corrupt/, for seeds");
  app.add_option("--file", plan.file, "read this file alone");
  CLI11_PARSE(app, argc, argv);
  return troodon::fuzz::run(plan);
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
