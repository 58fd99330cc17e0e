#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/core/random.hpp"
#include "mmlcore/core/signs.hpp"
#include "mmlcore/eigen/certify_spectrum_above.hpp"
#include "mmlcore/eigen/complex_power_iteration.hpp"
#include "mmlcore/eigen/jacobi.hpp"
#include "mmlcore/eigen/largest_eigenpairs.hpp"
#include "mmlcore/eigen/matrix_power.hpp"
#include "mmlcore/eigen/power_iteration.hpp"
#include "mmlcore/eigen/symmetric_pairs.hpp"
#include "mmlcore/eigen/symmetric_product.hpp"
#include "mmlcore/eigen/symmetry.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings::eigen_py {
namespace {

constexpr index_t kJacobiAlone = 4;  // rows of one matrix, which is alone in its vector, up to which rotations win

// A matrix a task, between which Ctrl-C is seen.
template <class F>
bool one_by_one(const Call& call, F&& f) {
  if (call.count() == 1) return f(0);
  std::atomic<bool> fine{true};
  parallel_tasks(call.count(), [&](index_t i) {
    if (fine.load(std::memory_order_relaxed) && !f(i)) fine = false;
  });
  return fine;
}

template <class T>
bool all_pairs(const Call& call) {
  const index_t n = call['n'];
  if (n < 2 || n > kMediumOrder) return false;
  const auto a = call.stack<T>(0);
  const auto vectors = call.results<T>(1);
  T* const values = call.result<T>(0);
  if (n <= (call.count() == 1 ? kJacobiAlone : kJacobiOrder)) {
    jacobi<T>(a, values, vectors);
    return true;
  }
  return one_by_one(call, [&](index_t i) { return symmetric_pairs<T>(a[i], values + i * n, vectors[i]); });
}

template <class T>
bool all_values(const Call& call) {
  const index_t n = call['n'];
  if (n < 2 || n > kMediumOrder) return false;
  const auto a = call.stack<T>(0);
  T* const values = call.result<T>(0);
  if (call.count() > 1 && n <= kJacobiOrder) {
    jacobi<T>(a, values, {});
    return true;
  }
  return one_by_one(call, [&](index_t i) { return symmetric_values<T>(a[i], values + i * n); });
}

// Of matrices whose powers need no threads of their own; to 64 rows BLAS has none either.
template <class T>
constexpr index_t kPowerOrder = Complex<T> ? 64 : 32;

constexpr index_t kPowerNumbers = 4096;

template <class T>
bool powers(const Call& call) {
  const double exponent = call.option(0);
  const index_t n = call['n'];
  if (!(exponent >= 0 && exponent < 0x1p53 && exponent == std::floor(exponent)) || n > kPowerOrder<T>) return false;
  const auto a = call.stack<T>(0);
  T* const to = call.result<T>();
  const index_t some = std::max<index_t>(1, kPowerNumbers / (n * n + 1));  // items whose powers stay in the cache
  return each_range(call, n * n * n, [&](index_t first, index_t last) {
    bool fine = true;
    for (index_t i = first; i < last; i += some) {
      MatrixBatch<const T> part{a[i], {}};
      if (!a.batch.uniform()) {
        for (index_t k = i; k < std::min(last, i + some); ++k) {
          part.item = a[k];
          fine &= matrix_power<T>(part, static_cast<std::uint64_t>(exponent), to + k * n * n);
        }
        continue;
      }
      part.batch.push(std::min(last, i + some) - i, a.batch.stride());
      fine &= matrix_power<T>(part, static_cast<std::uint64_t>(exponent), to + i * n * n);
    }
    return fine;
  });
}

constexpr index_t kMostPowers = 4096;  // rows of a matrix whose products are short enough for Ctrl-C between them

// Whether the squares of all numbers stay in the range; false where one is not finite.
template <class T>
bool has_squares(const MatrixBatch<const T>& stack) {
  constexpr double limit = sizeof(T) == 8 ? 1e70 : 1e9;
  for (index_t i = 0; i < stack.count(); ++i) {
    const double top = largest_size(stack[i]);
    if (!(top > 1 / limit && top < limit)) return false;
  }
  return true;
}

// From the random vector that the Python function starts from as well; it takes those whose squares might leave the range,
// and says what is wrong when the products do not suffice. The value is a float of Python's for one matrix, as it has no
// axis; a stack has values of the matrices' type.
template <class T, bool Stack>
bool dominant(const Call& call) {
  const index_t n = call['n'], count = call.count();
  const double tol = call.option(0), most = call.option(1);
  if ((call.axes() > 0) != Stack || n == 0 || n > kMostPowers || !(tol >= 0 && tol <= 1) || !(most >= 1 && most < 1e9))
    return false;
  if (most != std::floor(most)) return false;
  const auto from = call.stack<T>(0);
  if (!has_squares<T>(from)) return false;
  Buffer<T> straight(from.item.col_stride == 1 ? 0 : count * n * n), single(1);
  MatrixBatch<T> rows{c_order(straight.data(), n, n), {}};
  rows.batch.push(count, n * n);
  for (index_t i = 0; i < count && from.item.col_stride != 1; ++i) copy<T>(from[i], rows[i]);
  T* const v = call.result<T>(1);
  const Philox generator(0);
  double squares = 0;
  for (index_t i = 0; i < n; ++i) squares += generator.normal(i) * generator.normal(i);
  for (index_t i = 0; i < n; ++i) v[i] = static_cast<T>(generator.normal(i) / std::sqrt(squares));
  for (index_t i = 1; i < count; ++i) std::copy_n(v, n, v + i * n);
  const double least = std::max(tol, 4 * static_cast<double>(std::numeric_limits<T>::epsilon()));
  double* const residual = call.result<double>(3);
  const DominantPairs<T> to{Stack ? call.result<T>(0) : single.data(), residual, call.result<std::int64_t>(2)};
  power_iterations<T>(from.item.col_stride == 1 ? from : MatrixBatch<const T>{rows.item, rows.batch}, v, to, least,
                      static_cast<index_t>(most));
  if (!Stack) *call.result<double>(0) = single[0];
  bool fine = true;
  for (index_t i = 0; i < count; ++i) {
    point_columns<T>(MatrixView<T>{v + i * n, n, 1, 1, n});
    fine &= residual[i] <= least;
  }
  return fine;
}

// Few pairs of more rows take less time by products, which the Python function has (784 rows: 5 pairs 19 ms by products and
// 22 here, 50 pairs 45 and 26).
constexpr index_t kProductsOrder = 640, kProductsShare = 40;

// Of one matrix, in float64 for float32 too: from all pairs where these are few or not much more than wanted. Options: k,
// tol, random_state, shape, raise_on_failure.
template <class T>
py::object largest_pairs(const Call& call) {
  constexpr index_t few = 40, share = 4;
  const index_t n = call['n'], k = call.whole(0);
  if (call.axes() != 0 || n < 1 || n > kMediumOrder || k < 1 || k > n) return {};
  if (n > kProductsOrder && kProductsShare * k < n) return {};
  const MatrixView<const T> a = call.matrix<T>(0);
  const Symmetry found = symmetry<T>(a);
  constexpr double eps = std::numeric_limits<T>::epsilon(), bound = sizeof(T) == 8 ? 1e-11 : 1e-5;
  constexpr double most = static_cast<double>(std::numeric_limits<T>::max()) / (kMediumOrder * kMediumOrder);
  if (!(found.largest <= most) || found.gap > 64 * eps * found.largest) return {};
  if (found.largest != 0 && !(found.largest > 1 / most)) return {};
  Buffer<double> numbers(n * n + n + n * std::max(k, n));
  double *const plain = numbers.data(), *const values = plain + n * n, *const kept = values + n;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) plain[i * n + j] = static_cast<double>(a(i, j));
  }
  const bool all = n <= few || share * k > n;
  const MatrixView<double> columns = c_order(kept, n, all ? n : k);
  const bool fine = apart(4.0 * static_cast<double>(n * n) * static_cast<double>(n), [&] {
    const auto square = c_order<const double>(plain, n, n);
    if (all && n <= kJacobiAlone) return jacobi<double>({square, {}}, values, {columns, {}}), true;
    if (all) return symmetric_pairs<double>(square, values, columns);
    const MatrixView<double> by_columns{kept, n, k, 1, n};
    return largest_eigenpairs(square, values, by_columns) <= bound;
  });
  if (!fine) return {};
  const NewArray<T> largest_values({k}), vectors({n, k});
  for (index_t j = 0; j < k; ++j) {
    largest_values.data[j] = static_cast<T>(values[all ? n - 1 - j : j]);
    for (index_t i = 0; i < n; ++i) {
      vectors.data[i * k + j] = static_cast<T>(all ? kept[i * n + n - 1 - j] : kept[j * n + i]);
    }
  }
  point_columns<T>(c_order(vectors.data, n, k));
  return py::make_tuple(largest_values.array, vectors.array);
}

