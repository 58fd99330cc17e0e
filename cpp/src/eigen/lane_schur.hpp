// The real Schur form of a group of lanes (general_lanes.hpp): balancing, Hessenberg form, QR steps. Private to
// general_lanes.cpp.
#pragma once

#include <algorithm>
#include <limits>
#include <type_traits>

#include "mmlcore/core/twin_lanes.hpp"

namespace mmlcore {

// n: a constant or not. h: n x n; q the same, or null: Q transposed, whose rows a single problem turns by whole vectors;
// scale: n.
template <class V, class Order>
struct LaneSchur {
  using Mask = typename LaneTraits<V>::Mask;
  using Vec = Simd<double>::Vec;
  static constexpr double kUnit = std::numeric_limits<double>::epsilon();
  static constexpr double kLeastSquare = 1e-280, kLeast = 1e-140;

  Order n;
  V *h, *q, *scale;
  Mask unfinished{};

  [[gnu::always_inline]] V& at(index_t i, index_t j) const { return h[i * n + j]; }
  [[gnu::always_inline]] static V one() { return lane::constant<V>(1); }

  void balance() const {
    constexpr int rounds = 20;
    for (index_t i = 0; i < n; ++i) scale[i] = one();
    bool changed = true;
    for (int round = 0; round < rounds && changed; ++round) {
      changed = false;
      for (index_t i = 0; i < n; ++i) {
        V column{}, row{};
        for (index_t j = 0; j < n; ++j) {
          if (j == i) continue;
          column += lane::size(at(j, i));
          row += lane::size(at(i, j));
        }
        const Mask there = (column > 1e-200) & (row > 1e-200);
        const Mask far = there & ((row > 8.0 * column) | (column > 8.0 * row));
        if (!lane::any(far)) continue;
        V factor = lane::half_power(lane::choose(far, row / lane::choose(far, column, one()), one()));
        V back = 1.0 / factor;
        const Mask good = far & (column * factor + row * back < 0.95 * (column + row));
        if (!lane::any(good)) continue;
        changed = true;
        factor = lane::choose(good, factor, one());
        back = lane::choose(good, back, one());
        for (index_t j = 0; j < n; ++j) at(i, j) *= back;
        for (index_t j = 0; j < n; ++j) at(j, i) *= factor;
        scale[i] *= factor;
      }
    }
  }

  // A reflection I - tau v v' with v_0 = 1 that takes x on beta e_0; `rest` is the square of what is below x. Returns what
  // the entries below are to be multiplied with. Identity where not `active`.
  [[gnu::always_inline]] static V reflect(V x, V rest, Mask active, V& tau, V& beta) {
    const V square = rest + x * x;
    active = active & (square > kLeastSquare);
    const V norm = -lane::with_sign(lane::root(square), x), d = x - norm;
    const V inverse = 1.0 / lane::choose(active, norm * d, one());
    tau = lane::choose(active, -d * d * inverse, V{});
    beta = lane::choose(active, norm, x);
    return lane::choose(active, norm * inverse, V{});
  }

  // v: 2 n.
  void to_hessenberg(V* v) const {
    V* const sums = v + n;
    for (index_t k = 0; k + 2 < n; ++k) {
      V rest{}, tau, beta;
      for (index_t i = k + 2; i < n; ++i) rest += at(i, k) * at(i, k);
      const V factor = reflect(at(k + 1, k), rest, rest > 0.0, tau, beta);
      at(k + 1, k) = beta;
      v[k + 1] = one();
      for (index_t i = k + 2; i < n; ++i) {
        v[i] = at(i, k) * factor;
        at(i, k) = V{};
      }
      from_left(h, k + 1, k + 1, v, tau, sums);
      for (index_t i = 0; i < n; ++i) {
        V* const row = h + i * n;
        V sum = row[k + 1];
        for (index_t j = k + 2; j < n; ++j) sum += v[j] * row[j];
        sum *= tau;
        row[k + 1] -= sum;
        for (index_t j = k + 2; j < n; ++j) row[j] -= sum * v[j];
      }
      if (q) from_left(q, k + 1, 0, v, tau, sums);
    }
  }

