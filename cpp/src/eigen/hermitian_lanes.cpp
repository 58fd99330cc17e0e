#include "mmlcore/eigen/hermitian_lanes.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/lanes.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/signs.hpp"

namespace mmlcore {
namespace {

constexpr int kSweeps = 20;  // three times what is needed

// W matrices of n rows, a constant or not: a(i, j) for i >= j, and the rows of v are the eigenvectors.
template <class T, class Order>
class Group {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;
  using Entry = ComplexLanes<T>;

  // memory: 2 n^2 numbers.
  Group(Order n, Entry* memory, bool with_vectors)
      : n_(n), vectors_(with_vectors ? index_t{n} : 0), a_(memory), v_(memory + n * n) {}

  Entry* matrix() const { return a_; }
  Entry* vectors() const { return v_; }

  // Lanes whose lower triangle holds NaN or infinity; what lies above the diagonal is not read.
  Mask odd() const {
    Vec sum{};
    for (index_t i = 0; i < n_; ++i) {
      for (index_t j = 0; j <= i; ++j) sum += a(i, j).re * 0 + a(i, j).im * 0;
    }
    return sum != 0;
  }

  void solve() {
    scale();
    for (index_t i = 0; i < vectors_; ++i) {
      for (index_t j = 0; j < n_; ++j) v(i, j) = {S::splat(i == j ? 1 : 0), Vec{}};
    }
    constexpr T small = std::numeric_limits<T>::epsilon() / 4;
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      const Vec rounding = small * small * diagonal_squares();
      if (!S::any(off_squares() > rounding)) break;
      limit_ = rounding / static_cast<T>(n_ * n_);
      for (index_t q = 1; q < n_; ++q) {
        for (index_t p = 0; p < q; ++p) rotate(p, q);
      }
    }
    sort();
    for (index_t i = 0; i < vectors_; ++i) point(v_ + i * n_);
  }

  // Value i of lane l, at the scale that the matrix had.
  T value(index_t i, int l) const { return scaled_[l] ? std::ldexp(a(i, i).re[l], power_[l]) : a(i, i).re[l]; }

 private:
  [[gnu::always_inline]] Entry& a(index_t i, index_t j) const { return a_[i * n_ + j]; }
  [[gnu::always_inline]] Entry& v(index_t i, index_t j) const { return v_[i * n_ + j]; }
  [[gnu::always_inline]] static Vec square(const Entry& x) { return x.re * x.re + x.im * x.im; }

  // Powers of two that bring matrices whose squares would leave the range near 1.
  void scale() {
    Vec top{};
    for (index_t i = 0; i < n_; ++i) {
      a(i, i).im = Vec{};
      for (index_t j = 0; j <= i; ++j) {
        for (const Vec part : {a(i, j).re, a(i, j).im}) top = S::abs(part) > top ? S::abs(part) : top;
      }
    }
    const T most = std::ldexp(T{1}, sizeof(T) == 8 ? 200 : 20);
    scaled_ = (top > most) | ((top < 1 / most) & (top > 0));
    if (!S::any(scaled_)) return;
    Vec down = S::splat(1), half = S::splat(1);
    for (int l = 0; l < S::width; ++l) {
      power_[l] = 0;
      if (!scaled_[l] || !std::isfinite(top[l])) continue;
      std::frexp(top[l], &power_[l]);
      down[l] = std::ldexp(T{1}, -power_[l] / 2);  // in two steps: the whole power may not be a number
      half[l] = std::ldexp(T{1}, -power_[l] + power_[l] / 2);
    }
    for (index_t i = 0; i < n_; ++i) {
      for (index_t j = 0; j <= i; ++j) a(i, j) = {a(i, j).re * down * half, a(i, j).im * down * half};
    }
  }

  Vec off_squares() const {
    Vec sum{};
    for (index_t i = 1; i < n_; ++i) {
      for (index_t j = 0; j < i; ++j) sum += square(a(i, j));
    }
    return sum;
  }
  Vec diagonal_squares() const {
    Vec sum{};
    for (index_t i = 0; i < n_; ++i) sum += a(i, i).re * a(i, i).re;
    return sum;
  }

  [[gnu::always_inline]] void rotate(index_t p, index_t q) const {
    const Entry h = a(q, p);
    const Vec hh = square(h);
    if (!S::any(hh > limit_)) return;
    const Vec app = a(p, p).re, aqq = a(q, q).re, gap = aqq - app;
    const Vec size = S::abs(gap) + S::sqrt(gap * gap + 4 * hh);
    Vec tau = (gap < 0 ? S::splat(-2) : S::splat(2)) / size;
    tau = hh < kTiny ? Vec{} : tau;  // far below rounding (see scale)
    const Vec t = tau * hh, c = 1 / S::sqrt(1 + tau * t), by = c * tau;
    const Entry sigma{by * h.re, by * h.im}, back{sigma.re, -sigma.im};
    a(p, p).re = app - t;
    a(q, q).re = aqq + t;
    a(q, p) = Entry{};
    for (index_t i = 0; i < p; ++i) turn(c, back, a(p, i), a(q, i));
    for (index_t i = p + 1; i < q; ++i) {  // a_iq stands as its conjugate a_qi
      Entry conjugate{a(q, i).re, -a(q, i).im};
      turn(c, sigma, a(i, p), conjugate);
      a(q, i) = {conjugate.re, -conjugate.im};
    }
    for (index_t i = q + 1; i < n_; ++i) turn(c, sigma, a(i, p), a(i, q));
    for (index_t i = 0; i < vectors_; ++i) turn(c, sigma, v(p, i), v(q, i));
  }

