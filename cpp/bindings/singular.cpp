#include <algorithm>
#include <cmath>
#include <cstdint>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/signs.hpp"
#include "mmlcore/singular/full_rank.hpp"
#include "mmlcore/singular/jacobi_svd.hpp"
#include "mmlcore/singular/least_squares.hpp"
#include "mmlcore/singular/singular_values.hpp"
#include "mmlcore/singular/svd.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings::singular_py {
namespace {

// Smaller ones than that beside the largest may have lost digits on the way (jacobi_svd.hpp): LAPACK sees to the matrix.
constexpr double kSurely = 1e-130;
constexpr index_t kProofSize = index_t{1} << 20;  // numbers of a matrix whose proof takes less than Ctrl-C may wait

// Runs f(item, values) for the descending singular values of each matrix of argument 0.
template <class T, class F>
bool each_spectrum(const MatrixBatch<const T>& a, F&& f) {
  const index_t p = std::min(a.item.rows, a.item.cols), count = a.count();
  double few[kValuesSide];
  Buffer<double> many(count > 1 ? count * p : 0);
  double* const values = count > 1 ? many.data() : few;
  if (!scaled_singular_values<T>(a, values)) return false;
  bool fine = true;
  for (index_t i = 0; i < count; ++i) fine &= f(i, values + i * p);
  return fine;
}

// Runs tell(item, rank) for matrices of T: by a proof of full rank where there is one, else by the values, of a small matrix
// alone, or of the stack where many are wanting.
template <class T, class F>
bool each_rank(const MatrixBatch<const T>& a, double rtol, F&& tell) {
  const index_t m = a.item.rows, n = a.item.cols, p = std::min(m, n), count = a.count();
  const auto rank_of = [=](const double* values) {
    return std::count_if(values, values + p, [least = rtol * values[0]](double x) { return x > least; });
  };
  Buffer<bool> proved(count);
  std::fill(proved.begin(), proved.end(), false);
  if (p >= kProofSide && m * n <= kProofSize) {
    parallel_ranges(count, 20'000 / (m * n * p) + 1, [&](index_t first, index_t last) {
      for (index_t i = first; i < last; ++i) proved[i] = surely_full_rank<T>(a[i], rtol);
    });
  }
  const index_t wanting = std::count(proved.begin(), proved.end(), false);
  if (wanting > 0 && !has_few_values(m, n)) return false;
  if (4 * wanting > count) {
    return each_spectrum<T>(a, [&](index_t i, const double* values) { return tell(i, rank_of(values)), true; });
  }
  for (index_t i = 0; i < count; ++i) {
    double values[kValuesSide];
    if (!proved[i] && !scaled_singular_values<T>({a[i], {}}, values)) return false;
    tell(i, proved[i] ? p : rank_of(values));
  }
  return true;
}

template <class T>
bool ranks(const Call& call) {
  const index_t m = call['m'], n = call['n'];
  auto* const to = call.result<std::int64_t>();
  return m > 0 && n > 0 &&
         each_rank<T>(call.stack<T>(0), default_rank_rtol<T>(m, n), [=](index_t i, index_t rank) { to[i] = rank; });
}

template <class T>
bool singular(const Call& call) {
  const index_t n = call['n'];
  auto* const to = call.result<bool>();
  return n > 0 &&
         each_rank<T>(call.stack<T>(0), default_rank_rtol<T>(n, n), [=](index_t i, index_t rank) { to[i] = rank < n; });
}

template <class T>
bool conditions(const Call& call) {
  const index_t p = std::min(call['m'], call['n']);
  T* const to = call.result<T>();
  return has_few_values(call['m'], call['n']) && each_spectrum<T>(call.stack<T>(0), [=](index_t i, const double* values) {
           to[i] = static_cast<T>(values[0] / values[p - 1]);
           return values[p - 1] > kSurely;
         });
}

