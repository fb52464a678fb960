// Prints what becomes of every file of a folder of odd and broken pictures, beside Pillow's
// verdict.
//   formats_table DATA [--pixels DIR]
// DATA holds formats/ and corrupt/, each with an expected.csv; DIR receives the decoded pictures as
// PPM, for compare_pillow.py. Each file is read in a process of its own, with limits, so that a
// crash is a row. Exit 0: no hard disagreement; 7: some; 2: usage.
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.hpp"
#include "formats/table.hpp"
#include "image/decode.hpp"

namespace troodon::image {
namespace {

constexpr unsigned kSeconds = 10;       // the most that one file may take
constexpr long kMegabytes = 1024;       // the most memory that one file may touch
constexpr int64_t kPixels = 160000000;  // Pillow's limit when expected.csv was made

/// Sentences by which we refuse valid files, and why: docs/images.md has the same list.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kDocumented = {{
    {"CRC error", "a checksum fails, so the pixels are not trusted"},
    {"no known picture format", "a format that Troodon does not read"},
    {"samples_per_pixel not a whole number", "TIFF samples of 10, 12 or 14 bits"},
    {"required field 262 missing", "a TIFF that does not say what its numbers mean"},
    {"tiled separate planes", "a TIFF of tiles with each colour by itself"},
}};

struct Expectation {
  std::string path;
  bool decodes = false;       ///< with Pillow
  int width = 0, height = 0;  ///< upright

  std::string pillow() const { return decodes ? fmt::format("{}x{}", width, height) : "refuses"; }
};

/// What the child process found out.
struct Outcome {
  std::string text;  ///< "WxH" or the sentence
  bool picture = false, crashed = false;
  int width = 0, height = 0;
  double seconds = 0;
  long megabytes = 0;
};

std::vector<Expectation> expectations(const fs::path& csv) {
  const formats::Table table = formats::parse_table(read_text(csv), ',', csv.string());
  std::vector<Expectation> out;
  const auto number = [](const std::string& text) { return std::atoi(text.c_str()); };
  for (const auto& row : table.rows) {
    const auto field = [&](const char* name) { return row.at(table.column(name)); };
    const bool decodes = field("pillow_result") == "decodes";
    const bool sideways = number(field("exif_orientation")) >= 5;  // Pillow's sizes are as stored
    out.push_back({.path = field("path"),
                   .decodes = decodes,
                   .width = number(field(sideways ? "height" : "width")),
                   .height = number(field(sideways ? "width" : "height"))});
  }
  return out;
}

void write_ppm(const fs::path& file, const Image& image) {
  std::ofstream out(file, std::ios::binary);
  out << "P6\n" << image.width << ' ' << image.height << "\n255\n";
  out.write(reinterpret_cast<const char*>(image.pixels.data()),
            static_cast<std::streamsize>(image.pixels.size()));
}

/// The child: reads the file, upright, and says so through `pipe`.
[[noreturn]] void read_and_tell(const fs::path& file, const fs::path& ppm, int pipe) {
  alarm(kSeconds);
  const auto picture = image::read(file, {.max_pixels = kPixels});
  const std::string text =
      picture ? fmt::format("+{} {}", picture->width, picture->height) : "-" + picture.reason();
  if (picture && !ppm.empty()) write_ppm(ppm, *picture);
  const auto told = ::write(pipe, text.data(), text.size());
  _exit(told == static_cast<ssize_t>(text.size()) ? 0 : 1);
}

std::string all_of(int pipe) {
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t n = 0; (n = ::read(pipe, part.data(), part.size())) > 0;)
    text.append(part.data(), n);
  return text;
}

