#include "mmlcore/eigen/lane_leaves.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "mmlcore/core/lane_arithmetic.hpp"

namespace mmlcore {
namespace {

constexpr int kMostSweeps = 30 * kLeaf;

template <class T>
class Leaves {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;
  using Int = typename S::Int;
  static constexpr int L = kLeaf, W = S::width;

  Leaves(const Leaf* leaves, int used, T size, const T* d, const T* e) {
    const T least = size * kUnit / 1024;
    least_ = S::splat(std::max(least * least, std::numeric_limits<T>::min()));
    for (int i = 0; i < L; ++i) {
      d_[i] = e_[i] = Vec{};
      for (int k = 0; k < L; ++k) z_[i][k] = S::splat(i == k);
      for (int l = 0; l < used; ++l) {
        if (i < leaves[l].size) d_[i][l] = d[leaves[l].first + i];
        if (i + 1 < leaves[l].size) e_[i][l] = e[leaves[l].first + i];
      }
    }
  }

  bool solve() {
    Mask low = Mask{} + 1;
    for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
      Mask apart = Mask{} + bit(L - 1);
      for (int i = 0; i < L - 1; ++i) {
        const Mask here = e_[i] * e_[i] <= kUnit * kUnit * S::abs(d_[i] * d_[i + 1]) + least_;
        apart |= here & bit(i);
      }
      const Mask before = (apart & ~bit(L - 1)) | (low - 1);
      low = ~before & (before + 1);  // the next bit that is not set
      const Mask behind = apart & ~(low - 1), on = low < bit(L - 1);
      if (!S::any(on)) return true;
      turn(on, low, behind & -behind);  // the next bit that is set
    }
    return false;
  }

  void write(const Leaf* leaves, int used, T* d, PaddedRows<T> q) const {
    for (int l = 0; l < used; ++l) {
      for (index_t i = 0; i < leaves[l].size; ++i) {
        d[leaves[l].first + i] = d_[i][l];
        T* const row = q.row(leaves[l].first + i) + leaves[l].first;
        for (index_t k = 0; k < leaves[l].size; ++k) row[k] = z_[i][k][l];
      }
    }
  }

 private:
  static constexpr T kUnit = std::numeric_limits<T>::epsilon() / 2;

  // The rows where blocks begin and end are single bits.
  static constexpr Int bit(int i) { return Int{1} << i; }

  // One sweep of each lane that is on, from `high` down to `low`.
  void turn(Mask on, Mask low, Mask high) {
    Vec d_low{}, d_next{}, e_low = S::splat(1), d_high{};
    for (int i = 0; i < L - 1; ++i) {
      const Mask here = on & (low == bit(i));
      d_low = here ? d_[i] : d_low;
      d_next = here ? d_[i + 1] : d_next;
      e_low = here ? e_[i] : e_low;
      d_high = high == bit(i + 1) ? d_[i + 1] : d_high;
    }
    const auto lows = static_cast<std::uint64_t>(lane_bits<T>(low & on)),
               highs = static_cast<std::uint64_t>(lane_bits<T>(high & on));
    const int first = std::countr_zero(lows), last = std::bit_width(highs) - 1;
    // The shift by one root and one division, both of which may be rough.
    const Vec half = (d_next - d_low) * T{0.5}, inside = half * half + e_low * e_low;
    const Vec length = inside * near_reciprocal_root<T>(inside);
    Vec g = d_high - d_low + e_low * e_low * near_reciprocal<T>(half + (half < 0 ? -length : length));
    Vec s = S::splat(1), c = s, p{};
    for (int i = last - 1; i >= first; --i) {
      Mask act = on & (high > bit(i)) & (low <= bit(i));
      const Vec f = s * e_[i], b = c * e_[i], squares = f * f + g * g;
      const Mask broken = act & (squares < std::numeric_limits<T>::min());
      if (S::any(broken)) [[unlikely]] {  // the block falls apart on the way
        d_[i + 1] = broken ? d_[i + 1] - p : d_[i + 1];
        for (int k = 0; k < L; ++k) e_[k] = broken & ((high == bit(k)) | (k == i + 1 ? ~Mask{} : Mask{})) ? Vec{} : e_[k];
        on &= ~broken;
        act &= ~broken;
      }
      const Vec inverse = reciprocal_root<T>(squares), sine = f * inverse, cosine = g * inverse;
      e_[i + 1] = act ? squares * inverse : e_[i + 1];
      const Vec before = d_[i + 1] - p, twist = (d_[i] - before) * sine + 2 * cosine * b, more = sine * twist;
      d_[i + 1] = act ? before + more : d_[i + 1];
      p = act ? more : p;
      g = act ? cosine * twist - b : g;
      s = act ? sine : s;
      c = act ? cosine : c;
      const Vec along = act ? cosine : S::splat(1), across = act ? sine : Vec{};
      for (int k = 0; k < L; ++k) {
        const Vec x = z_[i][k], y = z_[i + 1][k];
        z_[i + 1][k] = across * x + along * y;
        z_[i][k] = along * x - across * y;
      }
    }
    for (int i = 0; i < L; ++i) {
      const Mask here = on & (low == bit(i));
      d_[i] = here ? d_[i] - p : d_[i];
      e_[i] = here ? g : e_[i];
      e_[i] = on & (high == bit(i)) ? Vec{} : e_[i];
    }
  }

