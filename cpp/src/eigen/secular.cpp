#include "mmlcore/eigen/secular.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/lane_arithmetic.hpp"

namespace mmlcore {
namespace {

constexpr int kMostSteps = 60;  // bisection alone would be done by then, nearly

// One vector of roots, from the `first` on; lanes behind the last root repeat it.
template <class T>
class RootsInLanes {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;
  using Int = typename S::Int;
  static constexpr int W = S::width;

  void place(index_t first, index_t count, T rho, const T* d, const T* z) {
    constant_ = S::splat(1 / rho);
    last_ = static_cast<Int>(count - 1);
    pole_ = lane_numbers<T>() + static_cast<Int>(first);
    pole_ = pole_ < last_ ? pole_ : Mask{} + last_;
    for (int l = 0; l < W; ++l) {
      const index_t j = pole_[l];
      const bool inner = j < last_;
      left_[l] = d[j];
      right_[l] = inner ? d[j + 1] : d[j] + rho;
      z_left_[l] = z[j];
      z_right_[l] = inner ? z[j + 1] : 0;
    }
    origin_ = left_;
    x_ = (right_ - left_) * T{0.5};
  }

  void clear() { psi_ = phi_ = psi_slope_ = phi_slope_ = Vec{}; }

  // A term of one of the two sums.
  [[gnu::always_inline]] void add_left(T d, T z) { add(d, z, psi_, psi_slope_); }
  [[gnu::always_inline]] void add_right(T d, T z) { add(d, z, phi_, phi_slope_); }
  // Of one or the other, by the lane.
  [[gnu::always_inline]] void add_mixed(index_t k, T d, T z) {
    const Vec inverse = reciprocal<T>((d - origin_) - x_), value = z * inverse, slope = value * inverse;
    const Mask mine = pole_ >= static_cast<Int>(k);
    psi_ = mine ? psi_ + value : psi_;
    psi_slope_ = mine ? psi_slope_ + slope : psi_slope_;
    phi_ = mine ? phi_ : phi_ + value;
    phi_slope_ = mine ? phi_slope_ : phi_slope_ + slope;
  }

  // The value in the middle tells the nearer pole; the two terms beside the root, solved with the others held, a first
  // guess.
  void start() {
    const Vec gap = right_ - left_, middle = x_, f = value();
    const Mask end = pole_ == last_, low = f >= 0, near_left = low | end;
    const Vec others = f + (z_left_ - z_right_) * near_reciprocal<T>(middle);
    origin_ = near_left ? left_ : right_;
    low_ = near_left ? Vec{} : -middle;
    high_ = near_left ? middle : Vec{};
    low_ = end & ~low ? middle : low_;
    high_ = end & ~low ? gap : high_;
    pole_left_ = near_left ? Vec{} : -gap;
    pole_right_ = near_left ? gap : Vec{};
    pole_right_ = end ? 4 * gap : pole_right_;  // the last root has no pole on its right: one that no step reaches
    const Vec b = others * pole_left_ * pole_right_ + z_left_ * pole_right_ + z_right_ * pole_left_;
    const Vec guess = root(others, others * (pole_left_ + pole_right_) + z_left_ + z_right_, b);
    x_ = (guess > low_) & (guess < high_) ? guess : (low_ + high_) * T{0.5};
  }

  // One step by the sums; false when no lane needs another.
  bool step() {
    const Vec f = value(), size = S::abs(x_);
    done_ |= S::abs(f) <= kUnit * (8 * (constant_ + (phi_ - psi_)) + 2 * size * (psi_slope_ + phi_slope_));
    low_ = f < 0 ? x_ : low_;
    high_ = f < 0 ? high_ : x_;
    const Vec one = pole_left_ - x_, two = pole_right_ - x_, product = one * two;
    const Vec step =
        root(f - one * psi_slope_ - two * phi_slope_, (one + two) * f - product * (psi_slope_ + phi_slope_), product * f);
    const Vec there = x_ + step;
    const Mask inside = (there > low_) & (there < high_);
    const Vec to = inside ? there : (low_ + high_) * T{0.5};
    const Vec nearer = S::abs(one) < S::abs(two) ? S::abs(one) : S::abs(two);
    const Mask last = (to == x_) | (high_ - low_ <= kUnit * size) | (inside & (S::abs(step) <= kShort * nearer));
    x_ = done_ ? x_ : to;
    done_ |= last;
    return S::any(~done_);
  }

