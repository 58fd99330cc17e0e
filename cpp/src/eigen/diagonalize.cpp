#include "mmlcore/eigen/diagonalize.hpp"

#include <algorithm>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/elimination/lu.hpp"

namespace mmlcore {
namespace {

// Whether P X = [I; 0] was solved and proves the columns to be a basis; `copies`: how often the real system holds them.
template <Real T>
bool solve_basis(MatrixView<const T> p, MatrixView<T> inverse, index_t copies) {
  Buffer<T> memory(inverse.rows * inverse.cols);
  const MatrixView<T> right = c_order(memory.data(), inverse.rows, inverse.cols);
  std::fill(memory.begin(), memory.end(), T{0});
  for (index_t j = 0; j < right.cols; ++j) right(j, j) = 1;
  if (try_solve<T>(p, right, inverse, false).solved != Solved::yes) return false;
  double vectors = 0, inverses = 0;
  for (index_t i = 0; i < p.rows; ++i) {
    for (index_t j = 0; j < p.cols; ++j) vectors += static_cast<double>(p(i, j)) * static_cast<double>(p(i, j));
    for (index_t j = 0; j < inverse.cols; ++j) {
      inverses += static_cast<double>(inverse(i, j)) * static_cast<double>(inverse(i, j));
    }
  }
  const double unit = std::numeric_limits<T>::epsilon() / 2;
  return 4 * 100 * unit * (vectors / static_cast<double>(copies)) * inverses < 1;
}

}  // namespace

template <class T>
bool invert_basis(const T* p, index_t n, T* inverse) {
  return solve_basis<T>(c_order(p, n, n), c_order(inverse, n, n), 1);
}

template <class T>
bool invert_basis(const std::complex<T>* p, index_t n, std::complex<T>* inverse) {
  Buffer<T> memory(6 * n * n);
  const MatrixView<T> both = c_order(memory.data(), 2 * n, 2 * n), found = c_order(memory.data() + 4 * n * n, 2 * n, n);
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) {
      both(i, j) = both(n + i, n + j) = p[i * n + j].real();
      both(n + i, j) = p[i * n + j].imag();
      both(i, n + j) = -p[i * n + j].imag();
    }
  }
  if (!solve_basis<T>(both, found, 2)) return false;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) inverse[i * n + j] = {found(i, j), found(n + i, j)};
  }
  return true;
}

template bool invert_basis<float>(const float*, index_t, float*);
template bool invert_basis<double>(const double*, index_t, double*);
template bool invert_basis<float>(const std::complex<float>*, index_t, std::complex<float>*);
template bool invert_basis<double>(const std::complex<double>*, index_t, std::complex<double>*);

}  // namespace mmlcore
