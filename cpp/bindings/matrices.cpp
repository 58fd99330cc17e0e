#include <new>

#include "arrays.hpp"
#include "fastcall.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "module.hpp"

namespace mmlcore::bindings {
namespace {

// Above so many multiplications the BLAS that numpy brings is as fast (python/mmlcore/matrices.py).
template <class T>
constexpr double kLarge = sizeof(T) == 8 ? 1 << 23 : 1 << 21;

// The product of two plain matrices that is not large.
template <class T>
PyObject* matmul_small_of(const Glance& a, const Glance& b) {
  const MatrixView<const T> va = a.matrix<T>(), vb = b.matrix<T>();
  const index_t shape[2] = {va.rows, vb.cols};
  const bool small = is_small_product(va, vb, c_order<T>(nullptr, va.rows, vb.cols));
  if (va.cols != vb.rows || (!small && static_cast<double>(va.rows) * va.cols * vb.cols >= kLarge<T>))
    return not_implemented();
  PyObject* out = new_array<T>(2, shape);
  if (!out) return nullptr;
  const MatrixView<T> vc = c_order(array_data<T>(out), va.rows, vb.cols);
  if (small) {
    product_small<T>(va, vb, vc);
    return out;
  }
  try {
    without_gil([&] { product<T>(va, vb, vc); });
    return out;
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  }
  Py_DECREF(out);
  return nullptr;
}

PyObject* matmul_small_call(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 2) return not_implemented();
  const Glance a(args[0]), b(args[1]);
  const bool two = a.holds<double>() && b.holds<double>();
  if (!two && !(a.holds<float>() && b.holds<float>())) return not_implemented();
  if (a.axes() != 2 || b.axes() != 2) return not_implemented();
  return two ? matmul_small_of<double>(a, b) : matmul_small_of<float>(a, b);
}

PyMethodDef fast_methods[] = {
    fast_method(
        "matmul_small", &matmul_small_call,
        "matmul_small($module, a, b, /)\n--\n\nThe product of two plain matrices that is not large; NotImplemented for "
        "everything else."),
    {nullptr, nullptr, 0, nullptr}};

}  // namespace

void bind_matrices(py::module_& m) {
  if (PyModule_AddFunctions(m.ptr(), fast_methods) != 0) throw py::error_already_set();
  m.def(
      "matmul",
      [](const py::array& a, const py::array& b, py::array& out) {
        by_dtype(out, [&](auto zero) {
          using T = decltype(zero);
          const auto va = matrix_batch<const T>(a, "a"), vb = matrix_batch<const T>(b, "b");
          const auto vc = matrix_batch<T>(out, "out");
          without_gil([&] { product_batch<T>(va, vb, vc); });
        });
      },
      py::arg("a"), py::arg("b"), py::arg("out"), "out = a b for stacks of matrices.");
}

}  // namespace mmlcore::bindings