Outcome outcome_of(const std::string& text, int status, const rusage& used) {
  const auto seconds = [](const timeval& t) { return t.tv_sec + 1e-6 * t.tv_usec; };
  Outcome out{.seconds = seconds(used.ru_utime) + seconds(used.ru_stime),
              .megabytes = used.ru_maxrss / 1024};
  if (WIFSIGNALED(status) || text.empty()) {
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    out.text = signal == SIGALRM ? fmt::format("takes more than {} s", kSeconds)
                                 : fmt::format("dies of signal {}", signal);
    out.crashed = true;
  } else if (text[0] == '+') {
    out.picture = std::sscanf(text.c_str(), "+%d %d", &out.width, &out.height) == 2;
    out.text = fmt::format("{}x{}", out.width, out.height);
  } else {
    out.text = text.substr(1);
  }
  return out;
}

Outcome try_file(const fs::path& file, const fs::path& ppm) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) fail("no pipe: {}", std::strerror(errno));
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    read_and_tell(file, ppm, ends[1]);
  }
  close(ends[1]);
  const std::string text = all_of(ends[0]);
  close(ends[0]);
  int status = 0;
  rusage used{};
  wait4(child, &status, 0, &used);
  return outcome_of(text, status, used);
}

struct Verdict {
  std::string text;
  bool hard = false;
};

/// `valid`: the file is one of formats/, so that refusing it needs a documented reason.
Verdict verdict_of(const Expectation& want, const Outcome& got, bool valid) {
  if (got.crashed) return {"hard: crash or hang", true};
  if (got.megabytes > kMegabytes) return {fmt::format("hard: {} MB", got.megabytes), true};
  if (!want.decodes) return {got.picture ? "salvaged" : "both refuse"};
  if (got.picture) {
    const bool same = got.width == want.width && got.height == want.height;
    return same ? Verdict{"same size"} : Verdict{"hard: another size", true};
  }
  if (!valid) return {"only Pillow salvages"};
  for (const auto& [sentence, why] : kDocumented) {
    if (got.text.find(sentence) != std::string::npos)
      return {fmt::format("refused, documented: {}", why)};
  }
  return {"hard: refused without a documented reason", true};
}

int run(const fs::path& data, const fs::path& pixels) {
  std::map<std::string, int> summary;
  int files = 0, hard = 0;
  double slowest = 0;
  long largest = 0;
  fmt::print("file\tours\tPillow\tagreement\n");
  for (const char* folder : {"formats", "corrupt"}) {
    for (const Expectation& want : expectations(data / folder / "expected.csv")) {
      const fs::path ppm = pixels.empty() ? fs::path() : pixels / fmt::format("{}.ppm", files);
      const fs::path file = data / want.path;
      Outcome got = try_file(file, ppm);
      const size_t prefix = got.text.find(file.string() + ": ");
      if (prefix == 0) got.text = got.text.substr(file.string().size() + 2);
      const Verdict verdict = verdict_of(want, got, std::string_view(folder) == "formats");
      fmt::print("{}\t{}\t{}\t{}\n", want.path, got.text, want.pillow(), verdict.text);
      ++summary[fmt::format("{}: {}", folder, verdict.text)];
      ++files, hard += verdict.hard;
      slowest = std::max(slowest, got.seconds), largest = std::max(largest, got.megabytes);
    }
  }
  fmt::print("\n{} files, slowest {:.2f} s, most memory {} MB\n", files, slowest, largest);
  for (const auto& [text, count] : summary) fmt::print("{:5} {}\n", count, text);
  fmt::print("hard disagreements: {}\n", hard);
  return hard == 0 ? 0 : static_cast<int>(Exit::mismatch);
}

}  // namespace
}  // namespace troodon::image

int main(int argc, char** argv) try {
  const bool dump = argc == 4 && std::string_view(argv[2]) == "--pixels";
  if (argc != 2 && !dump) {
    fmt::print(stderr, "usage: formats_table DATA [--pixels DIR]\n");
    return 2;
  }
  if (dump) troodon::fs::create_directories(argv[3]);
  setvbuf(stdout, nullptr, _IOLBF, 0);  // or each child would print the parent's buffer again
  return troodon::image::run(argv[1], dump ? argv[3] : "");
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
