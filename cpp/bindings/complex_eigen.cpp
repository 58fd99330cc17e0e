// Eigenpairs of complex matrices, Hermitian ones and others, and the dominant pair alone.
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <vector>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/random.hpp"
#include "mmlcore/core/signs.hpp"
#include "mmlcore/eigen/complex_pairs.hpp"
#include "mmlcore/eigen/complex_power_iteration.hpp"
#include "mmlcore/eigen/diagonalize.hpp"
#include "mmlcore/eigen/hermitian_lanes.hpp"
#include "mmlcore/eigen/hermitian_pairs.hpp"
#include "module.hpp"
#include "results.hpp"
#include "wide_result.hpp"

namespace mmlcore::bindings::complex_eigen_py {
namespace {

using Wide = std::complex<double>;
using Single = std::complex<float>;

template <class T>
bool all_pairs(const Call& call) {
  const index_t n = call['n'];
  if (n < 1 || n > kHermitianOrder) return false;
  const auto a = call.stack<T>(0);
  const auto vectors = call.results<T>(1);
  auto* const values = call.result<RealPart<T>>(0);
  if (in_hermitian_lanes<T>(n, call.count())) return hermitian_lanes<T>(a, values, vectors);
  return each_item(call, 16 * n * n * n, [&](index_t i) { return hermitian_pairs<T>(a[i], values + i * n, vectors[i]); });
}

template <class T>
bool all_values(const Call& call) {
  const index_t n = call['n'];
  if (n < 1 || n > kHermitianOrder) return false;
  const auto a = call.stack<T>(0);
  auto* const values = call.result<RealPart<T>>(0);
  if (in_hermitian_lanes<T>(n, call.count())) return hermitian_lanes<T>(a, values, {});
  return each_item(call, 6 * n * n * n, [&](index_t i) { return hermitian_values<T>(a[i], values + i * n); });
}

// False where LAPACK, or the Python function, has to see to it.
template <class T>
bool general(const Call& call) {
  if (call['n'] < 1 || call['n'] > kComplexOrder) return false;
  const GeneralPairs told = complex_pairs<T>(call.stack<T>(0), call.result<T>(0), call.result<T>(1));
  return told.found && told.sharp;
}

template <class T>
bool general_values(const Call& call) {
  if (call['n'] < 1 || call['n'] > kComplexOrder) return false;
  return complex_pairs<T>(call.stack<T>(0), call.result<T>(0), nullptr).found;
}

// (values, vectors or None, which items LAPACK has to see to).
template <Complex T>
py::object pairs_of(const py::array& a, bool with_vectors, bool balanced) {
  const auto stack = matrix_batch<const T>(a, "A");
  py::array_t<bool> poor(stack.count());
  bool* const told = poor.mutable_data();
  std::fill_n(told, stack.count(), false);
  const std::vector<npy_intp> shape(a.shape(), a.shape() + a.ndim());
  const NewArray<T> values({shape.begin(), shape.end() - 1});
  if (!with_vectors) {
    without_gil([&] { complex_pairs<T>(stack, values.data, nullptr, told, balanced); });
    return py::make_tuple(values.array, py::none(), poor);
  }
  const NewArray<T> vectors(shape);
  without_gil([&] { complex_pairs<T>(stack, values.data, vectors.data, told, balanced); });
  return py::make_tuple(values.array, vectors.array, poor);
}

template <class T>
bool hermitian(const MatrixView<const T>& a) {
  for (index_t i = 0; i < a.rows; ++i) {
    for (index_t j = 0; j <= i; ++j) {
      if (a(i, j) != std::conj(a(j, i))) return false;
    }
  }
  return true;
}

// Matrices that are all Hermitian, or all not.
template <class T>
py::object diagonals(const Call& call) {
  const index_t n = call['n'], count = call.count(), size = n * n;
  if (n < 1 || n > kComplexOrder) return {};
  const auto given = call.stack<T>(0);
  Buffer<Wide> numbers(count * (size + n));
  Wide *const values = numbers.data(), *const matrices = values + count * n;
  index_t symmetric = 0;
  for (index_t i = 0; i < count; ++i) {
    const MatrixView<const T> a = given[i];
    symmetric += hermitian(a);
    for (index_t j = 0; j < size; ++j) matrices[i * size + j] = Wide(a(j / n, j % n));
  }
  if (symmetric != 0 && symmetric != count) return {};
  MatrixBatch<const Wide> stack{c_order<const Wide>(matrices, n, n), {}};
  stack.batch.push(count, size);
  const std::vector<npy_intp> shape = call.shape({n, n});
  const WideResult<T, Wide> p(shape, count * size), d(shape, count * size), inverse(shape, count * size);
  const auto of_one = [&](index_t i) {
    Wide *const vectors = p.data() + i * size, *const back = inverse.data() + i * size, *const own = values + i * n;
    if (symmetric == 0) return invert_basis(vectors, n, back);
    Buffer<double> real(n);
    if (!hermitian_pairs<Wide>(stack[i], real.data(), c_order(vectors, n, n))) return false;
    std::copy_n(real.data(), n, own);
    for (index_t j = 0; j < size; ++j) back[j] = std::conj(vectors[j % n * n + j / n]);
    return true;
  };
  const bool fine = apart(130.0 * static_cast<double>(count * size * n), [&] {
    if (symmetric == 0) {
      const GeneralPairs told = complex_pairs<Wide>(stack, values, p.data());
      if (!told.found || !told.sharp) return false;
    }
    std::fill_n(d.data(), count * size, Wide{0});
    const bool all = each_range(call, 10 * size * n, [&](index_t first, index_t last) {
      for (index_t i = first; i < last; ++i) {
        if (!of_one(i)) return false;
        for (index_t k = 0; k < n; ++k) d.data()[i * size + k * (n + 1)] = values[i * n + k];
      }
      return true;
    });
    if (!all) return false;
    return p.narrow() && d.narrow() && inverse.narrow();
  });
  return fine ? py::make_tuple(p.array(), d.array(), inverse.array()) : py::object();
}

constexpr index_t kMostPowers = 2048;  // rows of a matrix whose products are short enough for Ctrl-C between them

// Whether the squares of all numbers stay in the range; false where one is not finite.
template <class T>
bool has_squares(const MatrixBatch<const T>& stack) {
  constexpr double limit = sizeof(T) == 16 ? 1e70 : 1e9;
  for (index_t item = 0; item < stack.count(); ++item) {
    const MatrixView<const T> a = stack[item];
    RealPart<T> top = 0, check = 0;
    for (index_t i = 0; i < a.rows; ++i) {
      for (index_t j = 0; j < a.cols; ++j) {
        check += nothing(a(i, j));
        top = std::max(top, largest_part(a(i, j)));
      }
    }
    if (check != 0 || !(top > 1 / limit && top < limit)) return false;
  }
  return true;
}

// From the random vector that the Python function starts from as well; it takes what is left here, and says what is wrong
// when the products do not suffice.
template <class T>
py::object dominant(const Call& call) {
  const index_t n = call['n'], count = call.count();
  const double tol = call.option(0), most = call.option(1);
  if (n == 0 || n > kMostPowers || !(tol >= 0 && tol <= 1) || !(most >= 1 && most < 1e9) || most != std::floor(most))
    return {};
  const auto from = call.stack<T>(0);
  if (!has_squares<T>(from)) return {};
  const double least = std::max(tol, 4 * static_cast<double>(std::numeric_limits<RealPart<T>>::epsilon()));
  const NewArray<T> values(call.shape({})), vectors(call.shape({n}));
  const NewArray<std::int64_t> iterations(call.shape({}));
  const NewArray<double> residuals(call.shape({}));
  Buffer<double> first(n);
  const Philox generator(0);
  double squares = 0;
  for (index_t i = 0; i < n; ++i) {
    first[i] = generator.normal(i);
    squares += first[i] * first[i];
  }
  for (index_t i = 0; i < count * n; ++i) vectors.data[i] = static_cast<RealPart<T>>(first[i % n] / std::sqrt(squares));
  const bool fine = apart(1000.0 * static_cast<double>(count * n * n), [&] {
    power_iterations<T>(from, vectors.data, {values.data, residuals.data, iterations.data}, least,
                        static_cast<index_t>(most));
    bool all = true;
    for (index_t i = 0; i < count; ++i) {
      point_columns(MatrixView<T>{vectors.data + i * n, n, 1, 1, n});
      all &= residuals.data[i] <= least;
    }
    return all;
  });
  if (!fine) return {};
  if (call.axes() > 0) return py::make_tuple(values.array, vectors.array, iterations.array, residuals.array);
  return py::make_tuple(static_cast<Wide>(*values.data), vectors.array, *iterations.data, *residuals.data);
}

constexpr DoorTraits kComplex{.power = 3, .complex = true};

const DoorRow rows[] = {
    {"eigh", Signature("(n,n)->(n)r,(n,n)"), "A", "B UPLO order", {all_pairs<Wide>, all_pairs<Single>}, kComplex},
    {"eigvalsh", Signature("(n,n)->(n)r"), "A", "B UPLO order", {all_values<Wide>, all_values<Single>}, kComplex},
    {"eig", Signature("(n,n)->(n),(n,n)"), "A", "order", {general<Wide>, general<Single>}, kComplex},
    {"eigvals", Signature("(n,n)->(n)"), "A", "order", {general_values<Wide>, general_values<Single>}, kComplex},
    {"diagonalize", Signature("(n,n)->"), "A", "", {}, {.complex = true, .makes = {diagonals<Wide>, diagonals<Single>}}},
    {"power_iteration",
     Signature("(n,n)->"),
     "A",
     "tol=1e-10 max_iter=1000i raise_on_failure=1 v0",
     {},
     {.complex = true, .makes = {dominant<Wide>, dominant<Single>}}},
};

}  // namespace

void bind(py::module_& m) {
  add_doors(m, rows);
  m.def(
      "complex_pairs",
      [](const py::array& a, bool with_vectors, bool balanced) {
        return by_number(a, [&](auto zero) -> py::object {
          if constexpr (Complex<decltype(zero)>) return pairs_of<decltype(zero)>(a, with_vectors, balanced);
          return py::none();
        });
      },
      py::arg("a"), py::arg("with_vectors"), py::arg("balanced") = true,
      "(values, vectors or None, items whose residuals are not at rounding level) of complex matrices.");
}

}  // namespace mmlcore::bindings::complex_eigen_py
