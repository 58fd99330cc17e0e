#include "mmlcore/eigen/secular.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/lane_arithmetic.hpp"

namespace mmlcore {
namespace {

constexpr int kMostSteps = 60;  // bisection alone would be done by then, nearly

// The roots first ... first + W - 1; lanes behind the last root repeat it.
template <class T>
class RootsInLanes {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;
  using Int = typename S::Int;
  static constexpr int W = S::width;

  RootsInLanes(index_t first, index_t count, T rho, const T* d, const T* z) : first_(first), count_(count), d_(d), z_(z) {
    constant_ = S::splat(1 / rho);
    for (int l = 0; l < W; ++l) {
      const index_t j = std::min(first + l, count - 1);
      const bool inner = j + 1 < count;
      pole_[l] = static_cast<Int>(j);
      left_[l] = d[j];
      right_[l] = inner ? d[j + 1] : d[j] + rho;
      z_left_[l] = z[j];
      z_right_[l] = inner ? z[j + 1] : 0;
    }
  }

  void find(T* origin, T* offset) {
    start();
    Mask done{};
    for (int step = 0; step < kMostSteps; ++step) {
      evaluate();
      done |= S::abs(f_) <= rounding();
      narrow();
      const Vec to = next();
      x_ = done ? x_ : to;
      done |= last_;
      if (!S::any(~done)) break;
    }
    S::store(origin, origin_);
    S::store(offset, x_);
  }

 private:
  // The values of both sums and their slopes at origin + x.
  void evaluate() {
    Vec psi{}, phi{}, psi_slope{}, phi_slope{};
    const auto term = [&](index_t k, Vec & value, Vec & slope) __attribute__((always_inline)) {
      const Vec inverse = reciprocal<T>((d_[k] - origin_) - x_), part = z_[k] * inverse;
      value += part;
      slope += part * inverse;
    };
    const index_t from = std::min(first_ + 1, count_), to = std::min(first_ + W, count_);
    index_t k = 0;
    for (; k < from; ++k) term(k, psi, psi_slope);
    for (; k < to; ++k) {
      Vec value{}, slope{};
      term(k, value, slope);
      const Mask mine = pole_ >= static_cast<Int>(k);
      psi += mine ? value : Vec{};
      psi_slope += mine ? slope : Vec{};
      phi += mine ? Vec{} : value;
      phi_slope += mine ? Vec{} : slope;
    }
    for (; k < count_; ++k) term(k, phi, phi_slope);
    f_ = constant_ + (psi + phi);
    size_ = constant_ + (phi - psi);
    psi_slope_ = psi_slope;
    phi_slope_ = phi_slope;
  }

  Vec rounding() const {
    constexpr T unit = std::numeric_limits<T>::epsilon() / 2;
    return unit * (8 * size_ + 2 * S::abs(x_) * (psi_slope_ + phi_slope_));
  }

  // The solution t of c t^2 - a t + b = 0 that is nearer to 0, without cancellation.
  static Vec root(Vec c, Vec a, Vec b) {
    Vec inside = a * a - 4 * b * c;
    inside = S::sqrt(inside > 0 ? inside : Vec{});
    const Mask negative = a <= 0;
    return (negative ? a - inside : 2 * b) / (negative ? 2 * c : a + inside);
  }

  // The value in the middle tells the nearer pole; the two terms beside the root, solved with the others held, a first
  // guess.
  void start() {
    const Vec gap = right_ - left_, middle = gap * T{0.5};
    origin_ = left_;
    x_ = middle;
    evaluate();
    const Mask end = pole_ == static_cast<Int>(count_ - 1), low = f_ >= 0, near_left = low | end;
    const Vec others = f_ + (z_left_ - z_right_) / middle;
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

  void narrow() {
    low_ = f_ < 0 ? x_ : low_;
    high_ = f_ < 0 ? high_ : x_;
  }

  // The next x, and whether it is the last.
  Vec next() {
    constexpr T unit = std::numeric_limits<T>::epsilon() / 2;
    const Vec one = pole_left_ - x_, two = pole_right_ - x_, product = one * two;
    const Vec step =
        root(f_ - one * psi_slope_ - two * phi_slope_, (one + two) * f_ - product * (psi_slope_ + phi_slope_), product * f_);
    const Vec there = x_ + step;
    const Mask inside = (there > low_) & (there < high_);
    const Vec to = inside ? there : (low_ + high_) * T{0.5};
    const Vec nearer = S::abs(one) < S::abs(two) ? S::abs(one) : S::abs(two);
    last_ = (to == x_) | (high_ - low_ <= unit * S::abs(x_)) | (inside & (S::abs(step) <= std::sqrt(unit) * nearer));
    return to;
  }

  const index_t first_, count_;
  const T *const d_, *const z_;
  Mask pole_{}, last_{};
  Vec constant_, left_, right_, z_left_, z_right_;
  Vec origin_, x_, low_, high_, pole_left_, pole_right_;
  Vec f_, size_, psi_slope_, phi_slope_;
};

}  // namespace

template <class T>
void secular_roots(index_t count, T rho, const T* d, const T* z_squared, T* origin, T* offset) {
  for (index_t first = 0; first < count; first += Simd<T>::width) {
    RootsInLanes<T>(first, count, rho, d, z_squared).find(origin + first, offset + first);
  }
}

template void secular_roots<float>(index_t, float, const float*, const float*, float*, float*);
template void secular_roots<double>(index_t, double, const double*, const double*, double*, double*);

}  // namespace mmlcore
