#include <algorithm>

#include "door.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings::elementary_py {
namespace {

namespace py = pybind11;

constexpr index_t kMostRows = 256;  // beyond, numpy's identity comes as pages of zeros, for which no number is written

// The identity of n rows; nothing for another number of them, and for rows that are not there.
py::object identity(const Call& call, std::initializer_list<int> rows, double*& data) {
  const index_t n = call.whole(0);
  if (n < 1 || n > kMostRows) return {};
  for (const int option : rows) {
    if (call.whole(option) < 0 || call.whole(option) >= n) return {};
  }
  NewArray<double> made({n, n});
  data = made.data;
  std::fill_n(data, n * n, 0.0);
  for (index_t i = 0; i < n; ++i) data[i * (n + 1)] = 1;
  return made.array;
}

py::object swapped(const Call& call) {
  const index_t n = call.whole(0), i = call.whole(1), j = call.whole(2);
  double* e = nullptr;
  py::object made = identity(call, {1, 2}, e);
  if (!made || i == j) return made;
  e[i * (n + 1)] = e[j * (n + 1)] = 0;
  e[i * n + j] = e[j * n + i] = 1;
  return made;
}

py::object scaled(const Call& call) {
  const double factor = call.option(2);
  if (factor == 0) return {};
  double* e = nullptr;
  py::object made = identity(call, {1}, e);
  if (made) e[call.whole(1) * (call.whole(0) + 1)] = factor;
  return made;
}

py::object added(const Call& call) {
  const index_t n = call.whole(0), i = call.whole(1), j = call.whole(2);
  if (i == j) return {};
  double* e = nullptr;
  py::object made = identity(call, {1, 2}, e);
  if (made) e[i * n + j] = call.option(3);
  return made;
}

const DoorRow rows[] = {
    {"row_swap", Signature("->"), "", "n=i i=i j=i", {}, {.makes = {swapped}}},
    {"row_scale", Signature("->"), "", "n=i i=i factor=nan", {}, {.makes = {scaled}}},
    {"row_add", Signature("->"), "", "n=i i=i j=i factor=1", {}, {.makes = {added}}},
};

}  // namespace

void bind(py::module_& m) { add_doors(m, rows); }

}  // namespace mmlcore::bindings::elementary_py
