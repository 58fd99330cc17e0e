#include "mmlcore/eigen/general_pairs.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "mmlcore/core/maps.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/signs.hpp"

namespace mmlcore {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using ComplexMatrix = Eigen::MatrixXcd;

// Scales `a` in place and returns the diagonal of D. Lengths are those off the diagonal.
Vector balance(Matrix& a) {
  const index_t n = a.rows();
  Vector scale = Vector::Ones(n);
  constexpr int rounds = 20;
  bool changed = true;
  for (int round = 0; round < rounds && changed; ++round) {
    changed = false;
    for (index_t i = 0; i < n; ++i) {
      double row = 0, column = 0;
      for (index_t j = 0; j < n; ++j) {
        if (j == i) continue;
        row += std::abs(a(i, j));
        column += std::abs(a(j, i));
      }
      if (row == 0 || column == 0) continue;
      const int power = static_cast<int>(std::lround(0.5 * std::log2(row / column)));
      const double factor = std::ldexp(1.0, power);
      if (power == 0 || (column * factor + row / factor) >= 0.95 * (column + row)) continue;
      changed = true;
      scale[i] *= factor;
      a.col(i) *= factor;
      a.row(i) /= factor;
    }
  }
  return scale;
}

template <class T>
GeneralPairs one(const MatrixView<const T>& from, std::complex<T>* values, std::complex<T>* vectors) {
  const index_t n = from.rows;
  const Matrix a = map(from).template cast<double>();
  GeneralPairs told;
  if (!a.allFinite()) return told;
  Matrix balanced = a;
  const Vector scale = balance(balanced);
  const Eigen::EigenSolver<Matrix> solver(balanced, vectors != nullptr);
  if (solver.info() != Eigen::Success || !solver.eigenvalues().allFinite()) return told;
  told.found = true;
  for (index_t k = 0; k < n; ++k) {
    const std::complex<double> value = solver.eigenvalues()[k];
    values[k] = static_cast<std::complex<T>>(value);
    told.real &= value.imag() == 0;
    told.found &= std::isfinite(values[k].real()) && std::isfinite(values[k].imag());
  }
  if (!vectors) return told;
  ComplexMatrix found = scale.asDiagonal() * solver.eigenvectors();
  for (index_t k = 0; k < n; ++k) found.col(k).stableNormalize();
  const ComplexMatrix gap = a * found - found * solver.eigenvalues().asDiagonal();
  const double bound = 16 * static_cast<double>(n) * std::numeric_limits<T>::epsilon() * a.cwiseAbs().maxCoeff();
  told.sharp = gap.cwiseAbs().maxCoeff() <= bound;  // false for NaN
  const auto to = c_order(vectors, n, n);
  for (index_t i = 0; i < n; ++i) {
    for (index_t k = 0; k < n; ++k) to(i, k) = static_cast<std::complex<T>>(found(i, k));
  }
  point_columns<T>(to);
  told.found &= found.allFinite();
  return told;
}

}  // namespace

template <class T>
GeneralPairs general_pairs(const MatrixBatch<const T>& a, std::complex<T>* values, std::complex<T>* vectors) {
  const index_t n = a.item.rows;
  std::atomic<bool> found{true}, real{true}, sharp{true};
  parallel_ranges(a.count(), 20000 / (25 * n * n * n + 100) + 1, [&](index_t first, index_t last) {
    for (index_t i = first; i < last && found; ++i) {
      const GeneralPairs told = one<T>(a[i], values + i * n, vectors ? vectors + i * n * n : nullptr);
      if (!told.found) found = false;
      if (!told.real) real = false;
      if (!told.sharp) sharp = false;
    }
  });
  return {found, real, sharp};
}

template GeneralPairs general_pairs<float>(const MatrixBatch<const float>&, std::complex<float>*, std::complex<float>*);
template GeneralPairs general_pairs<double>(const MatrixBatch<const double>&, std::complex<double>*, std::complex<double>*);

}  // namespace mmlcore
