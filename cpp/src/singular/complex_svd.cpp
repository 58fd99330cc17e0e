#include "mmlcore/singular/complex_svd.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/phase.hpp"
#include "mmlcore/core/signs.hpp"
#include "mmlcore/orthogonal/split_columns.hpp"
#include "mmlcore/singular/bidiagonal_svd.hpp"
#include "mmlcore/singular/bidiagonal_values.hpp"
#include "mmlcore/singular/dqds.hpp"
#include "mmlcore/singular/singular_values.hpp"
#include "mmlcore/singular/svd.hpp"
#include "row_bidiagonal.hpp"

namespace mmlcore {
namespace {

using Columns = SplitColumns<double>;
using Vec = Columns::Vec;
using Entry = Columns::Entry;
// From so many columns on LAPACK is faster where rows or columns are graded: most values are small, and rotated all with
// all.
constexpr index_t kGradedSide = 72;
constexpr index_t kGroup = 64;  // items of a stack whose real forms go together, in lanes

// The bidiagonal form of one matrix (m x n, m >= n), with what leads there.
class Bidiagonal {
 public:
  Bidiagonal(index_t m, index_t n)
      : m_(m),
        n_(n),
        memory_(Columns::size(2 * n + 1, m) + Columns::size(n, n)),
        numbers_(2 * n),
        phases_(2 * n),
        x_(memory_.data(), n, m),
        v_(x_.real(n), n, m),
        sum_(v_.real(n), 1, m),
        w_(sum_.real(1), n, n) {}

  // Of an `a` or its adjoint, times a power of two; fills b (n x n). False for NaN or infinity.
  template <Complex T>
  bool reduce(const MatrixView<const T>& a, bool adjoint, int* power, const MatrixView<double>& b) {
    double top = 0, check = 0;
    for (index_t i = 0; i < a.rows; ++i) {
      for (index_t j = 0; j < a.cols; ++j) {
        check += static_cast<double>(nothing(a(i, j)));
        top = std::max(top, static_cast<double>(largest_part(a(i, j))));
      }
    }
    if (check != 0) return false;
    std::frexp(top, power);
    std::fill(memory_.begin(), memory_.end(), Vec{});
    numbers_[2 * n_ - 1] = 0;  // the last row needs no reflection
    load_split<double, T>(a, *power, adjoint, x_);
    for (index_t i = 0; i < n_; ++i) std::fill_n(&b(i, 0), n_, 0.0);
    Entry psi = 1;
    for (index_t k = 0; k < n_; ++k) {
      const Entry d = from_left(k);
      psi_at(k) = psi;
      const Entry phi = phi_at(k) = phase_of(d * psi);
      b(k, k) = std::abs(d);
      if (k + 1 == n_) break;
      const Entry f = from_right(k);
      b(k, k + 1) = std::abs(f);
      psi = phase_of(std::conj(f) * phi);
    }
    return true;
  }

  // The vectors of the longer side, H_0 H_1 ... diag(phi) x, and of the shorter one, G_0 G_1 ... diag(psi) y; columns of x
  // and y (n x n), rows of y where `turned`; those that follow complete the set.
  template <Complex T>
  void longer(const MatrixView<const double>& x, const MatrixView<T>& to) const {
    apply(x, to, m_, v_, numbers_.data(), 0, &Bidiagonal::phi);
  }
  template <Complex T>
  void shorter(const MatrixView<const double>& y, const MatrixView<T>& to) const {
    apply(y, to, n_, w_, numbers_.data() + n_, 1, &Bidiagonal::psi);
  }

 private:
  Entry& phi_at(index_t k) { return phases_[k]; }
  Entry& psi_at(index_t k) { return phases_[n_ + k]; }
  Entry phi(index_t k) const { return phases_[k]; }
  Entry psi(index_t k) const { return phases_[n_ + k]; }

  // Eliminates column k below the diagonal.
  Entry from_left(index_t k) {
    numbers_[k] = 0;
    if (k + 1 == m_) return x_.get(k, k);
    take_tail(x_, k, k, v_, k);
    ComplexReflection<double> h;
    if (!reflection_of(v_, k, k, h)) return x_.get(k, k);  // nothing is left but what vanishes beside the largest
    numbers_[k] = h.scale;
    reflect_split(v_, k, h.scale, k / Columns::W, x_, k + 1, n_);
    return h.value;
  }