const DoorRow rows[] = {
    {"top_eigh",
     Signature("(n,n)->"),
     "A",
     "k=i tol random_state shape raise_on_failure=1",
     {},
     {.makes = {largest_pairs<double>, largest_pairs<float>}}},
    {"power_iteration",
     Signature("(n,n)->()d,(n),()i,()d"),
     "A",
     "tol=1e-10 max_iter=1000i raise_on_failure=1 v0",
     {dominant<double, false>, dominant<float, false>},
     {.power = 3}},
    {"power_iteration",
     Signature("(n,n)->(),(n),()i,()d"),
     "A",
     "tol=1e-10 max_iter=1000i raise_on_failure=1 v0",
     {dominant<double, true>, dominant<float, true>},
     {.power = 3}},
    {"matrix_power", Signature("(n,n)->(n,n)"), "A", "n=i", {powers<double>, powers<float>}, {.power = 3}},
    {"matrix_power",
     Signature("(n,n)->(n,n)"),
     "A",
     "n=i",
     {powers<std::complex<double>>, powers<std::complex<float>>},
     {.power = 3, .complex = true}},
    {"eigh", Signature("(n,n)->(n),(n,n)"), "A", "B UPLO order", {all_pairs<double>, all_pairs<float>}, {.power = 3}},
    {"eigvalsh", Signature("(n,n)->(n)"), "A", "B UPLO order", {all_values<double>, all_values<float>}, {.power = 3}},
};

}  // namespace

