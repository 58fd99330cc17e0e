#include <cstdint>

#include "arrays.hpp"
#include "mmlcore/vectors/distances.hpp"
#include "mmlcore/vectors/inner.hpp"
#include "module.hpp"

namespace mmlcore::bindings {

void bind_vectors(py::module_& m) {
  m.def(
      "inner_products",
      [](const py::array& x, const py::array& y, py::array& out) {
        by_dtype(out, [&](auto zero) {
          using T = decltype(zero);
          const auto vx = matrix_batch<const T>(x, "x"), vy = matrix_batch<const T>(y, "y");
          T* to = data_of<T>(out);
          without_gil([&] { inner_products<T>(vx, vy, to); });
        });
      },
      py::arg("x"), py::arg("y"), py::arg("out"), "out[i] = x_i y_i' for stacks (..., 1, d); out contiguous.");
  m.def(
      "pairwise_distances",
      [](const py::array& x, const py::array& y, bool squared, py::array& out) {
        by_dtype(out, [&](auto zero) {
          using T = decltype(zero);
          const auto vx = matrix_view<const T>(x, "x"), vy = matrix_view<const T>(y, "y");
          const auto to = matrix_view<T>(out, "out");
          without_gil([&] { pairwise_distances<T>(vx, vy, squared, to); });
        });
      },
      py::arg("x"), py::arg("y"), py::arg("squared"), py::arg("out"), "out[i, j] = |x_i - y_j|, or its square.");
  m.def(
      "nearest_neighbors",
      [](const py::array& points, const py::array& queries, py::array& distances, py::array_t<std::int64_t>& indices) {
        return by_dtype(distances, [&](auto zero) {
          using T = decltype(zero);
          const auto vp = matrix_view<const T>(points, "points"), vq = matrix_view<const T>(queries, "queries");
          const auto vd = matrix_view<T>(distances, "distances");
          const auto vi = matrix_view<std::int64_t>(indices, "indices");
          return without_gil([&] { return nearest_neighbors<T>(vp, vq, vd, vi); });
        });
      },
      py::arg("points"), py::arg("queries"), py::arg("distances"), py::arg("indices"),
      "Fills squared distances and indices (q, k), nearest first; False for NaN, infinity or overflow.");
}

}  // namespace mmlcore::bindings
