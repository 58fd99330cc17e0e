#include "mmlcore/eigen/general_pairs.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/maps.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/scaled_lanes.hpp"
#include "mmlcore/core/signs.hpp"
#include "mmlcore/eigen/general_lanes.hpp"

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

// The steps of general_lanes.hpp with one lane; false where something is odd.
template <class T>
bool alone(const MatrixView<const T>& from, std::complex<T>* values, std::complex<T>* vectors, GeneralPairs& told) {
  const index_t n = from.rows, size = n * n;
  Buffer<Lone> memory((vectors ? 5 : 3) * size + 8 * n + 1);
  Lone *const matrix = memory.data(), *const found = matrix + size, *const work = found + 2 * n;
  Lone* const columns = vectors ? work + 2 * size + 6 * n + 1 : nullptr;
  double top = 0, check = 0;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) {
      const double x = matrix[i * n + j].a = static_cast<double>(from(i, j));
      check += x * 0;
      top = std::max(top, std::abs(x));
    }
  }
  if (check != 0 || top < 1e-280 || top > 1e280) return false;
  int power = 0;
  std::frexp(top, &power);
  const double down = std::ldexp(1.0, -power), up = std::ldexp(1.0, power);
  for (index_t e = 0; e < size; ++e) matrix[e] = matrix[e] * down;
  const double bound = 16 * static_cast<double>(n) * std::numeric_limits<T>::epsilon();
  if (lane::any(general_lanes<Lone>(n, matrix, found, columns, static_cast<double>(kLeading<T>), bound, work))) return false;
  told.found = told.real = true;
  for (index_t k = 0; k < n; ++k) {
    values[k] = {static_cast<T>(found[2 * k].a * up), static_cast<T>(found[2 * k + 1].a * up)};
    told.real &= found[2 * k + 1].a == 0;
    told.found &= std::isfinite(values[k].real()) && std::isfinite(values[k].imag());
  }
  for (index_t e = 0; vectors && e < size; ++e) {
    vectors[e] = {static_cast<T>(columns[2 * e].a), static_cast<T>(columns[2 * e + 1].a)};
  }
  return told.found;
}

template <class T>
GeneralPairs one(const MatrixView<const T>& from, std::complex<T>* values, std::complex<T>* vectors) {
  const index_t n = from.rows;
  GeneralPairs told;
  if (n >= 2 && alone(from, values, vectors, told)) return told;
  told = {};
  const Matrix a = map(from).template cast<double>();
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

// Items `first` ... of a stack, in lanes; those where something is odd, by themselves.
template <class V, class T>
GeneralPairs group(const MatrixBatch<const T>& a, index_t first, const MatrixBatch<T>& values, const MatrixBatch<T>& vectors,
                   V* memory, bool* poor) {
  using Vec = lane::Vec;
  using L = Simd<double>;
  constexpr T eps = std::numeric_limits<T>::epsilon();
  constexpr double least = std::numeric_limits<T>::min() / (eps * eps), most = std::numeric_limits<T>::max() * eps;
  const index_t n = a.item.rows, size = n * n;
  const bool with_vectors = vectors.item.data != nullptr;
  V *const matrix = memory, *const found = matrix + size, *const columns = found + 2 * n;
  V* const work = columns + (with_vectors ? 2 * size : 0);
  Vec* const flat = reinterpret_cast<Vec*>(work + 2 * size + 6 * n + 1);
  LaneScale scale[2];
  GeneralPairs told;
  for (int part = 0; part < LaneTraits<V>::vectors; ++part) {
    load_wide(a, start_of(first, part, a.count()), flat);
    Vec top{}, check{};
    for (index_t e = 0; e < size; ++e) {
      check += flat[e] * 0;
      top = L::abs(flat[e]) > top ? L::abs(flat[e]) : top;
    }
    if (L::any((check != 0) | ((top != 0) & ((top <= least) | (top >= most))))) {
      const index_t width = LaneTraits<V>::vectors * L::width;
      for (index_t i = first; poor && i < std::min(first + width, a.count()); ++i) poor[i] = true;
      return told;
    }
    scale[part] = LaneScale(top);
    for (index_t e = 0; e < size; ++e) lane::part(matrix[e], part) = flat[e] * scale[part].down;
  }
  constexpr double share = static_cast<double>(kLeading<T>);
  const double bound = 16 * static_cast<double>(n) * std::numeric_limits<T>::epsilon();
  const auto odd = general_lanes<V>(n, matrix, found, with_vectors ? columns : nullptr, share, bound, work);
  told.found = true;
  for (int part = 0; part < LaneTraits<V>::vectors; ++part) {
    const index_t start = first + part * L::width, used = std::min<index_t>(L::width, a.count() - start);
    if (used <= 0) break;
    Vec turning{}, largest{}, check{};
    for (index_t k = 0; k < 2 * n; ++k) {
      flat[k] = lane::part(found[k], part) * scale[part].up();
      check += flat[k] * 0;
      largest = L::abs(flat[k]) > largest ? L::abs(flat[k]) : largest;
      if (k % 2) turning = L::abs(flat[k]) > turning ? L::abs(flat[k]) : turning;
    }
    const L::Mask again = lane::part(odd, part) | (check != 0);
    told.real &= !L::any((turning > 0) & ~again);
    const L::Mask beyond = (largest > static_cast<double>(std::numeric_limits<T>::max())) & ~again;
    told.found &= !L::any(beyond);
    for (index_t l = 0; poor && l < used; ++l) poor[start + l] = beyond[l] != 0;
    store_wide(values, start, flat);
    if (with_vectors) {
      for (index_t e = 0; e < 2 * size; ++e) flat[e] = lane::part(columns[e], part);
      store_wide(vectors, start, flat);
    }
    if (!L::any(again)) continue;
    for (index_t l = 0; l < used; ++l) {
      if (!again[l]) continue;
      const auto to = [&](const MatrixBatch<T>& all) { return reinterpret_cast<std::complex<T>*>(all[start + l].data); };
      const GeneralPairs own = one<T>(a[start + l], to(values), with_vectors ? to(vectors) : nullptr);
      told.found &= own.found;
      told.real &= own.real;
      told.sharp &= own.sharp;
      if (poor) poor[start + l] = !own.found || !own.sharp;
    }
  }
  return told;
}

template <class T>
MatrixBatch<T> parts_of(std::complex<T>* numbers, index_t rows, index_t cols, index_t count) {
  MatrixBatch<T> parts{c_order(reinterpret_cast<T*>(numbers), rows, 2 * cols), {}};
  parts.batch.push(count, 2 * rows * cols);
  return parts;
}

}  // namespace

