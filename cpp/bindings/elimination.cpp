#include "arrays.hpp"
#include "fastcall.hpp"
#include "mmlcore/elimination/lu.hpp"
#include "mmlcore/elimination/solve_batch.hpp"
#include "mmlcore/elimination/solve_small.hpp"
#include "module.hpp"

namespace mmlcore::bindings {
namespace {

// Up to here a system is solved in less time than the general way takes to get started; the GIL is kept.
constexpr index_t kQuickOrder = 48;

template <class T>
PyObject* solve_small_of(const Glance& a, const Glance& b) {
  const index_t n = a.size(0), axes = b.axes(), cols = axes == 2 ? b.size(1) : 1;
  if (a.size(1) != n || n < 1 || n > kQuickOrder || b.size(0) != n || cols < 1 || cols > kSmallColumns)
    return not_implemented();
  const index_t shape[2] = {n, cols};
  PyObject* x = new_array<T>(static_cast<int>(axes), shape);
  if (!x) return nullptr;
  const MatrixView<const T> side{b.data<T>(), n, cols, b.stride(0), axes == 2 ? b.stride(1) : 0};
  bool solved = false;
  if (n <= kSmallOrder) {
    solved = solve_small<T>(a.matrix<T>(), side, array_data<T>(x));
  } else {
    try {
      solve_one<T>(a.matrix<T>(), side, c_order(array_data<T>(x), n, cols), false, -1);
      solved = true;
    } catch (const std::exception&) {
      // The general way finds the same again and raises it.
    }
  }
  if (solved) return x;
  Py_DECREF(x);
  return not_implemented();
}

PyObject* solve_small_call(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 2) return not_implemented();
  const Glance a(args[0]), b(args[1]);
  const bool two = a.holds<double>() && b.holds<double>();
  if (!two && !(a.holds<float>() && b.holds<float>())) return not_implemented();
  if (a.axes() != 2 || (b.axes() != 1 && b.axes() != 2)) return not_implemented();
  return two ? solve_small_of<double>(a, b) : solve_small_of<float>(a, b);
}

PyMethodDef fast_methods[] = {
    {"solve_small", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&solve_small_call)), METH_FASTCALL,
     "solve_small($module, a, b, /)\n--\n\nOne small system of plain arrays; NotImplemented for everything else."},
    {nullptr, nullptr, 0, nullptr}};

}  // namespace

void bind_elimination(py::module_& m) {
  if (PyModule_AddFunctions(m.ptr(), fast_methods) != 0) throw py::error_already_set();
  m.def(
      "solve",
      [](const py::array& a, const py::array& b, py::array& x) {
        by_dtype(x, [&](auto zero) {
          using T = decltype(zero);
          const auto va = matrix_batch<const T>(a, "A"), vb = matrix_batch<const T>(b, "b");
          const auto vx = matrix_batch<T>(x, "x");
          without_gil([&] { solve_batch<T>(va, vb, vx); });
        });
      },
      py::arg("a"), py::arg("b"), py::arg("x"), "x = a^-1 b for stacks of matrices (..., n, n) and (..., n, k).");
}

}  // namespace mmlcore::bindings