  // Eliminates row k behind the first entry beside the diagonal: with z = (row k)*, G z = value e_0.
  Entry from_right(index_t k) {
    numbers_[n_ + k] = 0;
    if (k + 2 == n_) return x_.get(k, k + 1);
    for (index_t j = k + 1; j < n_; ++j) w_.put(j, k, std::conj(x_.get(k, j)));
    ComplexReflection<double> g;
    if (!reflection_of(w_, k, k + 1, g)) return x_.get(k, k + 1);
    numbers_[n_ + k] = g.scale;
    // X <- X - s (X w) w*, rows from k + 1 on.
    const index_t first = (k + 1) / Columns::W, length = x_.length;
    Vec *const tr = sum_.real(0), *const ti = sum_.imag(0);
    std::fill(tr, tr + 2 * length, Vec{});
    for (index_t j = k + 1; j < n_; ++j) {
      const Entry by = w_.get(j, k);
      const Vec *const re = x_.real(j), *const im = x_.imag(j);
      for (index_t e = first; e < length; ++e) {
        tr[e] += re[e] * by.real() - im[e] * by.imag();
        ti[e] += re[e] * by.imag() + im[e] * by.real();
      }
    }
    for (index_t j = k + 1; j < n_; ++j) {
      const Entry by = std::conj(w_.get(j, k)) * g.scale;
      Vec *const re = x_.real(j), *const im = x_.imag(j);
      for (index_t e = first; e < length; ++e) {
        re[e] -= tr[e] * by.real() - ti[e] * by.imag();
        im[e] -= tr[e] * by.imag() + ti[e] * by.real();
      }
    }
    return std::conj(g.value);
  }

  template <Complex T>
  void apply(const MatrixView<const double>& x, const MatrixView<T>& to, index_t rows, const Columns& vectors,
             const double* scales, index_t offset, Entry (Bidiagonal::*phase)(index_t) const) const {
    Buffer<Vec> memory(Columns::size(to.cols, rows));
    const Columns y(memory.data(), to.cols, rows);
    y.clear();
    for (index_t j = 0; j < to.cols; ++j) {
      if (j >= n_) {
        y.put(j, j, 1);
        continue;
      }
      for (index_t i = 0; i < n_; ++i) y.put(i, j, (this->*phase)(i)*x(i, j));
    }
    for (index_t k = n_; k-- > 0;) {
      if (scales[k] != 0) reflect_split(vectors, k, scales[k], (k + offset) / Columns::W, y, 0, to.cols);
    }
    for (index_t i = 0; i < rows; ++i) {
      for (index_t j = 0; j < to.cols; ++j) to(i, j) = static_cast<T>(y.get(i, j));
    }
  }

