#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/elimination/cholesky_batch.hpp"
#include "mmlcore/elimination/complex_cholesky.hpp"
#include "mmlcore/elimination/complex_lu.hpp"
#include "mmlcore/elimination/determinant.hpp"
#include "mmlcore/elimination/determinant_small.hpp"
#include "mmlcore/elimination/echelon.hpp"
#include "mmlcore/elimination/lu.hpp"
#include "mmlcore/elimination/solve_batch.hpp"
#include "mmlcore/elimination/solve_padded.hpp"
#include "mmlcore/elimination/solve_small.hpp"
#include "mmlcore/singular/singular_values.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings::elimination_py {
namespace {

// Up to here one determinant needs no thread.
constexpr index_t kQuickOrder = 48;
// From here on one echelon form takes so long that it has to poll for Ctrl-C.
constexpr index_t kPollingOrder = 512;

constexpr index_t kFewRows = 6;  // up to which several sides are sooner done one by one

// Stacks, and single systems too large for the loops of solve_small.hpp and solve_padded.hpp, are told what is wrong by the
// kernels; a small single one that meets a difficulty goes the long way, which meets it again with all its care.
template <class T>
bool solve(const Call& call) {
  const index_t n = call['n'], k = call['k'];
  if constexpr (Real<T>) {
    const bool padded = call.count() == 1 && n <= kPaddedOrder && k <= kPaddedSides && n > 0 && k > 0;
    const bool small = padded && n <= kSmallOrder && k <= (n <= kFewRows ? kSmallColumns : 1);
    if (small && solve_small<T>(call.matrix<T>(0), call.matrix<T>(1), call.result<T>())) return true;
    if (padded && !small && solve_padded<T>(call.matrix<T>(0), call.matrix<T>(1), call.result<T>())) return true;
  }
  solve_batch<T>(call.stack<T>(0), call.stack<T>(1), call.results<T>());
  return true;
}

template <class T>
bool inverse(const Call& call) {
  const index_t n = call['n'];
  Buffer<T> numbers(n * n);
  std::fill(numbers.begin(), numbers.end(), T{0});
  for (index_t i = 0; i < n; ++i) numbers[i * (n + 1)] = 1;
  const MatrixView<const T> identity = c_order<const T>(numbers.data(), n, n);
  if constexpr (Real<T>) {
    const bool small = call.count() == 1 && n <= kSmallColumns && n > 0;
    if (small && solve_small<T>(call.matrix<T>(0), identity, call.result<T>())) return true;
    const bool padded = call.count() == 1 && n > kSmallColumns && n <= kPaddedOrder;
    if (padded && solve_padded<T>(call.matrix<T>(0), identity, call.result<T>())) return true;
  }
  MatrixBatch<const T> right{identity, {}};
  right.batch.push(call.count(), 0);
  solve_batch<T>(call.stack<T>(0), right, call.results<T>());
  return true;
}

template <class T>
bool determinant_of(const Call& call) {
  const index_t n = call['n'];
  if (call.count() != 1 || n < 1 || n > kQuickOrder) {
    determinants<T>(call.stack<T>(0), call.result<T>(), nullptr);
    return true;
  }
  T& value = *call.result<T>();
  if constexpr (Real<T>) {
    if (n <= kSmallOrder && determinant_small<T>(call.matrix<T>(0), value)) return true;
  }
  std::int64_t power = 0;
  if (!determinant<T>(call.matrix<T>(0), false, value, power)) return false;
  value = times_power(value, static_cast<int>(power));
  return true;
}

template <class T>
void lu_of(const MatrixBatch<T>& stack, std::int64_t* perm) {
  const index_t m = stack.item.rows, least = std::min(m, stack.item.cols), count = stack.count();
  const auto one = [&](index_t i, bool parallel) {
    std::vector<index_t> pivots(least);
    if constexpr (Complex<T>) {
      complex_lu<T>(stack[i], pivots.data());
    } else {
      lu_factor<T>(stack[i], pivots.data(), parallel);
    }
    std::int64_t* to = perm + i * m;
    std::iota(to, to + m, std::int64_t{0});
    for (index_t k = 0; k < least; ++k) std::swap(to[k], to[pivots[k]]);
  };
  if (count == 1) return one(0, least >= 64);
  parallel_ranges(count, 100000 / (least * least * least + 100) + 1, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) one(i, false);
  });
}