  Vec d_[L], e_[L], z_[L][L], least_;
};

// One leaf that is alone, whose vectors are rows of whole registers: half the time of one lane of many.
template <class T>
class LoneLeaf {
 public:
  static constexpr index_t L = kLeaf;

  LoneLeaf(const Leaf& leaf, T size, T* d, const T* e) : n_(leaf.size), d_(d + leaf.first) {
    const T least = size * kUnit / 1024;
    least_ = std::max(least * least, std::numeric_limits<T>::min());
    for (index_t i = 0; i < n_; ++i) {
      e_[i] = i + 1 < n_ ? e[leaf.first + i] : T{0};
      for (index_t k = 0; k < L; ++k) z_[i][k] = i == k ? 1 : 0;
    }
  }

  bool solve() {
    int sweeps = 0;
    for (index_t low = 0; low < n_;) {
      index_t high = low;
      while (high + 1 < n_ && !splits(high)) ++high;
      if (high == low) {
        ++low;
      } else if (++sweeps > kMostSweeps) {
        return false;
      } else {
        turn(low, high);
      }
    }
    return true;
  }

  void write(index_t first, PaddedRows<T> q) const {
    for (index_t i = 0; i < n_; ++i) std::copy_n(z_[i], n_, q.row(first + i) + first);
  }

 private:
  static constexpr T kUnit = std::numeric_limits<T>::epsilon() / 2;

  bool splits(index_t i) const { return e_[i] * e_[i] <= kUnit * kUnit * std::abs(d_[i] * d_[i + 1]) + least_; }

  void turn(index_t low, index_t high) {
    const T half = (d_[low + 1] - d_[low]) / 2, square = e_[low] * e_[low], length = std::sqrt(half * half + square);
    T g = d_[high] - d_[low] + square / (half + std::copysign(length, half)), s = 1, c = 1, p = 0;
    for (index_t i = high - 1; i >= low; --i) {
      const T f = s * e_[i], b = c * e_[i], squares = f * f + g * g;
      if (squares < std::numeric_limits<T>::min()) [[unlikely]] {  // the block falls apart on the way
        d_[i + 1] -= p;
        e_[high] = e_[i + 1] = 0;
        return;
      }
      const T root = std::sqrt(squares), inverse = 1 / root;
      s = f * inverse;
      c = g * inverse;
      e_[i + 1] = root;
      const T before = d_[i + 1] - p, twist = (d_[i] - before) * s + 2 * c * b;
      p = s * twist;
      d_[i + 1] = before + p;
      g = c * twist - b;
      T *const upper = z_[i], *const lower = z_[i + 1];
#pragma GCC unroll 8
      for (index_t k = 0; k < L; ++k) {
        const T x = upper[k], y = lower[k];
        lower[k] = s * x + c * y;
        upper[k] = c * x - s * y;
      }
    }
    d_[low] -= p;
    e_[low] = g;
    e_[high] = 0;
  }

  const index_t n_;
  T* const d_;
  T e_[L], least_;
  alignas(kVectorBytes) T z_[L][L];
};

}  // namespace

template <class T>
bool solve_leaves(const Leaf* leaves, index_t count, T size, T* d, const T* e, PaddedRows<T> q) {
  constexpr index_t W = Simd<T>::width;
  if (count == 1) {
    LoneLeaf<T> leaf(leaves[0], size, d, e);
    if (!leaf.solve()) return false;
    leaf.write(leaves[0].first, q);
    return true;
  }
  for (index_t first = 0; first < count; first += W) {
    const int used = static_cast<int>(std::min(W, count - first));
    Leaves<T> group(leaves + first, used, size, d, e);
    if (!group.solve()) return false;
    group.write(leaves + first, used, d, q);
  }
  return true;
}

template bool solve_leaves<float>(const Leaf*, index_t, float, float*, const float*, PaddedRows<float>);
template bool solve_leaves<double>(const Leaf*, index_t, double, double*, const double*, PaddedRows<double>);

}  // namespace mmlcore