  index_t m_, n_;
  Buffer<Vec> memory_;
  Buffer<double> numbers_;  // s of H_k, and of G_k
  Buffer<Entry> phases_;
  Columns x_, v_, sum_, w_;
};

template <class T>
MatrixBatch<T> squares(T* data, index_t count, index_t n) {
  MatrixBatch<T> stack{c_order(data, n, n), {}};
  stack.batch.push(count, n * n);
  return stack;
}

// Of few columns vectors run along these, and the real forms of a stack go in lanes.
template <Complex T>
bool by_columns(const MatrixBatch<const T>& a, double* values, int* powers, const MatrixBatch<T>* left,
                const MatrixBatch<T>* right) {
  const bool wide = a.item.rows < a.item.cols, vectors = left || right;
  const index_t m = std::max(a.item.rows, a.item.cols), n = std::min(a.item.rows, a.item.cols);
  const MatrixBatch<T>*const longer = wide ? right : left, *const shorter = wide ? left : right;
  std::atomic<bool> fine{true};
  parallel_ranges((a.count() + kGroup - 1) / kGroup, 1, [&](index_t begin, index_t end) {
    const index_t most = std::min(kGroup, a.count());
    Buffer<double> numbers(most * n * n * (vectors ? 3 : 1) + 6 * n);
    double *const diagonal = numbers.data(), *const forms = diagonal + 6 * n, *const x = forms + most * n * n,
                  *const y = x + most * n * n;
    std::vector<Bidiagonal> told;  // one for all where nothing has to be kept
    told.reserve(most);
    for (index_t i = 0; i < (vectors ? most : 1); ++i) told.emplace_back(m, n);
    for (index_t g = begin; g < end && fine; ++g) {
      const index_t first = g * kGroup, count = std::min(kGroup, a.count() - first);
      bool done = true;
      for (index_t i = 0; i < count && done; ++i) {
        done = told[vectors ? i : 0].reduce(a[first + i], wide, powers + first + i, c_order(forms + i * n * n, n, n));
      }
      double* const s = values + first * n;
      const auto real = squares<const double>(forms, count, n);
      if (!vectors) {
        for (index_t i = 0; i < count && done; ++i) {
          const MatrixView<const double> form = real[i];
          for (index_t k = 0; k < n; ++k) {
            diagonal[k] = form(k, k);
            diagonal[n + k] = k + 1 < n ? form(k, k + 1) : 0;
          }
          done = dqds(n, diagonal, diagonal + n, s + i * n, diagonal + 2 * n);
        }
      } else {
        done = done && svd<double>(real, squares(x, count, n), s, squares(y, count, n));
        for (index_t i = 0; i < count && done; ++i) {
          if (longer) told[i].longer(c_order<const double>(x + i * n * n, n, n), (*longer)[first + i]);
          if (shorter) told[i].shorter(c_order<const double>(y + i * n * n, n, n).transposed(), (*shorter)[first + i]);
        }
      }
      if (!done) fine.store(false, std::memory_order_relaxed);
    }
  });
  return fine;
}

template <class R, Complex T>
bool one_by_rows(const MatrixView<const T>& a, double* values, int* power, const MatrixView<T>* left,
                 const MatrixView<T>* right) {
  const bool wide = a.rows < a.cols;
  const index_t m = std::max(a.rows, a.cols), n = std::min(a.rows, a.cols);
  if ((left || right) && n > kGradedSide && !rows_and_columns_alike<T>(a)) return false;
  RowBidiagonal<R> form(m, n);
  Buffer<R> numbers(2 * n);
  R *const diagonal = numbers.data(), *const behind = diagonal + n;
  if (!form.template reduce<T>(a, wide, power, diagonal, behind)) return false;
  if (!left && !right) {
    Buffer<double> wider(6 * n);
    std::copy_n(diagonal, 2 * n, wider.data());
    return dqds(n, wider.data(), wider.data() + n, values, wider.data() + 2 * n);
  }
  Buffer<R> vectors(2 * n * n);
  const auto x = c_order<R>(vectors.data(), n, n), y = c_order<R>(vectors.data() + n * n, n, n);
  if (!bidiagonal_svd<R>(n, diagonal, behind, values, x, y)) return false;
  const MatrixView<T>*const longer = wide ? right : left, *const shorter = wide ? left : right;
  if (longer) form.template longer<T>(x, *longer);
  if (shorter) form.template shorter<T>(y, *shorter);
  return true;
}

template <class R, Complex T>
bool by_rows(const MatrixBatch<const T>& a, double* values, int* powers, const MatrixBatch<T>* left,
             const MatrixBatch<T>* right) {
  const index_t n = std::min(a.item.rows, a.item.cols);
  std::atomic<bool> fine{true};
  parallel_ranges(a.count(), 1, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end && fine; ++i) {
      MatrixView<T> u, v;
      if (left) u = (*left)[i];
      if (right) v = (*right)[i];
      if (!one_by_rows<R, T>(a[i], values + i * n, powers + i, left ? &u : nullptr, right ? &v : nullptr))
        fine.store(false, std::memory_order_relaxed);
    }
  });
  return fine;
}

}  // namespace

template <Complex T>
bool complex_svd(const MatrixBatch<const T>& a, double* values, int* powers, const MatrixBatch<T>* left,
                 const MatrixBatch<T>* right, bool wider) {
  if (std::min(a.item.rows, a.item.cols) <= kLaneSide) return by_columns<T>(a, values, powers, left, right);
  if (wider) return by_rows<double, T>(a, values, powers, left, right);
  return by_rows<RealPart<T>, T>(a, values, powers, left, right);
}

template <Complex T>
void point_complex_pairs(const MatrixView<T>& left, const MatrixView<T>& right) {
  using R = RealPart<T>;
  for (index_t j = 0; j < right.cols; ++j) {
    const MatrixView<T> column = right.block(0, j, right.rows, 1);
    R most = 0;
    for (index_t i = 0; i < right.rows; ++i) most = std::max(most, std::norm(right(i, j)));
    index_t lead = 0;
    while (lead + 1 < right.rows && !(std::norm(right(lead, j)) >= kLeading<R> * kLeading<R> * most)) ++lead;
    const T before = right(lead, j);
    point_columns(column);
    const R size = std::abs(before);
    if (j >= left.cols || !(size > 0)) continue;
    const T by = std::conj(before) / size;
    for (index_t i = 0; i < left.rows; ++i) left(i, j) = times(left(i, j), by);
  }
}

#define MMLCORE_INSTANTIATE(T)                                                                                           \
  template bool complex_svd<T>(const MatrixBatch<const T>&, double*, int*, const MatrixBatch<T>*, const MatrixBatch<T>*, \
                               bool);                                                                                    \
  template void point_complex_pairs<T>(const MatrixView<T>&, const MatrixView<T>&)
MMLCORE_INSTANTIATE(std::complex<float>);
MMLCORE_INSTANTIATE(std::complex<double>);

}  // namespace mmlcore
