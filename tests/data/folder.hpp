#pragma once

#include <cstdlib>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/file.hpp"

namespace troodon::data {

/// An empty folder that goes away with the test.
class Folder {
 public:
  Folder() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = fs::temp_directory_path() / (std::string(test->test_suite_name()) + "." + test->name() +
                                         "." + std::to_string(getpid()));
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  void put(const std::string& name, const std::string& text) const {
    write_atomically(path_ / name, text);
  }

 private:
  fs::path path_;
};

/// A file of the shared image data, or "" where the data is missing.
inline std::string shared_data(const std::string& name) {
  const char* named = std::getenv("TROODON_DATA");
  const char* source = std::getenv("TROODON_SOURCE");
  const fs::path root =
      named && *named ? fs::path(named) : fs::path(source ? source : ".") / "../shared/data";
  return fs::exists(root / name) ? (root / name).string() : "";
}

}  // namespace troodon::data
