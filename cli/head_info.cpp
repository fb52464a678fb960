#include <memory>

#include "head.hpp"
#include "infer/predictor.hpp"

namespace troodon::cli {

void add_head_info(CLI::App& head, int& status) {
  CLI::App& verb = add_verb(head,
                            "info",
                            "Say what a head is, what it was made of and for: its card, as JSON.",
                            "  troodon head info parts.safetensors");
  auto file = std::make_shared<fs::path>();
  verb.add_option("file", *file, "a head's file, or a released head's name")->required();
  verb.callback([file, &status] {
    fmt::print("{}\n", infer::describe_head(*file));
    status = 0;
  });
}

}  // namespace troodon::cli