template <class T>
bool factors(const Call& call) {
  const index_t m = call['m'], n = call['n'], k = call['k'], count = call.count();
  const auto from = call.stack<T>(0);
  Buffer<T> both(count * m * n);
  MatrixBatch<T> stack{c_order(both.data(), m, n), {}};
  stack.batch.push(count, m * n);
  for (index_t i = 0; i < count; ++i) copy<T>(from[i], stack[i]);
  lu_of<T>(stack, call.result<std::int64_t>(0));
  const auto lower = call.results<T>(1), upper = call.results<T>(2);
  return each_item(call, m * n, [&](index_t item) {
    const MatrixView<const T> found = stack[item];
    const MatrixView<T> l = lower[item], u = upper[item];
    RealPart<T> check = 0;
    for (index_t i = 0; i < m; ++i) {
      for (index_t j = 0; j < n; ++j) check += nothing(found(i, j));
      for (index_t j = 0; j < k; ++j) l(i, j) = j < i ? found(i, j) : j == i ? T{1} : T{0};
    }
    for (index_t i = 0; i < k; ++i) {
      for (index_t j = 0; j < n; ++j) u(i, j) = j < i ? T{0} : found(i, j);
    }
    return check == 0;
  });
}

template <Complex T>
bool lower_factors_of(const Call& call) {
  const index_t n = call['n'];
  if (n < 1 || n > kComplexCholesky<T>) return false;
  const auto from = call.stack<T>(0);
  const auto to = call.results<T>();
  return each_item(call, n * n * n, [&](index_t i) { return complex_cholesky<T>(from[i], to[i]); });
}

template <class T>
bool log_determinants(const Call& call) {
  const index_t count = call.count();
  T *sign = call.result<T>(0), *logarithm = call.result<T>(1);
  Buffer<std::int64_t> power(count);
  std::fill(power.begin(), power.end(), std::int64_t{0});
  const bool small = count == 1 && call['n'] > 0 && call['n'] <= kSmallOrder;
  if (!small || !determinant_small<T>(call.matrix<T>(0), *sign)) determinants<T>(call.stack<T>(0), sign, power.data());
  for (index_t i = 0; i < count; ++i) {
    const double size = std::log(std::abs(static_cast<double>(sign[i]))) + static_cast<double>(power[i]) * std::log(2.0);
    logarithm[i] = static_cast<T>(size);
    sign[i] = static_cast<T>((sign[i] > 0) - (sign[i] < 0));
  }
  return true;
}

template <Complex T>
bool log_determinants_of(const Call& call) {
  using R = RealPart<T>;
  const index_t count = call.count();
  T* sign = call.result<T>(0);
  R* logarithm = call.result<R>(1);
  Buffer<std::int64_t> power(count);
  std::fill(power.begin(), power.end(), std::int64_t{0});
  determinants<T>(call.stack<T>(0), sign, power.data());
  for (index_t i = 0; i < count; ++i) {
    const std::complex<double> mantissa{sign[i]};
    const double size = std::abs(mantissa);
    logarithm[i] = static_cast<R>(std::log(size) + static_cast<double>(power[i]) * std::log(2.0));
    sign[i] = size == 0 ? T{0} : static_cast<T>(mantissa / size);
  }
  return true;
}

// What fails goes the long way, which says why.
template <class T>
bool lower_factor(const Call& call) {
  return cholesky_batch<T>(call.stack<T>(0), call.results<T>()).item < 0;
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
  for (const RowStep& step : steps) {
    const py::object factor = Complex<T> ? py::cast(step.factor) : py::cast(step.factor.real());
    log.append(py::make_tuple(names[step.kind], step.i, step.j, factor));
  }
  return py::make_tuple(py::array_t<index_t>({count, most}, pivots.data()), py::array_t<index_t>(count, ranks.data()),
                        py::array_t<index_t>(count, swaps.data()), log);
}

// One matrix, without the list of steps.
template <class T>
py::object echelon(const Call& call) {
  if (call.axes() != 0 || call.option(1) != 0) return {};
  const index_t m = call['m'], n = call['n'], most = std::min(m, n);
  const NewArray<T> made({m, n});
  const MatrixView<T> to = c_order(made.data, m, n);
  Buffer<index_t> pivots(most);
  EchelonResult found;
  const bool fine = apart(static_cast<double>(m * n) * static_cast<double>(most), [&] {
    if (!copy_finite<T>(call.matrix<T>(0), to)) return false;
    found = row_echelon<T>(to, call.option(0) != 0, default_rank_rtol<RealPart<T>>(m, n), pivots.data(), nullptr,
                           most >= kPollingOrder);
    RealPart<T> check = 0;
    for (index_t i = 0; i < m * n; ++i) check += nothing(made.data[i]);
    return check == 0;
  });
  if (!fine) return {};
  py::tuple columns(found.rank);
  for (index_t k = 0; k < found.rank; ++k) columns[k] = py::int_(pivots[k]);
  return py::make_tuple(made.array, columns, found.rank, found.swaps, py::none());
}