void bind(py::module_& m) {
  add_doors(m, rows);
  m.def(
      "largest_eigenpairs",
      [](const py::array& a, py::array_t<double>& values, py::array_t<double>& vectors) {
        const auto va = matrix_view<const double>(a, "a");
        const auto out = matrix_view<double>(vectors, "vectors");
        double* to = values.mutable_data();
        return without_gil([&] { return largest_eigenpairs(va, to, out); });
      },
      py::arg("a"), py::arg("values"), py::arg("vectors"),
      "Fills values (k,) and vectors (n, k) with the largest eigenpairs of a; returns the largest relative residual.");
  m.def(
      "power_iterations",
      [](const py::array& a, py::array& vectors, double tol, index_t max_iter) {
        return by_number(vectors, [&](auto zero) {
          using T = decltype(zero);
          const auto stack = matrix_batch<const T>(a, "a");
          const NewArray<T> values({stack.count()});
          const NewArray<double> residuals({stack.count()});
          const NewArray<std::int64_t> iterations({stack.count()});
          T* const to = data_of<T>(vectors);
          without_gil([&] {
            power_iterations<T>(stack, to, {values.data, residuals.data, iterations.data}, tol, max_iter);
          });
          return py::make_tuple(values.array, iterations.array, residuals.array);
        });
      },
      py::arg("a"), py::arg("vectors"), py::arg("tol"), py::arg("max_iter"),
      "(values, iterations, residuals) of contiguous matrices (count, n, n); vectors (count, n) are the first and become "
      "the "
      "last.");
  m.def(
      "symmetric_product",
      [](const py::array& a, const py::array& x, py::array& y) {
        const auto va = matrix_view<const double>(a, "a");
        const double* from = vector_view<const double>(x, "x").data;
        double* to = vector_view<double>(y, "y").data;
        without_gil([&] { symmetric_product(va, from, to); });
      },
      py::arg("a"), py::arg("x"), py::arg("y"),
      "Fills y with a x, by the lower triangle of a symmetric a of contiguous rows.");
  m.def(
      "certify_spectrum_above",
      [](double bound, const py::array& a, const py::array& values, const py::array& vectors, double size) {
        const auto va = matrix_view<const double>(a, "a"), vv = matrix_view<const double>(vectors, "vectors");
        const double* theta = vector_view<const double>(values, "values").data;
        return without_gil([&] { return certify_spectrum_above(bound, va, theta, vv, size); });
      },
      py::arg("bound"), py::arg("a"), py::arg("values"), py::arg("vectors"), py::arg("size"),
      "Whether a symmetric a has no eigenvalue above a bound but those found; `size` is that of the largest.");
  m.def(
      "symmetry",
      [](const py::array& a) {
        return by_dtype(a, [&](auto zero) {
          const auto va = matrix_view<const decltype(zero)>(a, "a");
          const Symmetry found = without_gil([&] { return symmetry(va); });
          return py::make_tuple(found.largest, found.gap);
        });
      },
      py::arg("a"), "(largest size of an element, largest difference of an element and its mirror image), a square.");
}

}  // namespace mmlcore::bindings::eigen_py