  // Rows k ... of x, its columns from `first` on.
  [[gnu::always_inline]] void from_left(V* x, index_t k, index_t first, const V* v, V tau, V* sums) const {
    if constexpr (std::is_same_v<V, Lone>) {  // along the rows
      for (index_t j = first; j < n; ++j) sums[j] = x[k * n + j];
      for (index_t i = k + 1; i < n; ++i) {
        const V factor = v[i], *const __restrict row = x + i * n;
        for (index_t j = first; j < n; ++j) sums[j] += factor * row[j];
      }
      for (index_t i = k; i < n; ++i) {
        const V factor = tau * v[i];
        V* const __restrict row = x + i * n;
        for (index_t j = first; j < n; ++j) row[j] -= factor * sums[j];
      }
    } else {
      for (index_t j = first; j < n; ++j) {
        V sum = x[k * n + j];
        for (index_t i = k + 1; i < n; ++i) sum += v[i] * x[i * n + j];
        sum *= tau;
        x[k * n + j] -= sum;
        for (index_t i = k + 1; i < n; ++i) x[i * n + j] -= sum * v[i];
      }
    }
  }

  // Columns k, k + 1 and, if Three, k + 2 of rows first ... last.
  template <bool Three>
  [[gnu::always_inline]] void turn_columns(V* x, index_t k, index_t first, index_t last, V v2, V v3, V tau, V t2,
                                           V t3) const {
    for (index_t i = first; i <= last; ++i) {
      V* const row = x + i * n + k;
      V sum = row[0] + v2 * row[1];
      if constexpr (Three) sum += v3 * row[2];
      row[0] -= sum * tau;
      row[1] -= sum * t2;
      if constexpr (Three) row[2] -= sum * t3;
    }
  }

  // Rows k, k + 1 and, if Three, k + 2 of x, their columns first ... last.
  template <bool Three>
  [[gnu::always_inline]] void turn_rows(V* x, index_t k, index_t first, index_t last, V v2, V v3, V tau, V t2, V t3) const {
    V* const __restrict r0 = x + k * n, * const __restrict r1 = r0 + n, * const __restrict r2 = r1 + n;
    for (index_t j = first; j <= last; ++j) {
      V sum = r0[j] + v2 * r1[j];
      if constexpr (Three) sum += v3 * r2[j];
      r0[j] -= sum * tau;
      r1[j] -= sum * t2;
      if constexpr (Three) r2[j] -= sum * t3;
    }
  }

  template <bool Three>
  [[gnu::always_inline]] void turn(index_t k, index_t low, index_t high, V v2, V v3, V tau) const {
    const V t2 = tau * v2, t3 = tau * v3;
    turn_rows<Three>(h, k, k, q ? n - 1 : high, v2, v3, tau, t2, t3);
    turn_columns<Three>(h, k, q ? 0 : low, std::min(k + 3, high), v2, v3, tau, t2, t3);
    if (q) turn_rows<Three>(q, k, 0, n - 1, v2, v3, tau, t2, t3);
  }

