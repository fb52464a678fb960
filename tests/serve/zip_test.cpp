#include "serve/zip.hpp"

#include <cstdlib>
#include <unistd.h>

#include <gtest/gtest.h>

namespace troodon::serve {
namespace {

TEST(Zip, OtherProgramsReadWhatItHolds) {
  const fs::path folder = fs::temp_directory_path() / ("troodon_zip_" + std::to_string(::getpid()));
  write_atomically(folder / "in/labels/a.txt", std::string(5000, 'a'));
  write_atomically(folder / "in/images/ü.jpg", std::string("\xff\xd8\0x", 4));
  const std::vector<std::string> names = {"labels/a.txt", "images/ü.jpg"};
  const std::string zip = zip_of(folder / "in", names);
  EXPECT_LT(zip.size(), 600u) << "text is packed";
  EXPECT_EQ(zip, zip_of(folder / "in", names)) << "no times in it";
  write_atomically(folder / "out.zip", zip);
  const std::string check =
      "python3 -c \"import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is "
      "None; "
      "assert z.namelist() == ['labels/a.txt', 'images/\xc3\xbc.jpg'], z.namelist(); "
      "assert z.read('labels/a.txt') == b'a' * 5000\" ";
  EXPECT_EQ(std::system((check + (folder / "out.zip").string()).c_str()), 0);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace troodon::serve
