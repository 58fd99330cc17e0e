// One step of divide and conquer: the eigenpairs of D + rho z z' from D and z.
//
// A tridiagonal matrix cut in two is diag(T1, T2) + |e| u u', with u = (..., 0, 1, sign(e), 0, ...) around the cut, e the
// number between the halves, and |e| taken from both diagonal numbers beside it (J. J. M. Cuppen, Numer. Math. 36, 1981).
// With the halves' eigenpairs, T1 = Q1 D1 Q1' and so on, what is left is D + rho z z', rho = 2 |e|, z of length 1 made of
// the last row of Q1 and the first of Q2. Three steps:
//
//   deflate   An eigenpair with rho |z_i| below rounding stays as it is. Two d that a rotation of their vectors makes equal
//   up
//             to rounding leave one with z_i = 0. Rounding means that of the norm of the whole tridiagonal matrix.
//   roots     The secular equation gives the eigenvalues of what is left: secular.hpp.
//   weights   The eigenvector of root x is (z_k / (d_k - x))_k. With z as it stands, close roots would have to be known far
//             beyond rounding for their vectors to be orthogonal. But the roots as they are belong exactly to a matrix with
//
//               z_k^2 ~ prod_j (x_j - d_k) / prod_{j != k} (d_j - d_k),
//
//             near the given one, whose vectors are orthogonal to rounding level (M. Gu, S. C. Eisenstat, "A stable and
//             efficient algorithm for the rank-one modification of the symmetric eigenproblem", SIMAX 15, 1994).
//
// What happens to the vectors of the halves is the caller's: divide_and_conquer.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/eigen/reduction.hpp"
#include "mmlcore/eigen/secular.hpp"

namespace mmlcore {

// Scratch memory of merges of up to n rows: arrays of n numbers and a spare vector, a square.
template <class T>
struct MergeMemory {
  T *z, *poles, *weights, *squares, *origin, *offset, *values;
  index_t *kept, *dropped, *place, *order, *side;
  PaddedRows<T> u;
};

// Matrices from here on are worth the start of two threads.
inline constexpr index_t kThreadedOrder = 224;

// f(0) ... f(count - 1), the same whatever the number of threads.
template <class F>
[[gnu::always_inline]] inline void each_task(index_t count, int threads, F&& f) {
  if (threads > 1) return parallel_tasks(count, threads, f);
  for (index_t task = 0; task < count; ++task) f(task);
}

enum Side : index_t { kUpper = 1, kBoth = 3, kLower = 2 };  // halves in which a vector is not zero

template <class T>
class RankOneMerge {
 public:
  // `upper` of `n` rows belong to the first half. d: eigenvalues of both; order: each half's, ascending, the second's
  // numbers from `upper` on; memory.z holds z.
  RankOneMerge(index_t upper, index_t n, T rho, T rounding, T* d, index_t* order, const MergeMemory<T>& memory)
      : upper_(upper), n_(n), rho_(rho), rounding_(rounding), d_(d), order_(order), m_(memory) {}

  index_t kept() const { return kept_; }
  index_t dropped() const { return n_ - kept_; }
  index_t kept_row(index_t i) const { return m_.kept[i]; }
  index_t dropped_row(index_t i) const { return m_.dropped[i]; }
  Side side(index_t i) const { return static_cast<Side>(m_.side[m_.kept[i]]); }
  // Where vector i of those kept is packed: those of the first half alone, then the mixed, then those of the second.
  index_t place(index_t i) const { return m_.place[i]; }
  index_t in_upper() const { return first_ + mixed_; }
  index_t before_lower() const { return first_; }
  // Row place(k) holds component k of the new eigenvectors, in order of their roots.
  PaddedRows<T> vectors() const { return m_.u; }

  // Calls turn(i, j, c, s) for rows i, j of vectors that become c i + s j and c j - s i.
  template <class F>
  void deflate(F&& turn) {
    std::merge(order_, order_ + upper_, order_ + upper_, order_ + n_, m_.order,
               [this](index_t i, index_t j) { return d_[i] < d_[j]; });
    for (index_t i = 0; i < n_; ++i) m_.side[i] = i < upper_ ? kUpper : kLower;
    T* const z = m_.z;
    index_t dropped = 0, held = -1;
    for (index_t at = 0; at < n_; ++at) {
      const index_t j = m_.order[at];
      if (rho_ * std::abs(z[j]) <= rounding_) {
        m_.dropped[dropped++] = j;
        continue;
      }
      if (held >= 0) {
        const T length = std::sqrt(z[j] * z[j] + z[held] * z[held]), c = z[j] / length, s = -z[held] / length;
        if (std::abs((d_[j] - d_[held]) * c * s) <= rounding_) {
          z[j] = length;
          if (m_.side[j] != m_.side[held]) m_.side[j] = m_.side[held] = kBoth;
          turn(held, j, c, s);
          const T low = d_[held], high = d_[j];
          d_[held] = low * (c * c) + high * (s * s);
          d_[j] = low * (s * s) + high * (c * c);
          m_.dropped[dropped++] = held;
        } else {
          m_.kept[kept_++] = held;
        }
      }
      held = j;
    }
    if (held >= 0) m_.kept[kept_++] = held;
    std::sort(m_.dropped, m_.dropped + dropped, [this](index_t i, index_t j) { return d_[i] < d_[j]; });
    arrange();
  }

