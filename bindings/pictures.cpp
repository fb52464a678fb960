#include "pictures.hpp"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>

#include "troodon/error.hpp"

namespace troodon::python {
namespace {

using Array = nb::ndarray<nb::ro>;

bool is_path(nb::handle object) {
  return nb::isinstance<nb::str>(object) || nb::hasattr(object, "__fspath__");
}

[[noreturn]] void refuse(const std::string& found) {
  throw Error(
      "a picture is a path, bytes, or uint8 on the CPU as [height, width, 3] (a batch: "
      "[batch, height, width, 3]), not " +
          found,
      Exit::input);
}

std::string shape_text(const Array& array) {
  std::string text = "[";
  for (size_t i = 0; i < array.ndim(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(array.shape(i));
  return text + "]";
}

/// One picture, or with four dimensions all of a batch.
void add_array(Pictures& out, nb::handle object) {
  const auto array = nb::cast<Array>(object);
  const size_t n = array.ndim();
  if (array.dtype() != nb::dtype<uint8_t>())
    refuse("an array of another type " + shape_text(array));
  if (n < 3 || n > 4 || array.shape(n - 1) != 3 || array.device_type() != nb::device::cpu::value)
    refuse("an array " + shape_text(array));
  const auto bytes = nb::cast<Bytes>(object);  // a view's rows are copied together
  const size_t height = bytes.shape(n - 3), width = bytes.shape(n - 2);
  const size_t count = n == 4 ? bytes.shape(0) : 1;
  for (size_t i = 0; i < count; ++i) {
    out.pictures.emplace_back(Pixels{.rgb = bytes.data() + i * height * width * 3,
                                     .width = static_cast<int>(width),
                                     .height = static_cast<int>(height)});
  }
  out.arrays.push_back(bytes);
}

/// False where the object is no picture and no batch.
bool add(Pictures& out, nb::handle object) {
  if (is_path(object)) {
    out.pictures.emplace_back(nb::cast<std::filesystem::path>(object));
  } else if (PyBytes_Check(object.ptr())) {
    const auto bytes = nb::borrow<nb::bytes>(object);
    const auto* data = static_cast<const std::byte*>(bytes.data());
    out.pictures.emplace_back(Encoded{{data, bytes.size()}});
    out.files.push_back(bytes);
  } else if (nb::ndarray_check(object)) {
    add_array(out, object);
  } else if (nb::hasattr(object, "__array_interface__")) {  // PIL
    const nb::object array = nb::module_::import_("numpy").attr("asarray")(object);
    add_array(out, array);
  } else {
    return false;
  }
  return true;
}

}  // namespace

Pictures pictures_of(nb::handle images) {
  Pictures out;
  if (add(out, images)) {
    const bool batch = nb::ndarray_check(images) && !PyBytes_Check(images.ptr()) &&
                       nb::cast<Array>(images).ndim() == 4;
    out.one = !batch;
    return out;
  }
  if (!nb::hasattr(images, "__iter__"))
    refuse("a " + nb::cast<std::string>(nb::str(images.type().attr("__name__"))));
  for (const nb::handle image : images) {
    const size_t before = out.pictures.size();
    if (!add(out, image))
      refuse("a " + nb::cast<std::string>(nb::str(image.type().attr("__name__"))));
    if (out.pictures.size() != before + 1) refuse("a batch within a list");
  }
  return out;
}

Pictures picture_of(nb::handle image) {
  Pictures out = pictures_of(image);
  if (!out.one) refuse("several; give one");
  return out;
}

}  // namespace troodon::python