  // Row k of a step whose windows are lo ... hi in their lanes and within low ... high.
  [[gnu::always_inline]] void chase(index_t k, index_t low, index_t high, V lo, V hi, V a, V d, V w) const {
    const double here = static_cast<double>(k);
    const Mask active = (lo <= here) & (hi > here), first = lo == here;
    const bool three = k + 2 <= high;
    V x{}, y{}, z{};
    if (k > 0) {
      x = at(k, k - 1);
      y = at(k + 1, k - 1);
      if (three) z = at(k + 2, k - 1);
    }
    if (three && lane::any(first)) {
      const V below = at(k + 1, k), r = d - at(k, k), s = a - at(k, k);
      const V x0 = r * s - w + at(k, k + 1) * below, y0 = below * (at(k + 1, k + 1) - at(k, k) - r - s);
      const V z0 = below * at(k + 2, k + 1), size = lane::size(x0) + lane::size(y0) + lane::size(z0);
      const V unit = lane::inverse_power(lane::choose(size > 1e-290, size, one()));
      x = lane::choose(first, x0 * unit, x);
      y = lane::choose(first, y0 * unit, y);
      z = lane::choose(first, z0 * unit, z);
    }
    V tau, beta;
    const V factor = reflect(x, y * y + z * z, active, tau, beta);
    if (k > 0) {
      at(k, k - 1) = lane::choose(active & ~first, beta, at(k, k - 1));
      at(k + 1, k - 1) = V{};
      if (three) at(k + 2, k - 1) = V{};
    }
    if (three) {
      turn<true>(k, low, high, y * factor, z * factor, tau);
    } else {
      turn<false>(k, low, high, y * factor, V{}, tau);
    }
  }

  void iterate() {
    if (n <= 2) return;
    V hi = lane::constant<V>(static_cast<double>(n - 1)), count{};
    index_t high = n - 1;
    for (int step = 0;; ++step) {
      // Where a subdiagonal entry vanishes the window begins, or ends: blocks of one or two rows are done.
      Mask begun{};
      const V before = hi;
      V lo{};
      for (index_t k = high; k >= 1; --k) {
        const double here = static_cast<double>(k);
        const V around = kUnit * (lane::size(at(k - 1, k - 1)) + lane::size(at(k, k))), below = at(k, k - 1);
        const Mask small = lane::size(below) <= lane::choose(around > kLeast, around, lane::constant<V>(kLeast));
        at(k, k - 1) = lane::choose(small, V{}, below);
        const Mask split = small & ~begun & (hi >= here), few = hi < here + 1.5;
        hi = lane::choose(split & few, lane::constant<V>(here - 1), hi);
        lo = lane::choose(split & ~few, lane::constant<V>(here), lo);
        begun |= split & ~few;
      }
      hi = lane::choose(~begun & (hi < 1.5), lane::constant<V>(-1), hi);
      count = lane::choose(hi == before, count + 1.0, V{});
      while (high >= 0 && !lane::any(hi == static_cast<double>(high))) --high;
      if (high < 2) return;
      if (step > 60 * n) {
        unfinished = hi >= 2.0;
        return;
      }
      index_t low = 0;
      while (!lane::any((lo == static_cast<double>(low)) & (hi > 0.0))) ++low;
      // The shifts: eigenvalues of the last two rows of each window.
      V a{}, b{}, c{}, d{}, above{};
      for (index_t k = high; k >= 2; --k) {
        const Mask last = hi == static_cast<double>(k);
        if (!lane::any(last)) continue;
        a = lane::choose(last, at(k - 1, k - 1), a);
        b = lane::choose(last, at(k - 1, k), b);
        c = lane::choose(last, at(k, k - 1), c);
        d = lane::choose(last, at(k, k), d);
        above = lane::choose(last, at(k - 1, k - 2), above);
      }
      V w = b * c;
      if (const Mask stuck = (count == 10.0) | (count == 20.0); lane::any(stuck)) [[unlikely]] {  // other ones
        const V s = lane::size(c) + lane::size(above);
        a = lane::choose(stuck, d + 0.75 * s, a);
        d = lane::choose(stuck, a, d);
        w = lane::choose(stuck, -0.4375 * s * s, w);
      }
      for (index_t k = low; k < high; ++k) chase(k, low, high, lo, hi, a, d, w);
    }
  }

