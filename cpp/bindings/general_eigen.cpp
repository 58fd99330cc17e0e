#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <type_traits>
#include <vector>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/signs.hpp"
#include "mmlcore/eigen/characteristic.hpp"
#include "mmlcore/eigen/diagonalize.hpp"
#include "mmlcore/eigen/general_lanes.hpp"
#include "mmlcore/eigen/general_pairs.hpp"
#include "mmlcore/eigen/jacobi.hpp"
#include "module.hpp"
#include "results.hpp"
#include "wide_result.hpp"

namespace mmlcore::bindings::general_eigen_py {
namespace {

// Eigenvalues and, where wanted, vectors of a stack, real where all values are.
template <class T>
class Pairs {
 public:
  Pairs(const MatrixBatch<const T>& stack, bool with_vectors, bool* poor = nullptr)
      : n_(stack.item.rows),
        count_(stack.count()),
        values_(count_ * n_),
        vectors_(with_vectors ? count_ * n_ * n_ : index_t{0}),
        told_(apart(25.0 * static_cast<double>(count_ * n_ * n_) * static_cast<double>(n_), [&] {
          return general_pairs<T>(stack, values_.data(), with_vectors ? vectors_.data() : nullptr, poor);
        })) {}

  const GeneralPairs& told() const { return told_; }
  const std::complex<T>* vectors() const { return vectors_.data(); }
  py::object values(const std::vector<npy_intp>& shape) const { return array(values_, shape); }
  py::object vectors(const std::vector<npy_intp>& shape) const { return array(vectors_, shape); }

  // Values on the diagonals of matrices (count x n x n), of the type U of all results.
  template <class U>
  void put_diagonals(U* to) const {
    std::fill_n(to, count_ * n_ * n_, U{0});
    for (index_t i = 0; i < count_; ++i) {
      for (index_t k = 0; k < n_; ++k) to[(i * n_ + k) * n_ + k] = as<U>(values_[i * n_ + k]);
    }
  }

  template <class U>
  static U as(const std::complex<T>& x) {
    if constexpr (std::is_same_v<U, T>) {
      return x.real();
    } else {
      return x;
    }
  }

 private:
  template <class U>
  static py::object copied(const Buffer<std::complex<T>>& from, const std::vector<npy_intp>& shape) {
    const NewArray<U> to(shape);
    std::transform(from.begin(), from.end(), to.data, [](const std::complex<T>& x) { return as<U>(x); });
    return to.array;
  }
  py::object array(const Buffer<std::complex<T>>& from, const std::vector<npy_intp>& shape) const {
    return told_.real ? copied<T>(from, shape) : copied<std::complex<T>>(from, shape);
  }

