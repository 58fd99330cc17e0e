#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/elimination/solve_small.hpp"
#include "mmlcore/matrices/resample.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings::images_py {
namespace {

// (h, w, channels)
template <class T>
ImageView<T> image_view(const py::array& array, const char* name) {
  require<T>(array, 3, name);
  return {data_of<T>(array),
          array.shape(0),
          array.shape(1),
          array.shape(2),
          element_stride<T>(array, 0),
          element_stride<T>(array, 1),
          element_stride<T>(array, 2)};
}

// A (2, 2) or (3, 3) array inverted, as a map of homogeneous coordinates; false for other shapes and what has no inverse.
bool invert(PyArrayObject* matrix, double (&full)[9]) {
  const npy_intp n = PyArray_NDIM(matrix) == 2 ? PyArray_DIM(matrix, 0) : 0;
  if ((n != 2 && n != 3) || PyArray_DIM(matrix, 1) != n) return false;
  double numbers[9], identity[9] = {}, inverse[9];
  for (npy_intp i = 0; i < n; ++i) {
    identity[i * (n + 1)] = 1;
    for (npy_intp j = 0; j < n; ++j) {
      const void* at = PyArray_GETPTR2(matrix, i, j);
      const bool wide = PyArray_TYPE(matrix) == NPY_DOUBLE;
      numbers[i * n + j] = wide ? *static_cast<const double*>(at) : static_cast<double>(*static_cast<const float*>(at));
    }
  }
  if (!solve_small<double>(c_order<const double>(numbers, n, n), c_order<const double>(identity, n, n), inverse))
    return false;
  for (npy_intp i = 0; i < 3; ++i) {
    for (npy_intp j = 0; j < 3; ++j) full[i * 3 + j] = i < n && j < n ? inverse[i * n + j] : i == j ? 1.0 : 0.0;
  }
  return true;
}

// A map with another origin: M (x - o) + o.
void centre(double (&m)[9], double x, double y) {
  const double origin[2] = {x, y};
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 3; ++j) m[i * 3 + j] += origin[i] * m[6 + j];
  }
  for (int i = 0; i < 3; ++i) m[i * 3 + 2] -= m[i * 3] * x + m[i * 3 + 1] * y;
}

// About the middle, with one number outside. Options: order, center, fill.
template <class T>
py::object transformed(const Call& call) {
  PyArrayObject* const image = call.array(0);
  const int axes = PyArray_NDIM(image);
  const double order = call.option(0);
  double inverse[9];
  if (axes < 2 || axes > 3 || (order != 0 && order != 1 && order != 3) || !invert(call.array(1), inverse)) return {};
  const npy_intp h = PyArray_DIM(image, 0), w = PyArray_DIM(image, 1), channels = axes == 3 ? PyArray_DIM(image, 2) : 1;
  const NewArray<T> made(std::vector<npy_intp>(PyArray_DIMS(image), PyArray_DIMS(image) + axes));
  if (h * w * channels == 0) return made.array;
  const auto stride = [&](int axis) { return PyArray_STRIDE(image, axis) / static_cast<npy_intp>(sizeof(T)); };
  const ImageView<const T> from{
      static_cast<const T*>(PyArray_DATA(image)), h, w, channels, stride(0), stride(1), axes == 3 ? stride(2) : 0};
  const ImageView<T> to{made.data, h, w, channels, w * channels, channels, 1};
  centre(inverse, static_cast<double>(w - 1) / 2, static_cast<double>(h - 1) / 2);
  const std::vector<T> fill(static_cast<std::size_t>(channels), static_cast<T>(call.option(2)));
  apart(50.0 * static_cast<double>(h * w * channels),
        [&] { resample<T>(from, inverse, static_cast<Interpolation>(static_cast<int>(order)), fill.data(), to); });
  return made.array;
}

const DoorRow rows[] = {
    {"transform_image",
     Signature("(h,w),(p,q)->"),
     "image matrix",
     "order=1 center fill=0",
     {},
     {.own_types = true, .makes = {transformed<double>, transformed<float>}}},
};

}  // namespace

void bind(py::module_& m) {
  add_doors(m, rows);
  m.def(
      "resample",
      [](const py::array& image, const py::array_t<double>& h, int order, const py::array& fill, py::array& out) {
        double inverse[9];
        for (py::ssize_t i = 0; i < 9; ++i) inverse[i] = h.at(i / 3, i % 3);
        by_dtype(out, [&](auto zero) {
          using T = decltype(zero);
          const auto from = image_view<const T>(image, "image");
          const auto to = image_view<T>(out, "out");
          const auto values = vector_view<const T>(fill, "fill");
          without_gil([&] { resample<T>(from, inverse, static_cast<Interpolation>(order), values.data, to); });
        });
      },
      py::arg("image"), py::arg("h"), py::arg("order"), py::arg("fill"), py::arg("out"),
      "out (h, w, channels): the image at the places h (x, y), by order 0, 1 or 3; fill is contiguous.");
}

}  // namespace mmlcore::bindings::images_py