  // The new eigenvalues, those kept before those dropped, and their order.
  void roots(int threads) {
    if (kept_ == 1) m_.origin[0] = m_.poles[0], m_.offset[0] = rho_;
    if (kept_ > 1) {
      constexpr index_t roots = 4 * W;
      each_task((kept_ + roots - 1) / roots, threads, [&](index_t task) {
        secular_roots<T>(task * roots, std::min(kept_, (task + 1) * roots), kept_, rho_, m_.poles, m_.squares, m_.origin,
                         m_.offset);
      });
    }
    for (index_t i = 0; i < kept_; ++i) m_.values[i] = m_.origin[i] + m_.offset[i];
    for (index_t i = 0; i < dropped(); ++i) m_.values[kept_ + i] = d_[m_.dropped[i]];
    std::copy_n(m_.values, n_, d_);
    index_t i = 0, j = kept_;
    for (index_t at = 0; at < n_; ++at) order_[at] = j >= n_ || (i < kept_ && d_[i] <= d_[j]) ? i++ : j++;
  }

  // Tasks of several rows, then of several columns.
  void weigh(int threads) {
    if (kept_ == 1) m_.u.data[0] = 1;
    if (kept_ < 2) return;
    constexpr index_t rows = 16, columns = kStrip * W;
    each_task((kept_ + rows - 1) / rows, threads, [&](index_t task) {
      for (index_t i = task * rows; i < std::min(kept_, (task + 1) * rows); ++i) component(i);
    });
    each_task((kept_ + columns - 1) / columns, threads, [&](index_t task) { normalize(task * columns); });
  }

 private:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Int = typename S::Int;
  static constexpr index_t W = S::width;
  static constexpr int kStrip = 4;

  void arrange() {
    index_t upper = 0, mixed = 0, lower = 0;
    T sum = 0;
    for (index_t i = 0; i < kept_; ++i) {
      first_ += side(i) == kUpper;
      mixed_ += side(i) == kBoth;
    }
    for (index_t i = 0; i < kept_; ++i) {
      m_.place[i] = side(i) == kUpper ? upper++ : side(i) == kBoth ? first_ + mixed++ : first_ + mixed_ + lower++;
      m_.poles[i] = d_[m_.kept[i]];
      m_.weights[i] = m_.z[m_.kept[i]];
      m_.squares[i] = m_.weights[i] * m_.weights[i];
      sum += m_.squares[i];
    }
    rho_ *= sum;
    for (index_t i = 0; i < kept_; ++i) m_.squares[i] /= sum;
    for (index_t i = kept_; i < whole_vectors<T>(kept_); ++i) m_.poles[i] = 0;
  }

  // Row i: z_i / (d_i - x) for all roots x, z_i by the product over the roots.
  void component(index_t i) {
    T* const u = m_.u.row(m_.place[i]);
    const Vec pole = S::splat(m_.poles[i]), one = S::splat(1);
    const auto lanes = lane_numbers<T>();
    Vec product = one;
    index_t c = 0;
    const auto factor = [&]() __attribute__((always_inline)) {
      const Vec gap = (pole - S::load(m_.origin + c)) - S::load(m_.offset + c);
      S::store(u + c, gap);
      const Vec other = pole - S::load(m_.poles + c);
      return gap * reciprocal<T>(lanes == static_cast<Int>(i - c) ? one : other);
    };
    for (; c + W <= kept_; c += W) product *= factor();
    if (c < kept_) {
      const Vec last = factor();
      product *= lanes < static_cast<Int>(kept_ - c) ? last : one;
    }
    const Vec weight = S::splat(std::copysign(std::sqrt(std::abs(lane_product<T>(product))), m_.weights[i]));
    for (c = 0; c < kept_; c += W) S::store(u + c, weight * reciprocal<T>(S::load(u + c)));
  }

  // Brings columns c ... to length 1.
  void normalize(index_t c) {
    const int vectors = static_cast<int>(std::min<index_t>(kStrip, (kept_ - c + W - 1) / W));
    Vec sums[kStrip] = {};
    for (index_t i = 0; i < kept_; ++i) {
      const T* const u = m_.u.row(i) + c;
      for (int k = 0; k < vectors; ++k) sums[k] += S::load(u + k * W) * S::load(u + k * W);
    }
    for (int k = 0; k < vectors; ++k) sums[k] = 1 / S::sqrt(sums[k]);
    for (index_t i = 0; i < kept_; ++i) {
      T* const u = m_.u.row(i) + c;
      for (int k = 0; k < vectors; ++k) S::store(u + k * W, S::load(u + k * W) * sums[k]);
    }
  }

  const index_t upper_, n_;
  T rho_;
  const T rounding_;
  T* const d_;
  index_t* const order_;
  const MergeMemory<T> m_;
  index_t kept_ = 0, first_ = 0, mixed_ = 0;
};

}  // namespace mmlcore
