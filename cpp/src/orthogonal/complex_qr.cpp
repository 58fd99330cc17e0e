#include "mmlcore/orthogonal/complex_qr.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/orthogonal/blocked_complex_qr.hpp"
#include "mmlcore/orthogonal/split_columns.hpp"

namespace mmlcore {
namespace {

constexpr index_t kPanels = 33, kEntries = 9000;  // columns and entries from which on products are faster

// The reflections of one matrix, and what they leave of it.
template <Complex T>
class Factors {
 public:
  using R = RealPart<T>;
  using Columns = SplitColumns<R>;

  Factors(const MatrixView<const T>& a, int power, index_t wanted)
      : m_(a.rows),
        n_(a.cols),
        p_(std::min(m_, n_)),
        memory_(Columns::size(n_ + p_ + wanted, m_)),
        scale_(p_),
        phase_(p_),
        x_(memory_.data(), n_, m_),
        v_(x_.real(n_), p_, m_),
        y_(v_.real(p_), wanted, m_) {
    Columns(memory_.data(), n_ + p_ + wanted, m_).clear();
    load_split<R, T>(a, power, false, x_);
  }

  // Eliminates column k; false where squares leave the range.
  bool eliminate(index_t k) {
    scale_[k] = 0;
    phase_[k] = 1;
    if (k + 1 == m_) {  // a single number is a triangle as it is
      const T last = x_.get(k, k);
      if (!comfortable(std::norm(last))) return false;
      phase_[k] = last / std::abs(last);
      return true;
    }
    ComplexReflection<R> h;
    take_tail(x_, k, k, v_, k);
    if (!reflection_of(v_, k, k, h)) return false;
    scale_[k] = h.scale;
    phase_[k] = h.value / std::abs(h.value);
    x_.put(k, k, h.value);
    reflect_split(v_, k, h.scale, k / Columns::W, x_, k + 1, n_);
    return true;
  }

  // Brings the column of which most is left, from row k on, to place k.
  void exchange(index_t k, std::int64_t* order) const {
    index_t best = k;
    R most = -1;
    typename Columns::S::Mask below{};
    for (index_t l = 0; l < Columns::W; ++l) below[l] = l >= k % Columns::W ? -1 : 0;
    for (index_t j = k; j < n_; ++j) {
      const auto *const re = x_.real(j), *const im = x_.imag(j);
      index_t e = k / Columns::W;
      auto sum = re[e] * re[e] + im[e] * im[e];
      sum = below ? sum : typename Columns::Vec{};
      for (++e; e < x_.length; ++e) sum += re[e] * re[e] + im[e] * im[e];
      const R squares = Columns::S::sum(sum);
      if (squares > most) {
        most = squares;
        best = j;
      }
    }
    if (best == k) return;
    std::swap_ranges(x_.real(k), x_.real(k + 1), x_.real(best));
    std::swap(order[k], order[best]);
  }

  // R of a given rank; 0, or NaN where a number is not finite.
  R triangle(index_t rank, const MatrixView<T>& r) const {
    R check = 0;
    for (index_t i = 0; i < r.rows; ++i) {
      for (index_t j = 0; j < n_; ++j) {
        r(i, j) = j < i || i >= rank ? T{0} : j == i ? T{std::abs(x_.get(i, i))} : times(std::conj(phase_[i]), x_.get(i, j));
        check += nothing(r(i, j));
      }
    }
    return check;
  }

  void orthonormal(index_t rank, const MatrixView<T>& q) const {
    for (index_t j = 0; j < q.cols; ++j) y_.put(j, j, j < rank ? phase_[j] : T{1});
    for (index_t k = rank; k-- > 0;) {
      if (scale_[k] != 0) reflect_split(v_, k, scale_[k], k / Columns::W, y_, k, q.cols);
    }
    for (index_t i = 0; i < m_; ++i) {
      for (index_t j = 0; j < q.cols; ++j) q(i, j) = y_.get(i, j);
    }
  }

 private:
  index_t m_, n_, p_;
  Buffer<typename Columns::Vec> memory_;
  Buffer<R> scale_;
  Buffer<T> phase_;
  Columns x_, v_, y_;
};

// False where a number is not finite or a column far from 1.
template <Complex T>
bool by_panels(const MatrixView<const T>& a, const MatrixView<T>& q, const MatrixView<T>& r) {
  using R = RealPart<T>;
  const index_t m = a.rows, n = a.cols;
  const bool straight = q.col_stride == 1;
  Buffer<T> memory(m * n + (straight ? 0 : m * q.cols));
  Buffer<R> numbers(4 * n);
  const MatrixView<T> rows = c_order(memory.data(), m, n);
  copy<T>(a, rows);
  R* __restrict const top = numbers.data(), * __restrict const check = top + 2 * n;  // of each column, parts apart
  std::fill(numbers.begin(), numbers.end(), R{0});
  for (index_t i = 0; i < m; ++i) {
    const R* __restrict const parts = reinterpret_cast<const R*>(rows.row(i).data);
    for (index_t j = 0; j < 2 * n; ++j) {
      check[j] += parts[j] * 0;
      top[j] = std::max(top[j], std::abs(parts[j]));
    }
  }
  constexpr R most = sizeof(R) == 8 ? R(0x1p120) : R(0x1p14);
  for (index_t j = 0; j < 2 * n; j += 2) {
    const R size = std::max(top[j], top[j + 1]);
    if (!(check[j] + check[j + 1] == 0)) return false;
    if (size != 0 && !(size < most && size > 1 / most)) return false;
  }
  const MatrixView<T> vectors = straight ? q : c_order<T>(memory.data() + m * n, m, q.cols);
  blocked_complex_qr<T>(rows, vectors);
  if (!straight) copy<T>(vectors, q);
  copy<T>(rows.block(0, 0, r.rows, n), r);
  return true;
}

}  // namespace

template <Complex T>
bool complex_qr(const MatrixView<const T>& a, const MatrixView<T>& q, const MatrixView<T>& r) {
  const index_t p = std::min(a.rows, a.cols);
  if (p >= kPanels && a.rows * a.cols >= kEntries) return by_panels<T>(a, q, r);
  Factors<T> factors(a, 0, q.cols);
  for (index_t k = 0; k < p; ++k) {
    if (!factors.eliminate(k)) return false;
  }
  if (factors.triangle(p, r) != 0) return false;
  factors.orthonormal(p, q);
  return true;
}

template <Complex T>
void pivoted_complex_qr(const MatrixView<const T>& a, int power, const MatrixView<T>& q, const MatrixView<T>& r,
                        std::int64_t* order) {
  Factors<T> factors(a, power, q.cols);
  std::iota(order, order + a.cols, std::int64_t{0});
  index_t rank = 0;
  for (const index_t p = std::min(a.rows, a.cols); rank < p; ++rank) {
    factors.exchange(rank, order);
    if (!factors.eliminate(rank)) break;
  }
  factors.triangle(rank, r);
  factors.orthonormal(rank, q);
}

#define MMLCORE_INSTANTIATE(T)                                                                                     \
  template bool complex_qr<T>(const MatrixView<const T>&, const MatrixView<T>&, const MatrixView<T>&);             \
  template void pivoted_complex_qr<T>(const MatrixView<const T>&, int, const MatrixView<T>&, const MatrixView<T>&, \
                                      std::int64_t*)
MMLCORE_INSTANTIATE(std::complex<float>);
MMLCORE_INSTANTIATE(std::complex<double>);

}  // namespace mmlcore