// Rows are the vectors: each is brought near 1, and to length 1, first.
template <class T>
bool independent(const Call& call) {
  const index_t n = call['n'], d = call['d'], count = call.count();
  if (n < 1 || n > d || n * d > kProofSize) return false;
  const auto vectors = call.stack<T>(0);
  Buffer<double> memory(count * n * d);
  for (index_t i = 0; i < count; ++i) {
    for (index_t k = 0; k < n; ++k) {
      const VectorView<const T> from = vectors[i].row(k);
      double *const to = memory.data() + (i * n + k) * d, squares = 0, top = 0;
      for (index_t j = 0; j < d; ++j) top = std::max(top, std::abs(static_cast<double>(from[j])));
      if (!(top == 0 || (top > 1e-150 && top < 1e150))) return false;
      for (index_t j = 0; j < d; ++j) {
        to[j] = from[j];
        squares += to[j] * to[j];
      }
      if (!std::isfinite(squares)) return false;
      for (index_t j = 0; j < d && squares > 0; ++j) to[j] /= std::sqrt(squares);
    }
  }
  MatrixBatch<const double> units{c_order<const double>(memory.data(), n, d), {}};
  units.batch.push(count, n * d);
  bool* const to = call.result<bool>();
  const double rtol = default_rank_rtol<T>(n, d);
  return each_rank<double>(units, rtol, [=](index_t i, index_t rank) { to[i] = rank == n; });
}

template <class T>
bool values_alone(const Call& call) {
  const index_t p = std::min(call['m'], call['n']), count = call.count();
  if (!has_few_values(call['m'], call['n'])) return false;
  Buffer<double> values(count * p);
  Buffer<int> powers(count);
  if (!scaled_singular_values<T>(call.stack<T>(0), values.data(), powers.data())) return false;
  T* const to = call.result<T>();
  bool fine = true;
  for (index_t i = 0; i < count * p; ++i) {
    to[i] = static_cast<T>(std::ldexp(values[i], powers[i / p]));
    fine &= to[i] <= std::numeric_limits<T>::max();
  }
  return fine;
}

constexpr index_t kVectors = 400;  // the shorter side, at most: from there on LAPACK is as fast

// Thin or full, which is what the row has memory for.
template <int Full>
bool decomposes(const Call& call) {
  const index_t p = std::min(call['m'], call['n']);
  return call.option(0) == Full && p >= 1 && p <= kVectors && std::max(call['m'], call['n']) <= kValuesLength;
}
template <class T>
bool decomposition(const Call& call) {
  return svd<T>(call.stack<T>(0), call.results<T>(0), call.result<T>(1), call.results<T>(2));
}

// One matrix for all right sides of a stack is decomposed once, by the function itself.
template <class T>
bool shortest(const Call& call) {
  const index_t m = call['m'], n = call['n'];
  if (m < 1 || n < 1 || call['k'] < 1 || (call.is_one(0) && call.axes() > 0)) return false;
  return least_squares<T>(call.stack<T>(0), call.stack<T>(1), default_rank_rtol<T>(m, n), call.results<T>(0),
                          call.result<T>(1), call.result<std::int64_t>(2), call.result<T>(3));
}

template <class T>
bool pseudo_inverses(const Call& call) {
  const index_t m = call['m'], n = call['n'];
  return m > 0 && n > 0 && pseudo_inverse<T>(call.stack<T>(0), default_rank_rtol<T>(m, n), call.results<T>());
}

constexpr double kLeast = 1e-280, kMost = 1e280;  // of a largest value whose products by rtol stay in the range

// One matrix.
template <class T>
py::object null_spaces(const Call& call) {
  const index_t m = call['m'], n = call['n'];
  if (call.axes() != 0 || m < 1 || n < 1 || std::max(m, n) > kJacobiSide) return {};
  Buffer<double> numbers(n);
  Buffer<T> memory(n * n);
  double* const values = numbers.data();
  const MatrixView<T> right = c_order(memory.data(), n, n);
  if (!right_singular_vectors<T>(call.matrix<T>(0), values, right)) return {};
  if (values[0] != 0 && !(values[0] > kLeast && values[0] < kMost)) return {};
  const double least = default_rank_rtol<T>(m, n) * values[0];
  const index_t rank = std::count_if(values, values + n, [=](double x) { return x > least; });
  const NewArray<T> basis({n, n - rank});
  const MatrixView<T> to = c_order(basis.data, n, n - rank);
  copy<T>(right.block(0, rank, n, n - rank), to);
  point_columns<T>(to);
  return basis.array;
}

