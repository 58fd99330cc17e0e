// Singular values of complex matrices; large ones are LAPACK's.
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/signs.hpp"
#include "mmlcore/singular/complex_svd.hpp"
#include "mmlcore/singular/singular_values.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings::complex_singular_py {
namespace {

// Smaller ones than that beside the largest may have lost digits on the way (jacobi_svd.hpp).
constexpr double kSurely = 1e-130;
// From that side on LAPACK is as fast, with vectors and without, and of longer ones Ctrl-C would wait.
template <class T>
constexpr index_t kVectors = sizeof(T) == 8 ? 500 : 400;
template <class T>
constexpr index_t kValues = sizeof(T) == 8 ? 800 : 500;
constexpr index_t kLonger = 4096;

bool small(index_t m, index_t n, index_t most) {
  return std::min(m, n) >= 1 && std::min(m, n) <= most && std::max(m, n) <= kLonger;
}

// Runs f(item, values, power) -> bool for the descending values of each matrix, those of the matrix times 2^-power; in
// float64 where `wider`, as the digits of small values decide.
template <class T, class F>
bool each_spectrum(const Call& call, bool wider, F&& f) {
  const index_t p = std::min(call['m'], call['n']), count = call.count();
  if (!small(call['m'], call['n'], kValues<T>)) return false;
  Buffer<double> values(count * p);
  Buffer<int> powers(count);
  if (!complex_svd<T>(call.stack<T>(0), values.data(), powers.data(), nullptr, nullptr, wider)) return false;
  bool fine = true;
  for (index_t i = 0; i < count; ++i) fine &= f(i, values.data() + i * p, powers[i]);
  return fine;
}

template <class T>
index_t rank_of(const Call& call, const double* values) {
  const double least = default_rank_rtol<RealPart<T>>(call['m'], call['n']) * values[0];
  return std::count_if(values, values + std::min(call['m'], call['n']), [=](double x) { return x > least; });
}

template <class T>
bool ranks(const Call& call) {
  auto* const to = call.result<std::int64_t>();
  return each_spectrum<T>(call, true, [&](index_t i, const double* values, int) {
    to[i] = rank_of<T>(call, values);
    return true;
  });
}

template <class T>
bool singular(const Call& call) {
  bool* const to = call.result<bool>();
  return call['m'] == call['n'] && each_spectrum<T>(call, true, [&](index_t i, const double* values, int) {
           to[i] = rank_of<T>(call, values) < call['n'];
           return true;
         });
}

template <class T>
bool conditions(const Call& call) {
  const index_t p = std::min(call['m'], call['n']);
  auto* const to = call.result<RealPart<T>>();
  return each_spectrum<T>(call, true, [=](index_t i, const double* values, int) {
    to[i] = static_cast<RealPart<T>>(values[0] / values[p - 1]);
    return values[p - 1] > kSurely;
  });
}

// Values in their units; false where the largest leaves the range.
template <class T>
bool restore(const double* values, int power, index_t p, RealPart<T>* to) {
  for (index_t j = 0; j < p; ++j) to[j] = static_cast<RealPart<T>>(std::ldexp(values[j], power));
  return to[0] <= std::numeric_limits<RealPart<T>>::max();
}

template <class T>
bool values_alone(const Call& call) {
  const index_t p = std::min(call['m'], call['n']);
  auto* const to = call.result<RealPart<T>>();
  return each_spectrum<T>(
      call, false, [=](index_t i, const double* values, int power) { return restore<T>(values, power, p, to + i * p); });
}

template <Complex T>
void conjugate_all(const MatrixView<T>& v) {
  for (index_t i = 0; i < v.rows; ++i) {
    for (index_t j = 0; j < v.cols; ++j) v(i, j) = std::conj(v(i, j));
  }
}

// Thin or full, which is what the row has memory for.
template <int Full>
bool decomposes(const Call& call) {
  return call.option(0) == Full && small(call['m'], call['n'], kVectors<std::complex<float>>);
}

template <class T>
bool decomposition(const Call& call) {
  const index_t m = call['m'], n = call['n'], p = std::min(m, n);
  if (p > kVectors<T>) return false;
  const auto left = call.results<T>(0);
  auto right = call.results<T>(2);
  right.item = right.item.transposed();
  auto* const to = call.result<RealPart<T>>(1);
  Buffer<double> values(call.count() * p);
  Buffer<int> powers(call.count());
  if (!complex_svd<T>(call.stack<T>(0), values.data(), powers.data(), &left, &right, false)) return false;
  return each_item(call, (m + n) * p, [&](index_t i) {
    if (!restore<T>(values.data() + i * p, powers[i], p, to + i * p)) return false;
    const MatrixView<T> v = right[i];
    point_complex_pairs<T>(left[i], v);
    conjugate_all(v);
    return true;
  });
}

// One matrix.
template <class T>
py::object null_spaces(const Call& call) {
  const index_t m = call['m'], n = call['n'];
  if (call.axes() != 0 || !small(m, n, kVectors<T>)) return {};
  double values[kVectors<T>];
  int power = 0;
  Buffer<T> memory(n * n);
  const MatrixBatch<T> all{c_order(memory.data(), n, n), {}};
  const MatrixView<T> right = all.item;
  if (!complex_svd<T>(call.stack<T>(0), values, &power, nullptr, &all, true)) return {};
  const index_t rank = rank_of<T>(call, values);
  const NewArray<T> basis({n, n - rank});
  const MatrixView<T> to = c_order(basis.data, n, n - rank);
  copy<T>(right.block(0, rank, n, n - rank), to);
  point_columns(to);
  return basis.array;
}

using Wide = std::complex<double>;
using Single = std::complex<float>;
constexpr DoorTraits kComplex{.power = 2, .complex = true};

const DoorRow rows[] = {
    {"svd",
     Signature("(m,n)->(m,k),(k)r,(k,n)"),
     "A",
     "full=0 k random_state",
     {decomposition<Wide>, decomposition<Single>},
     {.power = 2, .takes = decomposes<0>, .complex = true}},
    {"svd",
     Signature("(m,n)->(m,m),(k)r,(n,n)"),
     "A",
     "full=0 k random_state",
     {decomposition<Wide>, decomposition<Single>},
     {.power = 2, .takes = decomposes<1>, .complex = true}},
    {"svdvals", Signature("(m,n)->(k)r"), "A", "", {values_alone<Wide>, values_alone<Single>}, kComplex},
    {"rank", Signature("(m,n)->()i"), "A", "rtol atol", {ranks<Wide>, ranks<Single>}, kComplex},
    {"is_singular", Signature("(m,n)->()b"), "A", "rtol", {singular<Wide>, singular<Single>}, kComplex},
    {"condition", Signature("(m,n)->()r"), "A", "", {conditions<Wide>, conditions<Single>}, kComplex},
    {"null_space",
     Signature("(m,n)->"),
     "A",
     "rtol",
     {},
     {.complex = true, .makes = {null_spaces<Wide>, null_spaces<Single>}}},
};

}  // namespace

void bind(py::module_& m) {
  add_doors(m, rows);
  m.def(
      "point_pairs",
      [](py::array& left, py::array& right) {
        by_number(left, [&](auto zero) {
          using T = decltype(zero);
          if constexpr (Complex<T>) {
            const auto u = matrix_batch<T>(left, "left"), vh = matrix_batch<T>(right, "right");
            without_gil([&] {
              parallel_tasks(u.count(), [&](index_t i) {
                const MatrixView<T> v = vh[i].transposed();
                conjugate_all(v);
                point_complex_pairs<T>(u[i], v);
                conjugate_all(v);
              });
            });
          }
        });
      },
      py::arg("left"), py::arg("right"),
      "Turns pairs of complex singular vectors, columns of left and rows of right, so that the leading entry of the rows of "
      "right is positive.");
}

}  // namespace mmlcore::bindings::complex_singular_py