using Wide = std::complex<double>;
using Single = std::complex<float>;
constexpr DoorTraits kComplex{.power = 3, .complex = true};

const DoorRow rows[] = {
    {"row_echelon", Signature("(m,n)->"), "A", "reduced=0 steps=0 rtol", {}, {.makes = {echelon<double>, echelon<float>}}},
    {"solve", Signature("(n,n),(n,k?)->(n,k?)"), "A b", "", {solve<double>, solve<float>}, {.power = 3}},
    {"inverse", Signature("(n,n)->(n,n)"), "A", "", {inverse<double>, inverse<float>}, {.power = 3}},
    {"cholesky", Signature("(n,n)->(n,n)"), "A", "", {lower_factor<double>, lower_factor<float>}, {.power = 2}},
    {"determinant", Signature("(n,n)->()"), "A", "", {determinant_of<double>, determinant_of<float>}, {.power = 3}},
    {"slogdet", Signature("(n,n)->(),()"), "A", "", {log_determinants<double>, log_determinants<float>}, {.power = 3}},
    {"solve",
     Signature("(n,n),(n,k?)->(n,k?)"),
     "A b",
     "",
     {solve<Wide>, solve<Single>},
     {.power = 3, .complex = true, .widens = true}},
    {"inverse", Signature("(n,n)->(n,n)"), "A", "", {inverse<Wide>, inverse<Single>}, kComplex},
    {"cholesky", Signature("(n,n)->(n,n)"), "A", "", {lower_factors_of<Wide>, lower_factors_of<Single>}, kComplex},
    {"determinant", Signature("(n,n)->()"), "A", "", {determinant_of<Wide>, determinant_of<Single>}, kComplex},
    {"slogdet", Signature("(n,n)->(),()r"), "A", "", {log_determinants_of<Wide>, log_determinants_of<Single>}, kComplex},
    {"row_echelon",
     Signature("(m,n)->"),
     "A",
     "reduced=0 steps=0 rtol",
     {},
     {.complex = true, .makes = {echelon<std::complex<double>>, echelon<std::complex<float>>}}},
    {"lu", Signature("(m,n)->(m)i,(m,k),(k,n)"), "A", "", {factors<double>, factors<float>}, {.power = 2}},
    {"lu",
     Signature("(m,n)->(m)i,(m,k),(k,n)"),
     "A",
     "",
     {factors<std::complex<double>>, factors<std::complex<float>>},
     {.power = 2, .complex = true}},
};

}  // namespace

void bind(py::module_& m) {
  add_doors(m, rows);
  m.def(
      "solve",
      [](const py::array& a, const py::array& b, py::array& x) {
        by_number(x, [&](auto zero) {
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
        by_number(mantissa, [&](auto zero) {
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
        return by_number(a, [&](auto zero) -> py::object {
          using T = decltype(zero);
          return echelon_of<T>(a, reduced, rtol, with_steps);
        });
      },
      py::arg("a"), py::arg("reduced"), py::arg("rtol"), py::arg("with_steps"),
      "Brings contiguous matrices to echelon form in place; returns (pivots, ranks, swaps, steps).");
  m.def(
      "cholesky",
      [](const py::array& a, py::array& l) {
        return by_dtype(l, [&](auto zero) {
          using T = decltype(zero);
          const auto from = matrix_batch<const T>(a, "A");
          const auto to = matrix_batch<T>(l, "l");
          const NoFactor none = without_gil([&] { return cholesky_batch<T>(from, to); });
          return std::pair(none.item, none.row);
        });
      },
      py::arg("a"), py::arg("l"),
      "Fills contiguous l, l l' = a, of stacks (..., n, n).\n\nReturns (-1, -1), or the first item without a factor and the "
      "row whose pivot is not positive, -1 for NaN.");
  m.def(
      "lu_factor",
      [](py::array& a, py::array_t<std::int64_t>& perm) {
        by_number(a, [&](auto zero) {
          using T = decltype(zero);
          const auto stack = matrix_batch<T>(a, "A");
          std::int64_t* to = perm.mutable_data();
          without_gil([&] { lu_of<T>(stack, to); });
        });
      },
      py::arg("a"), py::arg("perm"), "Factors contiguous matrices in place; perm (..., m): A[perm] = L U.");
}

}  // namespace mmlcore::bindings::elimination_py