template <class T>
GeneralPairs general_pairs(const MatrixBatch<const T>& a, std::complex<T>* values, std::complex<T>* vectors, bool* poor) {
  const index_t n = a.item.rows, count = a.count();
  std::atomic<bool> found{true}, real{true}, sharp{true};
  const auto add = [&](const GeneralPairs& told) {
    if (!told.found) found = false;
    if (!told.real) real = false;
    if (!told.sharp) sharp = false;
  };
  if (in_general_lanes(n, count)) {
    const bool twins = n <= kGeneralTwins;
    const index_t step = (twins ? 2 : 1) * Simd<double>::width, grain = 4000 / (25 * n * n * n + 100) + 1;
    const MatrixBatch<T> to = parts_of(values, 1, n, count), all = parts_of(vectors, n, n, vectors ? count : 1);
    parallel_ranges((count + step - 1) / step, grain, [&](index_t first, index_t last) {
      Buffer<lane::Vec> memory((twins ? 2 : 1) * (3 * n * n + 8 * n + 1 + (vectors ? 2 * n * n : 0)) + 2 * n * n);
      for (index_t g = first; g < last && (found || poor); ++g) {
        add(twins ? group(a, g * step, to, all, reinterpret_cast<Twin*>(memory.data()), poor)
                  : group(a, g * step, to, all, memory.data(), poor));
      }
    });
    return {found, real, sharp};
  }
  parallel_ranges(count, 20000 / (25 * n * n * n + 100) + 1, [&](index_t first, index_t last) {
    for (index_t i = first; i < last && (found || poor); ++i) {
      const GeneralPairs own = one<T>(a[i], values + i * n, vectors ? vectors + i * n * n : nullptr);
      if (poor) poor[i] = !own.found || !own.sharp;
      add(own);
    }
  });
  return {found, real, sharp};
}

template GeneralPairs general_pairs<float>(const MatrixBatch<const float>&, std::complex<float>*, std::complex<float>*,
                                           bool*);
template GeneralPairs general_pairs<double>(const MatrixBatch<const double>&, std::complex<double>*, std::complex<double>*,
                                            bool*);

}  // namespace mmlcore