  index_t n_, count_;
  Buffer<std::complex<T>> values_, vectors_;
  GeneralPairs told_;
};

// Whether all is finite and so near 1 that no power of two has to be taken out first (mmlcore.core.lapack.level).
template <class T>
bool plain(const MatrixBatch<const T>& stack) {
  constexpr T eps = std::numeric_limits<T>::epsilon(), least = std::numeric_limits<T>::min() / (eps * eps),
              most = std::numeric_limits<T>::max() * eps;
  for (index_t item = 0; item < stack.count(); ++item) {
    const MatrixView<const T> a = stack[item];
    T top = 0, check = 0;
    for (index_t i = 0; i < a.rows; ++i) {
      for (index_t j = 0; j < a.cols; ++j) {
        check += a(i, j) * 0;
        top = std::max(top, std::abs(a(i, j)));
      }
    }
    if (check != 0 || !(top == 0 || (top > least && top < most))) return false;
  }
  return true;
}

bool takes(const Call& call) { return call['n'] >= 1 && call['n'] <= kGeneralOrder && call.count() >= 1; }

// Lanes look for themselves.
template <class T>
bool takes(const Call& call, const MatrixBatch<const T>& stack) {
  return takes(call) && (in_general_lanes(call['n'], call.count()) || plain<T>(stack));
}

template <class T>
py::object real_parts(const NewArray<std::complex<T>>& all, index_t count, const std::vector<npy_intp>& shape) {
  const NewArray<T> to(shape);
  for (index_t i = 0; i < count; ++i) to.data[i] = all.data[i].real();
  return to.array;
}

template <class T>
py::object general(const Call& call) {
  const index_t n = call['n'], count = call.count();
  const auto stack = call.stack<T>(0);
  if (!takes<T>(call, stack)) return {};
  const std::vector<npy_intp> shape = call.shape({n}), square = call.shape({n, n});
  const NewArray<std::complex<T>> values(shape), vectors(square);
  const GeneralPairs told = apart(25.0 * static_cast<double>(count * n * n) * static_cast<double>(n),
                                  [&] { return general_pairs<T>(stack, values.data, vectors.data); });
  if (!told.found || !told.sharp) return {};
  if (!told.real) return py::make_tuple(values.array, vectors.array);
  return py::make_tuple(real_parts<T>(values, count * n, shape), real_parts<T>(vectors, count * n * n, square));
}

template <class T>
py::object general_values(const Call& call) {
  const index_t n = call['n'], count = call.count();
  const auto stack = call.stack<T>(0);
  if (!takes<T>(call, stack)) return {};
  const std::vector<npy_intp> shape = call.shape({n});
  const NewArray<std::complex<T>> values(shape);
  const GeneralPairs told = apart(10.0 * static_cast<double>(count * n * n) * static_cast<double>(n),
                                  [&] { return general_pairs<T>(stack, values.data, nullptr); });
  if (!told.found) return {};
  return told.real ? real_parts<T>(values, count * n, shape) : values.array;
}

enum class Kind { symmetric, general, both };

template <class T>
Kind kind_of(const MatrixBatch<const T>& stack) {
  bool all = true, any = false;
  for (index_t item = 0; item < stack.count(); ++item) {
    const MatrixView<const T> a = stack[item];
    bool same = true;
    for (index_t i = 0; i < a.rows && same; ++i) {
      for (index_t j = 0; j < i; ++j) same &= a(i, j) == a(j, i);
    }
    all &= same;
    any |= same;
  }
  return all ? Kind::symmetric : any ? Kind::both : Kind::general;
}

template <class T>
py::object by_rotations(const Call& call, const MatrixBatch<const T>& stack) {
  const index_t n = call['n'], count = call.count();
  if (n > kJacobiOrder) return {};
  const std::vector<npy_intp> shape = call.shape({n, n});
  const NewArray<T> p(shape), d(shape), inverse(shape);
  apart(50.0 * static_cast<double>(count * n * n) * static_cast<double>(n), [&] {
    Buffer<T> values(count * n);
    MatrixBatch<T> vectors{c_order(p.data, n, n), {}};
    vectors.batch.push(count, n * n);
    jacobi<T>(stack, values.data(), vectors);
    std::fill_n(d.data, count * n * n, T{0});
    for (index_t i = 0; i < count; ++i) {
      const MatrixView<T> from = vectors[i];
      T* const to = inverse.data + i * n * n;
      for (index_t j = 0; j < n; ++j) {
        d.data[(i * n + j) * n + j] = values[i * n + j];
        for (index_t k = 0; k < n; ++k) to[j * n + k] = from(k, j);
      }
    }
  });
  return py::make_tuple(p.array, d.array, inverse.array);
}

// With results of type U, found in type W.
template <class U, class W, class T>
py::object by_pairs(const Call& call, const Pairs<T>& pairs) {
  const index_t n = call['n'], count = call.count(), size = count * n * n;
  const std::vector<npy_intp> shape = call.shape({n, n});
  const WideResult<U, W> p(shape, size), d(shape, size), inverse(shape, size);
  std::transform(pairs.vectors(), pairs.vectors() + size, p.data(),
                 [](const std::complex<T>& x) { return Pairs<T>::template as<W>(x); });
  pairs.put_diagonals(d.data());
  const bool fine = apart(7.0 * static_cast<double>(size) * static_cast<double>(n), [&] {
    bool all = true;
    for (index_t i = 0; i < count && all; ++i) all = invert_basis(p.data() + i * n * n, n, inverse.data() + i * n * n);
    return all && (std::is_same_v<U, W> || (p.narrow() && d.narrow() && inverse.narrow()));
  });
  return fine ? py::make_tuple(p.array(), d.array(), inverse.array()) : py::object();
}

// float32 of many rows in float64: in float32 inverses prove nothing.
py::object wider_diagonals(const Call& call, const MatrixBatch<const float>& stack) {
  const index_t n = call['n'], count = call.count();
  Buffer<double> numbers(count * n * n);
  MatrixBatch<double> wide{c_order(numbers.data(), n, n), {}};
  wide.batch.push(count, n * n);
  for (index_t i = 0; i < count; ++i) {
    const MatrixView<const float> from = stack[i];
    for (index_t j = 0; j < n * n; ++j) wide[i](j / n, j % n) = from(j / n, j % n);
  }
  const Pairs<double> pairs({wide.item, wide.batch}, true);
  if (!pairs.told().found || !pairs.told().sharp) return {};
  return pairs.told().real ? by_pairs<float, double>(call, pairs)
                           : by_pairs<std::complex<float>, std::complex<double>>(call, pairs);
}

// Matrices that are all symmetric, or all not.
template <class T>
py::object diagonals(const Call& call) {
  const auto stack = call.stack<T>(0);
  if (!takes(call) || !plain<T>(stack)) return {};
  const Kind kind = kind_of<T>(stack);
  if (kind == Kind::both) return {};
  if (kind == Kind::symmetric) return by_rotations<T>(call, stack);
  if constexpr (sizeof(T) == sizeof(float)) {
    if (call['n'] > kGeneralLanes) return wider_diagonals(call, stack);
  }
  const Pairs<T> pairs(stack, true);
  if (!pairs.told().found || !pairs.told().sharp) return {};
  return pairs.told().real ? by_pairs<T, T>(call, pairs) : by_pairs<std::complex<T>, std::complex<T>>(call, pairs);
}

// Of matrices too large for exact coefficients, from their eigenvalues; false where these are not found.
template <class T>
bool coefficients_of_values(const Call& call, const MatrixBatch<const T>& stack, T* to) {
  const index_t n = call['n'], count = call.count();
  if (!takes<T>(call, stack)) return false;
  Buffer<double> wide(sizeof(T) == 8 ? 0 : count * n * n);
  MatrixBatch<const double> from;
  if constexpr (std::is_same_v<T, double>) {
    from = stack;
  } else {
    for (index_t i = 0; i < count; ++i) {
      const MatrixView<const T> item = stack[i];
      double* const rows = wide.data() + i * n * n;
      for (index_t j = 0; j < n; ++j) {
        for (index_t k = 0; k < n; ++k) rows[j * n + k] = static_cast<double>(item(j, k));
      }
    }
    from.item = c_order<const double>(wide.data(), n, n);
    from.batch.push(count, n * n);
  }
  Buffer<std::complex<double>> values(count * n), found(n + 1);
  if (!general_pairs<double>(from, values.data(), nullptr).found) return false;
  T check = 0;
  for (index_t i = 0; i < count; ++i) {
    polynomial_of_roots(values.data() + i * n, n, found.data());
    for (index_t k = 0; k <= n; ++k) check += (to[i * (n + 1) + k] = static_cast<T>(found[k].real())) * 0;
  }
  return check == 0;
}

template <class T>
bool exact_coefficients(const Call& call, const MatrixBatch<const T>& stack, T* to) {
  const index_t n = call['n'], count = call.count();
  bool all = true;
  Widened<T> found[kExactOrder + 1];
  for (index_t i = 0; i < count && all; ++i) {
    all = characteristic_polynomial<T>(stack[i], found);
    T check = 0;
    for (index_t k = 0; k <= n && all; ++k) check += (to[i * (n + 1) + k] = static_cast<T>(found[k])) * RealPart<T>(0);
    all &= check == T(0);
  }
  return all;
}

template <class T>
py::object coefficients(const Call& call) {
  const index_t n = call['n'], count = call.count();
  const bool exact = n <= (Complex<T> ? kExactComplexOrder : kExactOrder);
  if (!exact && (Complex<T> || n > kGeneralOrder)) return {};
  const auto stack = call.stack<T>(0);
  const NewArray<T> made(call.shape({n + 1}));
  const bool fine = apart(20.0 * static_cast<double>(count * n * n) * static_cast<double>(exact ? n * n : n), [&] {
    if constexpr (!Complex<T>) {
      if (!exact) return coefficients_of_values<T>(call, stack, made.data);
    }
    return exact_coefficients<T>(call, stack, made.data);
  });
  return fine ? made.array : py::object();
}

using Wide = std::complex<double>;
using Single = std::complex<float>;

const DoorRow rows[] = {
    {"eig", Signature("(n,n)->"), "A", "order", {}, {.makes = {general<double>, general<float>}}},
    {"eigvals", Signature("(n,n)->"), "A", "order", {}, {.makes = {general_values<double>, general_values<float>}}},
    {"diagonalize", Signature("(n,n)->"), "A", "", {}, {.makes = {diagonals<double>, diagonals<float>}}},
    {"characteristic_polynomial", Signature("(n,n)->"), "A", "", {}, {.makes = {coefficients<double>, coefficients<float>}}},
    {"characteristic_polynomial",
     Signature("(n,n)->"),
     "A",
     "",
     {},
     {.complex = true, .makes = {coefficients<Wide>, coefficients<Single>}}},
};

// (values, vectors or None, which items LAPACK has to see to).
template <class T>
py::object pairs_of(const py::array& a, bool with_vectors) {
  const auto stack = matrix_batch<const T>(a, "A");
  py::array_t<bool> poor(stack.count());
  std::fill_n(poor.mutable_data(), stack.count(), false);
  const Pairs<T> pairs(stack, with_vectors, poor.mutable_data());
  const std::vector<npy_intp> shape(a.shape(), a.shape() + a.ndim()), short_shape(shape.begin(), shape.end() - 1);
  const py::object vectors = with_vectors ? pairs.vectors(shape) : py::none();
  return py::make_tuple(pairs.values(short_shape), vectors, poor);
}

}  // namespace

void bind(py::module_& m) {
  add_doors(m, rows);
  m.def(
      "polynomials_of_roots",
      [](const py::array_t<std::complex<double>, py::array::c_style>& roots) {
        const index_t count = roots.shape(0), n = roots.shape(1);
        const NewArray<Wide> made({count, n + 1});
        for (index_t i = 0; i < count; ++i) polynomial_of_roots(roots.data() + i * n, n, made.data + i * (n + 1));
        return made.array;
      },
      py::arg("roots"), "Coefficients (count, n + 1) of the products of x - root, for roots (count, n).");
  m.def(
      "general_pairs",
      [](const py::array& a, bool with_vectors) {
        return by_dtype(a, [&](auto zero) { return pairs_of<decltype(zero)>(a, with_vectors); });
      },
      py::arg("a"), py::arg("with_vectors"),
      "(values, vectors or None, items whose residuals are not at rounding level) of real matrices, real where all values "
      "are.");
}

}  // namespace mmlcore::bindings::general_eigen_py
