#include "mmlcore/eigen/lane_leaves.hpp"

#include <algorithm>
#include <cmath>
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
    Mask low{};
    for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
      Mask apart[L - 1], high = Mask{} + static_cast<Int>(L - 1);
      for (int i = 0; i < L - 1; ++i) {
        apart[i] = e_[i] * e_[i] <= kUnit * kUnit * S::abs(d_[i] * d_[i + 1]) + least_;
        low += (apart[i] & (low == static_cast<Int>(i))) & 1;
      }
      for (int i = L - 2; i >= 0; --i) high = apart[i] & (low <= static_cast<Int>(i)) ? Mask{} + static_cast<Int>(i) : high;
      const Mask on = low < static_cast<Int>(L - 1);
      if (!S::any(on)) return true;
      turn(on, low, high);
    }
    return false;
  }

  void write(const Leaf* leaves, int used, T* d, PaddedRows<T> q) const {
    for (int l = 0; l < used; ++l) {
      for (index_t i = 0; i < leaves[l].size; ++i) {
        d[leaves[l].first + i] = d_[i][l];
        T* const row = q.row(leaves[l].first + i) + leaves[l].first;
        for (int k = 0; k < L; ++k) row[k] = z_[i][k][l];
      }
    }
  }

 private:
  static constexpr T kUnit = std::numeric_limits<T>::epsilon() / 2;

  // One sweep of each lane that is on, from `high` down to `low`.
  void turn(Mask on, Mask low, Mask high) {
    Vec d_low{}, d_next{}, e_low = S::splat(1), d_high{};
    int first = L, last = 0;
    for (int i = 0; i < L - 1; ++i) {
      const Mask here = low == static_cast<Int>(i);
      d_low = here ? d_[i] : d_low;
      d_next = here ? d_[i + 1] : d_next;
      e_low = here ? e_[i] : e_low;
      if (S::any(here & on)) first = std::min(first, i);
    }
    for (int i = 1; i < L; ++i) {
      const Mask here = on & (high == static_cast<Int>(i));
      d_high = here ? d_[i] : d_high;
      if (S::any(here)) last = i;
    }
    const Vec ratio = (d_next - d_low) / (2 * e_low), length = S::sqrt(ratio * ratio + 1);
    Vec g = d_high - d_low + e_low / (ratio + (ratio < 0 ? -length : length));
    Vec s = S::splat(1), c = s, p{};
    for (int i = last - 1; i >= first; --i) {
      Mask act = on & (high > static_cast<Int>(i)) & (low <= static_cast<Int>(i));
      const Vec f = s * e_[i], b = c * e_[i], squares = f * f + g * g;
      const Mask broken = act & (squares < std::numeric_limits<T>::min());
      if (S::any(broken)) {  // the block falls apart on the way
        d_[i + 1] = broken ? d_[i + 1] - p : d_[i + 1];
        e_[i + 1] = broken ? Vec{} : e_[i + 1];
        for (int k = 0; k < L; ++k) e_[k] = broken & (high == static_cast<Int>(k)) ? Vec{} : e_[k];
        on &= ~broken;
        act &= ~broken;
      }
      const Vec r = S::sqrt(squares), inverse = r / squares, sine = f * inverse, cosine = g * inverse;
      e_[i + 1] = act ? r : e_[i + 1];
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
      const Mask here = on & (low == static_cast<Int>(i));
      d_[i] = here ? d_[i] - p : d_[i];
      e_[i] = here ? g : e_[i];
      e_[i] = on & (high == static_cast<Int>(i)) ? Vec{} : e_[i];
    }
  }

  Vec d_[L], e_[L], z_[L][L], least_;
};

}  // namespace

template <class T>
bool solve_leaves(const Leaf* leaves, index_t count, T size, T* d, const T* e, PaddedRows<T> q) {
  constexpr index_t W = Simd<T>::width;
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
