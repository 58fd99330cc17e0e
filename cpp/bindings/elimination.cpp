#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "arrays.hpp"
#include "fastcall.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/elimination/determinant.hpp"
#include "mmlcore/elimination/determinant_small.hpp"
#include "mmlcore/elimination/echelon.hpp"
#include "mmlcore/elimination/lu.hpp"
#include "mmlcore/elimination/solve_batch.hpp"
#include "mmlcore/elimination/solve_small.hpp"
#include "module.hpp"

namespace mmlcore::bindings {
namespace {

// Up to here a system is solved in less time than the general way takes to get started; the GIL is kept.
constexpr index_t kQuickOrder = 48;
// From here on one echelon form takes so long that it has to poll for Ctrl-C.
constexpr index_t kPollingOrder = 512;

template <class T>
PyObject* solve_small_of(const Glance& a, const Glance& b) {
  const index_t n = a.size(0), axes = b.axes(), cols = axes == 2 ? b.size(1) : 1;
  if (a.size(1) != n || n < 1 || n > kQuickOrder || b.size(0) != n || cols < 1 || cols > kSmallColumns)
    return not_implemented();
  const index_t shape[2] = {n, cols};
  py::object x = new_array<T>(static_cast<int>(axes), shape);
  const MatrixView<const T> side{b.data<T>(), n, cols, b.stride(0), axes == 2 ? b.stride(1) : 0};
  if (n > kSmallOrder) {
    solve_one<T>(a.matrix<T>(), side, c_order(array_data<T>(x), n, cols), false, -1);
  } else if (!solve_small<T>(a.matrix<T>(), side, array_data<T>(x))) {
    return not_implemented();  // the general way finds out why
  }
  return x.release().ptr();
}

PyObject* solve_small_call(PyObject* const* args, Py_ssize_t count) {
  if (count != 2) return not_implemented();
  const Glance a(args[0]), b(args[1]);
  const bool two = a.holds<double>() && b.holds<double>();
  if (!two && !(a.holds<float>() && b.holds<float>())) return not_implemented();
  if (a.axes() != 2 || (b.axes() != 1 && b.axes() != 2)) return not_implemented();
  return two ? solve_small_of<double>(a, b) : solve_small_of<float>(a, b);
}

template <class T>
py::object echelon_of(py::array& a, bool reduced, double rtol, bool with_steps) {
  const auto stack = matrix_batch<T>(a, "A");
  const index_t count = stack.count(), most = std::min(stack.item.rows, stack.item.cols);
  std::vector<index_t> pivots(count * most), ranks(count), swaps(count);
  std::vector<RowStep> steps;
  const auto one = [&](index_t i, bool polls) {
    const EchelonResult found =
        row_echelon<T>(stack[i], reduced, rtol, pivots.data() + i * most, with_steps ? &steps : nullptr, polls);
    ranks[i] = found.rank;
    swaps[i] = found.swaps;
  };
  without_gil([&] {
    if (count == 1 || most >= kPollingOrder) {
      for (index_t i = 0; i < count; ++i) one(i, true);
      return;
    }
    parallel_ranges(count, 1000 / (most * most * most + 1) + 1, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) one(i, false);
    });
  });
  py::list log;
  constexpr const char* names[] = {"swap", "scale", "add"};
  for (const RowStep& step : steps) log.append(py::make_tuple(names[step.kind], step.i, step.j, step.factor));
  return py::make_tuple(py::array_t<index_t>({count, most}, pivots.data()), py::array_t<index_t>(count, ranks.data()),
                        py::array_t<index_t>(count, swaps.data()), log);
}

template <class T>
void lu_of(const MatrixBatch<T>& stack, std::int64_t* perm) {
  const index_t m = stack.item.rows, least = std::min(m, stack.item.cols), count = stack.count();
  const auto one = [&](index_t i, bool parallel) {
    std::vector<index_t> pivots(least);
    lu_factor<T>(stack[i], pivots.data(), parallel);
    std::int64_t* to = perm + i * m;
    std::iota(to, to + m, std::int64_t{0});
    for (index_t k = 0; k < least; ++k) std::swap(to[k], to[pivots[k]]);
  };
  without_gil([&] {
    if (count == 1) return one(0, least >= 64);
    parallel_ranges(count, 100000 / (least * least * least + 100) + 1, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) one(i, false);
    });
  });
}