const DoorRow rows[] = {
    {"svd",
     Signature("(m,n)->(m,k),(k),(k,n)"),
     "A",
     "full=0 k random_state",
     {decomposition<double>, decomposition<float>},
     {.power = 2, .takes = decomposes<0>}},
    {"svd",
     Signature("(m,n)->(m,m),(k),(n,n)"),
     "A",
     "full=0 k random_state",
     {decomposition<double>, decomposition<float>},
     {.power = 2, .takes = decomposes<1>}},
    {"svdvals", Signature("(m,n)->(k)"), "A", "", {values_alone<double>, values_alone<float>}, {.power = 2}},
    {"lstsq",
     Signature("(m,n),(m,k?)->(n,k?),(k?),()i,(p)"),
     "A b",
     "rtol",
     {shortest<double>, shortest<float>},
     {.power = 2}},
    {"pinv", Signature("(m,n)->(n,m)"), "A", "rtol", {pseudo_inverses<double>, pseudo_inverses<float>}, {.power = 2}},
    {"null_space", Signature("(m,n)->"), "A", "rtol", {}, {.makes = {null_spaces<double>, null_spaces<float>}}},
    {"rank", Signature("(m,n)->()i"), "A", "rtol atol", {ranks<double>, ranks<float>}, {.power = 2}},
    {"is_singular", Signature("(n,n)->()b"), "A", "rtol", {singular<double>, singular<float>}, {.power = 3}},
    {"condition", Signature("(m,n)->()"), "A", "", {conditions<double>, conditions<float>}, {.power = 2}},
    {"is_independent", Signature("(n,d)->()b"), "vectors", "rtol", {independent<double>, independent<float>}, {.power = 2}},
};

}  // namespace

void bind(py::module_& m) {
  add_doors(m, rows);
  m.attr("JACOBI_SIDE") = kJacobiSide;
  m.def(
      "default_rank_rtol",
      [](index_t m, index_t n, bool single) {
        return single ? default_rank_rtol<float>(m, n) : default_rank_rtol<double>(m, n);
      },
      py::arg("m"), py::arg("n"), py::arg("single"), "Up to which share of the largest a singular value counts as zero.");
  m.def(
      "least_squares",
      [](const py::array& a, const py::array& b, double rtol, py::array& x, py::array& residual,
         py::array_t<std::int64_t>& rank, py::array& values) {
        return by_dtype(x, [&](auto zero) {
          using T = decltype(zero);
          const auto from = matrix_batch<const T>(a, "A"), sides = matrix_batch<const T>(b, "b");
          const auto to = matrix_batch<T>(x, "x");
          T *const lengths = data_of<T>(residual), *const s = data_of<T>(values);
          std::int64_t* const ranks = rank.mutable_data();
          return without_gil([&] { return least_squares<T>(from, sides, rtol, to, lengths, ranks, s); });
        });
      },
      py::arg("a"), py::arg("b"), py::arg("rtol"), py::arg("x"), py::arg("residual"), py::arg("rank"), py::arg("values"),
      "Fills x (..., n, k), and contiguous residual (..., k), rank (...), values (..., p), of stacks of equal "
      "count.\n\nFalse "
      "where the function has to see to it.");
  m.def(
      "right_singular_vectors",
      [](const py::array& a, py::array_t<double>& values, py::array& right) {
        return by_dtype(right, [&](auto zero) {
          using T = decltype(zero);
          return right_singular_vectors<T>(matrix_view<const T>(a, "A"), values.mutable_data(),
                                           matrix_view<T>(right, "right"));
        });
      },
      py::arg("a"), py::arg("values"), py::arg("right"),
      "Fills values (n,) and right (n, n), columns, of a matrix of a shorter side up to JACOBI_SIDE.\n\nFalse for NaN or "
      "infinity.");
}

}  // namespace mmlcore::bindings::singular_py