  // Blocks of two rows with real values become triangular, others get equal diagonal entries.
  void standardize() const {
    for (index_t k = 0; k + 1 < n; ++k) {
      Mask pair = lane::size(at(k + 1, k)) > 0.0;
      if (!lane::any(pair)) continue;
      for (int pass = 0; pass < 2; ++pass) {  // rounding may make a double value real
        const V a = at(k, k), b = at(k, k + 1), c = at(k + 1, k), d = at(k + 1, k + 1);
        const V p = 0.5 * (a - d), discriminant = p * p + b * c;
        const Mask real = pair & (discriminant >= 0.0);
        if (pass == 1 && !lane::any(real)) break;
        const V z = p + lane::with_sign(lane::root(lane::size(discriminant)), p), length = lane::root(c * c + z * z);
        const Mask there = length > 0.0;
        const V inverse = 1.0 / lane::choose(there, length, one());
        const V real_c = lane::choose(there, z * inverse, one()), real_s = lane::choose(there, c * inverse, V{});
        const V sum = b + c, gap = a - d, tall = lane::root(sum * sum + gap * gap);
        const Mask turned = tall > 0.0;
        const V unit = 1.0 / lane::choose(turned, tall, one());
        const V half = lane::root(0.5 * (1.0 + lane::size(sum) * unit));
        const V equal_c = lane::choose(turned, half, one());
        const V equal_s = lane::choose(turned, -(p * unit / half) * lane::with_sign(one(), sum), V{});
        const Mask both = pass == 0 ? pair : real;
        const V cosine = lane::choose(both, lane::choose(real, real_c, equal_c), one());
        const V sine = lane::choose(both, lane::choose(real, real_s, equal_s), V{});
        rotate_rows(h, k, k, cosine, sine);
        rotate_columns(h, k, k + 2, cosine, sine);
        rotate_rows(q, k, 0, cosine, sine);
        at(k + 1, k) = lane::choose(real, V{}, at(k + 1, k));
        pair = pair & ~real;
        const V middle = 0.5 * (at(k, k) + at(k + 1, k + 1));
        at(k, k) = lane::choose(pair, middle, at(k, k));
        at(k + 1, k + 1) = lane::choose(pair, middle, at(k + 1, k + 1));
      }
    }
  }

  [[gnu::always_inline]] void rotate_rows(V* x, index_t k, index_t first, V cosine, V sine) const {
    V *const upper = x + k * n, *const lower = upper + n;
    for (index_t j = first; j < n; ++j) {
      const V u = upper[j], v = lower[j];
      upper[j] = cosine * u + sine * v;
      lower[j] = cosine * v - sine * u;
    }
  }

  [[gnu::always_inline]] void rotate_columns(V* x, index_t k, index_t rows, V cosine, V sine) const {
    for (index_t i = 0; i < rows; ++i) {
      V* const row = x + i * n + k;
      const V u = row[0], v = row[1];
      row[0] = cosine * u + sine * v;
      row[1] = cosine * v - sine * u;
    }
  }

  // Pairs of real and imaginary parts.
  void read_values(V* values) const {
    for (index_t k = 0; k < n; ++k) {
      values[2 * k] = at(k, k);
      values[2 * k + 1] = V{};
    }
    for (index_t k = 0; k + 1 < n; ++k) {
      const V c = at(k + 1, k);
      const Mask pair = lane::size(c) > 0.0;
      if (!lane::any(pair)) continue;
      const V a = at(k, k), d = at(k + 1, k + 1), p = 0.5 * (a - d), bc = at(k, k + 1) * c, discriminant = p * p + bc;
      const Mask real = discriminant >= 0.0;
      const V root = lane::root(lane::size(discriminant)), z = p + lane::with_sign(root, p), middle = d + p;
      const V second = d - bc / lane::choose(z == 0.0, one(), z);
      V* const to = values + 2 * k;
      to[0] = lane::choose(pair, lane::choose(real, d + z, middle), to[0]);
      to[1] = lane::choose(pair, lane::choose(real, V{}, root), to[1]);
      to[2] = lane::choose(pair, lane::choose(real, second, middle), to[2]);
      to[3] = lane::choose(pair, lane::choose(real, V{}, -root), to[3]);
    }
  }
};

}  // namespace mmlcore
