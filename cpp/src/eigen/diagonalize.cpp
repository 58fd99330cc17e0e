#include "mmlcore/eigen/diagonalize.hpp"

#include <algorithm>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/elimination/complex_lu.hpp"
#include "mmlcore/elimination/lu.hpp"

namespace mmlcore {
namespace {

double squares(double x) { return x * x; }
double squares(const std::complex<double>& x) { return std::norm(x); }

// Whether lengths prove the columns of P, of which this is the inverse, to be a basis.
template <Number T>
bool proves(const T* p, index_t n, const T* inverse) {
  double vectors = 0, inverses = 0;
  for (index_t i = 0; i < n * n; ++i) {
    vectors += squares(p[i]);
    inverses += squares(inverse[i]);
  }
  const double unit = std::numeric_limits<RealPart<T>>::epsilon() / 2;
  return 4 * 100 * unit * vectors * inverses < 1;
}

template <Number T>
void put_identity(T* to, index_t n) {
  std::fill_n(to, n * n, T{0});
  for (index_t j = 0; j < n; ++j) to[j * (n + 1)] = 1;
}

}  // namespace

template <class T>
bool invert_basis(const T* p, index_t n, T* inverse) {
  Buffer<T> right(n * n);
  put_identity(right.data(), n);
  return try_solve<T>(c_order(p, n, n), c_order<const T>(right.data(), n, n), c_order(inverse, n, n), false).solved ==
             Solved::yes &&
         proves(p, n, inverse);
}

template <class T>
bool invert_basis(const std::complex<T>* p, index_t n, std::complex<T>* inverse) {
  using C = std::complex<T>;
  Buffer<C> factors(n * n);
  Buffer<index_t> pivots(n);
  std::copy_n(p, n * n, factors.data());
  put_identity(inverse, n);
  const MatrixView<C> lu = c_order(factors.data(), n, n);
  if (complex_lu<C>(lu, pivots.data()) >= 0) return false;
  complex_lu_solve<C>(lu, pivots.data(), c_order(inverse, n, n));
  return proves(p, n, inverse);
}

template bool invert_basis<float>(const float*, index_t, float*);
template bool invert_basis<double>(const double*, index_t, double*);
template bool invert_basis<float>(const std::complex<float>*, index_t, std::complex<float>*);
template bool invert_basis<double>(const std::complex<double>*, index_t, std::complex<double>*);

}  // namespace mmlcore
