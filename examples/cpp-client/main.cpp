// Prints the features of a picture, one number a line.
#include <cstdio>
#include <troodon/troodon.hpp>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: client MODEL PICTURE\n");
    return 2;
  }
  try {
    troodon::Embedder embedder(argv[1]);
    for (const float value : embedder.embed(argv[2])) std::printf("%.9g\n", value);
  } catch (const troodon::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return static_cast<int>(error.code());
  }
}
