#include "dqds_sweeps.hpp"

namespace mmlcore::detail {

// Cases 2 to 6: nothing was deflated.
double Sweeps::of_the_last() {
  const double *const q = now().q + hi_, *const e = now().e + hi_;
  const double least = least_[0], last = last_[0];
  if (least != last && least != last_[1]) {
    if (least != last_[2]) {
      growing_ = kind_ == -6 ? growing_ + (1 - growing_) / 3 : kind_ == -18 ? 0.25 / 3 : 0.25;
      kind_ = -6;
      return growing_ * least;
    }
    kind_ = -5;
    const double *const p = other().q + hi_, *const f = other().e + hi_;
    if (f[-2] > p[-1] || f[-1] > p[0]) return 0.25 * least;
    double squares = (f[-2] / p[-1]) * (1 + f[-1] / p[0]);
    if (hi_ - lo_ > 2) {
      const double share = e[-3] / q[-3];
      squares += share;
      if (!add_before(hi_ - 4, share, squares, true)) return 0.25 * least;
      squares *= 1.05;
    }
    return squares < kResidual ? last_[2] * (1 - std::sqrt(squares)) / (1 + squares) : 0.25 * least;
  }
  if (least == last && least_[1] == last_[1]) {
    const double b1 = std::sqrt(q[0]) * std::sqrt(e[-1]), b2 = std::sqrt(q[-1]) * std::sqrt(e[-2]), sum = q[-1] + e[-1];
    const double far = 0.75 * least_[2] - sum;
    const double gap = sum - last - (far > 0 && far > b2 ? (b2 / far) * b2 : b1 + b2);
    if (gap > 0 && gap > b1) {
      kind_ = -2;
      return std::max(last - (b1 / gap) * b1, 0.5 * least);
    }
    kind_ = -3;
    double s = last > b1 ? last - b1 : 0;
    if (sum > b1 + b2) s = std::min(s, sum - (b1 + b2));
    return std::max(s, least / 3);
  }
  kind_ = -4;
  double squares = 0, share, gamma;
  index_t before;
  if (least == last) {
    if (e[-1] > q[-1]) return 0.25 * least;
    gamma = last;
    share = e[-1] / q[-1];
    before = hi_ - 2;
  } else {
    const double *const p = other().q + hi_, *const f = other().e + hi_;
    if (f[-1] > p[0] || e[-2] > q[-2]) return 0.25 * least;
    gamma = last_[1];
    squares = f[-1] / p[0];
    share = e[-2] / q[-2];
    before = hi_ - 3;
  }
  squares += share;
  if (!add_before(before, share, squares, true)) return 0.25 * least;
  squares *= 1.05;
  return squares < kResidual ? gamma * (1 - std::sqrt(squares)) / (1 + squares) : 0.25 * least;
}

double Sweeps::choose(index_t deflated) {
  if (least_[0] <= 0) {
    kind_ = -1;
    return -least_[0];
  }
  if (deflated == 0) return of_the_last();
  const double *const q = now().q + hi_, *const e = now().e + hi_;
  if (deflated > 2) {
    kind_ = -12;
    return 0;
  }
  // Cases 7 to 11: what stood one or two rows before the last is the last now.
  const double least = least_[deflated], last = last_[deflated];
  const bool one = deflated == 1, known = one ? least == last && least_[2] == last_[2] : least == last && 2 * e[-1] < q[-1];
  if (!known) {
    kind_ = one ? -9 : -11;
    return (one && least == last ? 0.5 : 0.25) * least;
  }
  kind_ = one ? -7 : -10;
  double s = least / 3;
  if (e[-1] > q[-1]) return s;
  double squares = e[-1] / q[-1];
  if (!add_before(hi_ - 2, squares, squares, false)) return s;
  const double length = std::sqrt(1.05 * squares), quotient = least / (1 + length * length);
  const double gap = one ? 0.5 * least_[2] - quotient : q[-1] + e[-2] - std::sqrt(q[-2]) * std::sqrt(e[-2]) - quotient;
  if (gap > 0 && gap > length * quotient) return std::max(s, quotient * (1 - 1.01 * quotient * (length / gap) * length));
  if (one) kind_ = -8;
  return std::max(s, quotient * (1 - 1.01 * length));
}

}  // namespace mmlcore::detail