  // x, y <- c x - s y, conj(s) x + c y
  [[gnu::always_inline]] static void turn(Vec c, const Entry& s, Entry& x, Entry& y) {
    const Entry old = x, other = y;
    x.re = (c * old.re - s.re * other.re) + s.im * other.im;
    x.im = (c * old.im - s.re * other.im) - s.im * other.re;
    y.re = (c * other.re + s.re * old.re) + s.im * old.im;
    y.im = (c * other.im + s.re * old.im) - s.im * old.re;
  }

  // Ascending, by exchanges of neighbours in rounds of odd and even places.
  void sort() const {
    for (index_t round = 0; round < n_; ++round) {
      for (index_t i = round % 2; i + 1 < n_; i += 2) {
        Vec &x = a(i, i).re, &y = a(i + 1, i + 1).re;
        const Mask swap = x > y;
        if (!S::any(swap)) continue;
        exchange(swap, x, y);
        for (index_t k = 0; k < vectors_; ++k) {
          exchange(swap, v(i, k).re, v(i + 1, k).re);
          exchange(swap, v(i, k).im, v(i + 1, k).im);
        }
      }
    }
  }
  [[gnu::always_inline]] static void exchange(Mask swap, Vec& x, Vec& y) {
    const Vec old = x;
    x = swap ? y : x;
    y = swap ? old : y;
  }

  // The leading entry real and positive (signs.hpp).
  void point(Entry* row) const {
    Vec most = square(row[0]);
    for (index_t k = 1; k < n_; ++k) most = square(row[k]) > most ? square(row[k]) : most;
    const Vec least = most * (kLeading<T> * kLeading<T>);
    Entry leading{};
    Mask lead{};
    for (index_t k = n_; k-- > 0;) {
      const Mask leads = square(row[k]) >= least;
      leading = {leads ? row[k].re : leading.re, leads ? row[k].im : leading.im};
      lead = leads ? Mask{} + static_cast<typename S::Int>(k) : lead;
    }
    const Vec size = S::sqrt(square(leading)), unit = 1 / (size > 0 ? size : S::splat(1));
    const Entry turn{leading.re * unit, -leading.im * unit};
    for (index_t k = 0; k < n_; ++k) {
      const Entry turned = row[k] * turn;
      const Mask here = lead == static_cast<typename S::Int>(k);
      row[k] = {here ? size : turned.re, here ? Vec{} : turned.im};
    }
  }

  static constexpr T kTiny = sizeof(T) == 8 ? T(1e-300) : T(1e-36);

  const Order n_;
  const index_t vectors_;  // 0 for the values alone
  Entry *const a_, *const v_;
  Vec limit_;
  Mask scaled_;
  int power_[S::width];
};

template <class C, class Order>
bool stack(Order n, const MatrixBatch<const C>& a, RealPart<C>* values, const MatrixBatch<C>& vectors) {
  using T = RealPart<C>;
  using S = Simd<T>;
  constexpr index_t W = S::width;
  const bool with_vectors = vectors.item.data != nullptr;
  std::atomic<bool> fine{true};
  parallel_ranges((a.count() + W - 1) / W, 200 / (n * n * n) + 1, [&](index_t begin, index_t end) {
    Buffer<ComplexLanes<T>> memory(3 * n * n);
    Group<T, Order> group(n, memory.data(), with_vectors);
    ComplexLanes<T>* const columns = memory.data() + 2 * n * n;
    for (index_t g = begin; g < end; ++g) {
      const LaneGroup<const C> from(a, g * W);
      load_lanes<C>(from, group.matrix());
      from.prefetch();
      if (S::any(group.odd())) return fine.store(false, std::memory_order_relaxed);
      group.solve();
      if (with_vectors) {
        for (index_t i = 0; i < n; ++i) {
          for (index_t k = 0; k < n; ++k) columns[k * n + i] = group.vectors()[i * n + k];
        }
        store_lanes<C>(LaneGroup<C>(vectors, g * W), columns);
      }
      T check = 0;
      for (index_t i = 0; i < n; ++i) {
        for (int l = 0; l < from.used; ++l) check += (values[(g * W + l) * n + i] = group.value(i, l)) * 0;
      }
      if (check != 0) return fine.store(false, std::memory_order_relaxed);
    }
  });
  return fine;
}

}  // namespace

template <Complex C>
bool hermitian_lanes(const MatrixBatch<const C>& a, RealPart<C>* values, const MatrixBatch<C>& vectors) {
  switch (a.item.rows) {
    case 2:
      return stack<C>(std::integral_constant<index_t, 2>{}, a, values, vectors);
    case 3:
      return stack<C>(std::integral_constant<index_t, 3>{}, a, values, vectors);
    case 4:
      return stack<C>(std::integral_constant<index_t, 4>{}, a, values, vectors);
    default:
      return stack<C>(a.item.rows, a, values, vectors);
  }
}

#define MMLCORE_INSTANTIATE(C) \
  template bool hermitian_lanes<C>(const MatrixBatch<const C>&, RealPart<C>*, const MatrixBatch<C>&)
MMLCORE_INSTANTIATE(std::complex<float>);
MMLCORE_INSTANTIATE(std::complex<double>);

}  // namespace mmlcore
