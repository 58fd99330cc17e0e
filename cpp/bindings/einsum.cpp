// Einstein sums of plain arrays in one call: the subscripts are read, and loops run (matrices/small_contraction.hpp), or
// products of matrices where they lie (matrices/pair_contraction.hpp). None for all else, which
// python/mmlcore/matrices/_einsum.py plans.
#include <algorithm>
#include <cctype>
#include <cstring>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/matrices/pair_contraction.hpp"
#include "mmlcore/matrices/small_contraction.hpp"
#include "mmlcore/vectors/inner.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings::einsum_py {
namespace {

// Subscripts of letters alone; what they mean for the shapes at hand.
struct Reading {
  char letter[kContractionLabels];
  int letters = 0;

  // The number of a letter; -1 where there are too many.
  int number(char c) {
    for (int i = 0; i < letters; ++i) {
      if (letter[i] == c) return i;
    }
    if (letters == kContractionLabels) return -1;
    letter[letters] = c;
    return letters++;
  }
};

// Up to so many products: loops alone; pairs as products of matrices, whose planning in Python costs less than they do
// beyond; sums of one operand.
constexpr index_t kLoopWork = 512, kPairWork = index_t{1} << 20, kSumWork = index_t{1} << 18;

template <class T>
void multiply(const PairContraction<T>& pair) {
  if (pair.is_dots() && pair.c.batch.uniform() && pair.c.batch.stride() <= 1) {
    inner_products<T>(pair.a, {pair.b.item.transposed(), pair.b.batch}, pair.c.item.data);
  } else {
    product_batch<T>(pair.a, pair.b, pair.c);
  }
}

template <class T>
py::object contract(const char* text, const py::tuple& operands) {
  Contraction<T> sum;
  Reading reading;
  const char* arrow = std::strstr(text, "->");
  if (!arrow) return py::none();
  int axis = 0, repeated = 0;
  for (const char* c = text; c <= arrow; ++c) {
    if (*c == ' ') continue;
    if (*c == ',' || c == arrow) {
      if (axis != PyArray_NDIM(reinterpret_cast<PyArrayObject*>(operands[sum.parts].ptr()))) return py::none();
      ++sum.parts;
      axis = 0;
      if (c != arrow && sum.parts == static_cast<int>(operands.size())) return py::none();
      continue;
    }
    auto* const array = reinterpret_cast<PyArrayObject*>(operands[sum.parts].ptr());
    if (!std::isalpha(static_cast<unsigned char>(*c)) || axis == PyArray_NDIM(array)) return py::none();
    const int before = reading.letters, i = reading.number(*c);
    if (i < 0) return py::none();
    auto& label = sum.label[i];
    const index_t size = PyArray_DIM(array, axis);
    if (i < before && label.size != size) return py::none();  // a length of 1 broadcasts, others are errors
    if (label.stride[sum.parts] != 0) ++repeated;
    label.size = size;
    label.stride[sum.parts] += PyArray_STRIDE(array, axis++) / static_cast<index_t>(sizeof(T));
  }
  if (sum.parts != static_cast<int>(operands.size())) return py::none();
  sum.labels = reading.letters;
  npy_intp shape[kContractionLabels];
  int axes = 0;
  int order[kContractionLabels];
  for (const char* c = arrow + 2; *c; ++c) {
    if (*c == ' ') continue;
    const int known = reading.letters, i = reading.number(*c);
    if (i < 0 || i >= known || std::find(order, order + axes, i) != order + axes) return py::none();
    order[axes] = i;
    shape[axes++] = sum.label[i].size;
  }
  if (repeated > 0) return py::none();
  if (sum.parts == 1 && axes == sum.labels) {  // the operand itself, as numpy's: its labels are numbered by its axes
    npy_intp turned[kContractionLabels];
    std::copy(order, order + axes, turned);
    PyArray_Dims dims{turned, axes};
    PyObject* view = PyArray_Transpose(reinterpret_cast<PyArrayObject*>(operands[0].ptr()), &dims);
    if (!view) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(view);
  }
  const index_t most = sum.parts == 1 ? kSumWork : sum.parts == 2 ? kPairWork : kContractionWork;
  if (sum.work() > most) return py::none();
  index_t stride = 1;
  for (int i = axes - 1; i >= 0; --i) {
    sum.label[order[i]].to = stride;
    stride *= std::max<index_t>(shape[i], 1);
  }
  for (int k = 0; k < sum.parts; ++k) {
    sum.part[k] = static_cast<const T*>(PyArray_DATA(reinterpret_cast<PyArrayObject*>(operands[k].ptr())));
  }
  PairContraction<T> pair;
  const bool multiplied = sum.work() > kLoopWork && pair.read(sum, nullptr);
  if (sum.parts == 2 && !multiplied && sum.work() > kContractionWork) return py::none();
  PyObject* made = new_result<T>(axes, shape);
  if (!made) throw py::error_already_set();
  auto* const result = reinterpret_cast<PyArrayObject*>(made);
  T* const out = static_cast<T*>(PyArray_DATA(result));
  apart(static_cast<double>(sum.work()), [&] {
    if (multiplied) {
      pair.c.item.data = out;
      multiply(pair);
    } else {
      std::fill(out, out + PyArray_SIZE(result), T{0});
      sum.run(out);
    }
  });
  return py::reinterpret_steal<py::object>(axes == 0 ? PyArray_Return(reinterpret_cast<PyArrayObject*>(made)) : made);
}

py::object small_einsum(const py::str& subscripts, const py::tuple& operands) {
  const char* text = PyUnicode_AsUTF8(subscripts.ptr());
  if (!text) throw py::error_already_set();
  const std::size_t count = operands.size();
  if (count == 0 || count > kContractionParts) return py::none();
  int type = NPY_NOTYPE;
  for (const py::handle operand : operands) {
    if (!PyArray_CheckExact(operand.ptr())) return py::none();
    auto* const array = reinterpret_cast<PyArrayObject*>(operand.ptr());
    if (!PyArray_ISBEHAVED_RO(array) || (type != NPY_NOTYPE && PyArray_TYPE(array) != type)) return py::none();
    type = PyArray_TYPE(array);
  }
  if (type == NPY_DOUBLE) return contract<double>(text, operands);
  if (type == NPY_FLOAT) return contract<float>(text, operands);
  return py::none();
}

}  // namespace

void bind(py::module_& m) {
  m.def("small_einsum", small_einsum, py::arg("subscripts"), py::arg("operands"),
        "A sum of few products over plain arrays, or None where it has to be planned.");
}

}  // namespace mmlcore::bindings::einsum_py