  void write(T* origin, T* offset) const {
    S::store(origin, origin_);
    S::store(offset, x_);
  }

 private:
  static constexpr T kUnit = std::numeric_limits<T>::epsilon() / 2;
  static constexpr T kShort = sizeof(T) == 8 ? T(0x1p-27) : T(0x1p-12);  // the root of the unit, about

  [[gnu::always_inline]] void add(T d, T z, Vec& value, Vec& slope) const {
    const Vec inverse = reciprocal<T>((d - origin_) - x_), part = z * inverse;
    value += part;
    slope += part * inverse;
  }
  Vec value() const { return constant_ + (psi_ + phi_); }

  // The solution t of c t^2 - a t + b = 0 that is nearer to 0, without cancellation; some digits of a step are enough.
  static Vec root(Vec c, Vec a, Vec b) {
    Vec inside = a * a - 4 * b * c;
    inside = inside > std::numeric_limits<T>::min() ? inside * near_reciprocal_root<T>(inside) : Vec{};
    const Mask negative = a <= 0;
    return (negative ? a - inside : 2 * b) * near_reciprocal<T>(negative ? 2 * c : a + inside);
  }

  Mask pole_, done_{};
  Int last_;
  Vec constant_, left_, right_, z_left_, z_right_;
  Vec origin_, x_, low_, high_, pole_left_, pole_right_;
  Vec psi_, phi_, psi_slope_, phi_slope_;
};

// G vectors of roots in step: one alone would wait for its own sums and roots.
template <class T, int G>
void find_roots(index_t first, index_t count, T rho, const T* d, const T* z, T* origin, T* offset) {
  constexpr index_t W = Simd<T>::width;
  RootsInLanes<T> group[G];
  for (int g = 0; g < G; ++g) group[g].place(first + g * W, count, rho, d, z);
  const index_t from = std::min(first + 1, count), to = std::min(first + G * W, count);
  const auto evaluate = [&] {
    const auto each = [&](auto&& f) __attribute__((always_inline)) {
#pragma GCC unroll 4
      for (int g = 0; g < G; ++g) f(group[g]);
    };
    each([](RootsInLanes<T> & roots) __attribute__((always_inline)) { roots.clear(); });
    index_t k = 0;
    for (; k < from; ++k) each([&](RootsInLanes<T> & roots) __attribute__((always_inline)) { roots.add_left(d[k], z[k]); });
    for (; k < to; ++k)
      each([&](RootsInLanes<T> & roots) __attribute__((always_inline)) { roots.add_mixed(k, d[k], z[k]); });
    for (; k < count; ++k)
      each([&](RootsInLanes<T> & roots) __attribute__((always_inline)) { roots.add_right(d[k], z[k]); });
  };
  evaluate();
  for (int g = 0; g < G; ++g) group[g].start();
  for (int step = 0; step < kMostSteps; ++step) {
    evaluate();
    bool more = false;
    for (int g = 0; g < G; ++g) more |= group[g].step();
    if (!more) break;
  }
  for (int g = 0; g < G; ++g) group[g].write(origin + first + g * W, offset + first + g * W);
}

}  // namespace

template <class T>
void secular_roots(index_t first, index_t last, index_t count, T rho, const T* d, const T* z_squared, T* origin, T* offset) {
  constexpr index_t W = Simd<T>::width;
  for (; first + W < last; first += 2 * W) find_roots<T, 2>(first, count, rho, d, z_squared, origin, offset);
  if (first < last) find_roots<T, 1>(first, count, rho, d, z_squared, origin, offset);
}

template void secular_roots<float>(index_t, index_t, index_t, float, const float*, const float*, float*, float*);
template void secular_roots<double>(index_t, index_t, index_t, double, const double*, const double*, double*, double*);

}  // namespace mmlcore