// The inverse of one small matrix.
template <class T>
PyObject* inverse_small_of(const Glance& a) {
  const index_t n = a.size(0);
  if (a.size(1) != n || n < 1 || n > kSmallColumns) return not_implemented();
  T identity[kSmallColumns * kSmallColumns] = {};
  for (index_t i = 0; i < n; ++i) identity[i * n + i] = 1;
  const index_t shape[2] = {n, n};
  py::object x = new_array<T>(2, shape);
  if (!solve_small<T>(a.matrix<T>(), c_order<const T>(identity, n, n), array_data<T>(x))) return not_implemented();
  return x.release().ptr();
}

PyObject* inverse_small_call(PyObject* const* args, Py_ssize_t count) {
  return with_one_matrix(args, count, [](auto zero, const Glance& a) { return inverse_small_of<decltype(zero)>(a); });
}

// The determinant of one small matrix, as a Python float.
template <class T>
PyObject* determinant_small_of(const Glance& a) {
  const index_t n = a.size(0);
  if (a.size(1) != n || n < 1 || n > kQuickOrder) return not_implemented();
  T value = 0;
  if (n > kSmallOrder || !determinant_small<T>(a.matrix<T>(), value)) {
    std::int64_t power = 0;
    if (!determinant<T>(a.matrix<T>(), false, value, power)) return not_implemented();
    value = std::ldexp(value, static_cast<int>(power));
  }
  return PyFloat_FromDouble(static_cast<double>(value));
}

PyObject* determinant_small_call(PyObject* const* args, Py_ssize_t count) {
  return with_one_matrix(args, count, [](auto zero, const Glance& a) { return determinant_small_of<decltype(zero)>(a); });
}

PyMethodDef fast_methods[] = {
    fast_method<&determinant_small_call>(
        "determinant_small",
        "determinant_small($module, a, /)\n--\n\nThe determinant of one small plain matrix; NotImplemented for everything "
        "else."),
    fast_method<&inverse_small_call>(
        "inverse_small",
        "inverse_small($module, a, /)\n--\n\nThe inverse of one small plain matrix; NotImplemented for everything else."),
    fast_method<&solve_small_call>(
        "solve_small",
        "solve_small($module, a, b, /)\n--\n\nOne small system of plain arrays; NotImplemented for everything else."),
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
  m.def(
      "determinants",
      [](const py::array& a, py::array& mantissa, const py::object& exponent) {
        by_dtype(mantissa, [&](auto zero) {
          using T = decltype(zero);
          const auto va = matrix_batch<const T>(a, "A");
          T* m_to = data_of<T>(mantissa);
          std::int64_t* e_to = exponent.is_none() ? nullptr : data_of<std::int64_t>(exponent.cast<py::array>());
          without_gil([&] { determinants<T>(va, m_to, e_to); });
        });
      },
      py::arg("a"), py::arg("mantissa"), py::arg("exponent"),
      "det a[i] = mantissa[i] 2^exponent[i], or mantissa[i] itself with None; outputs contiguous.");
  m.def(
      "row_echelon",
      [](py::array& a, bool reduced, double rtol, bool with_steps) {
        return by_dtype(a, [&](auto zero) -> py::object {
          using T = decltype(zero);
          return echelon_of<T>(a, reduced, rtol, with_steps);
        });
      },
      py::arg("a"), py::arg("reduced"), py::arg("rtol"), py::arg("with_steps"),
      "Brings contiguous matrices to echelon form in place; returns (pivots, ranks, swaps, steps).");
  m.def(
      "lu_factor",
      [](py::array& a, py::array_t<std::int64_t>& perm) {
        by_dtype(a, [&](auto zero) {
          using T = decltype(zero);
          lu_of<T>(matrix_batch<T>(a, "A"), perm.mutable_data());
        });
      },
      py::arg("a"), py::arg("perm"), "Factors contiguous matrices in place; perm (..., m): A[perm] = L U.");
}

}  // namespace mmlcore::bindings
