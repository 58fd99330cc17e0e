// The sweeps of dqds.hpp and what they know of the last entries; dqds_shift.cpp chooses the shifts.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "mmlcore/core/views.hpp"

namespace mmlcore::detail {

inline constexpr double kUnit = std::numeric_limits<double>::epsilon() / 2, kSmall = 100 * kUnit, kTiny = kSmall * kSmall;
inline constexpr index_t kSweeps = 30;      // of a value, at most
inline constexpr double kNothing = 1e-70;   // numbers whose squares would be lost beside others, and count as zero
inline constexpr double kTurned = 1.5;      // how much larger the last entry may be than the first
inline constexpr double kResidual = 0.563;  // of a vector that is known by its last entries, squared

// q and e before and after a sweep take turns.
struct Factors {
  double *q, *e;
};

// Rows lo ... hi, which no e of zero cuts; `sigma` + `rest` was taken off already.
struct Part {
  index_t lo, hi;
  double sigma, rest;
  bool second;  // which of the two arrays holds it
};

class Sweeps {
 public:
  Sweeps(index_t n, double* memory) : n_(n), both_{{memory, memory + n}, {memory + 2 * n, memory + 3 * n}} {}

  bool run(const double* d, const double* e, double* values) {
    Factors& first = both_[0];
    double total = 0;
    double top = 0;
    for (index_t k = 0; k < n_; ++k) top = std::max({top, std::abs(d[k]), k + 1 < n_ ? std::abs(e[k]) : 0.0});
    if (top == 0) return std::fill_n(values, n_, 0.0), true;
    const auto square = [=](double x) { return std::abs(x) < kNothing * top ? 0 : (x / top) * (x / top); };
    for (index_t k = 0; k < n_; ++k) {
      total += first.q[k] = square(d[k]);
      first.e[k] = k + 1 < n_ ? square(e[k]) : 0;
      total += first.e[k];
    }
    if (kTurned * first.q[0] < first.q[n_ - 1]) turn(0, n_ - 1);
    for (index_t k = 0; k + 1 < n_; ++k) {
      if (first.e[k] <= kUnit * kUnit * first.q[k]) first.e[k] = 0;
    }
    step(0, n_ - 1, both_[0], both_[1]);
    index_t lo = 0;
    for (index_t k = 0; k < n_; ++k) {
      if (k + 1 < n_ && both_[1].e[k] > 0) continue;
      parts_.push_back({lo, k, 0, 0, true});
      lo = k + 1;
    }
    values_ = values;
    while (!parts_.empty()) {
      const Part next = parts_.back();
      parts_.pop_back();
      if (!finish(next)) return false;
    }
    double sum = 0;
    for (index_t k = 0; k < n_; ++k) {
      sum += values[k];
      values[k] = top * std::sqrt(values[k]);
    }
    std::sort(values, values + n_, std::greater<>());
    return std::abs(sum - total) <= 16 * static_cast<double>(n_ + 4) * kUnit * total;  // false for NaN
  }

 private:
  const Factors& now() const { return both_[second_]; }
  const Factors& other() const { return both_[!second_]; }

  // Rows lo ... hi in the other order.
  void turn(index_t lo, index_t hi) {
    for (const Factors& f : both_) {
      std::reverse(f.q + lo, f.q + hi + 1);
      std::reverse(f.e + lo, f.e + hi);
    }
  }

  // A sweep without a shift, of rows that zeros may cut.
  static double step(index_t lo, index_t hi, const Factors& from, const Factors& to) {
    double d = from.q[lo], least = d;
    for (index_t k = lo; k < hi; ++k) {
      to.q[k] = d + from.e[k];
      if (to.q[k] == 0) {
        to.e[k] = 0;
        d = from.q[k + 1];
      } else {
        const double share = from.q[k + 1] / to.q[k];
        to.e[k] = from.e[k] * share;
        d = d * share;
      }
      least = std::min(least, d);
    }
    to.q[hi] = d;
    return least;
  }

  // A sweep of at least three rows. least_: of all d, without the last, without the last two; last_: those three.
  void step(double shift) {
    const Factors &from = now(), &to = other();
    double d = from.q[lo_] - shift, least = d, beside = std::numeric_limits<double>::infinity();
    index_t k = lo_;
    const auto next = [&] {
      to.q[k] = d + from.e[k];
      const double share = from.q[k + 1] / to.q[k];
      to.e[k] = from.e[k] * share;
      d = d * share - shift;
      least = d < least ? d : least;
      ++k;
    };
    while (k < hi_ - 2) {
      next();
      beside = to.e[k - 1] < beside ? to.e[k - 1] : beside;
    }
    least_[2] = least;
    last_[2] = d;
    next();
    least_[1] = least;
    last_[1] = d;
    next();
    least_[0] = least;
    last_[0] = d;
    to.q[hi_] = d;
    beside_ = std::min({beside, to.e[hi_ - 1], to.e[hi_ - 2]});
  }

  bool finish(const Part& part) {
    lo_ = part.lo, hi_ = part.hi, sigma_ = part.sigma, rest_ = part.rest, second_ = part.second;
    double largest = 0, least = std::numeric_limits<double>::infinity();
    for (index_t k = lo_; k <= hi_; ++k) {
      least = std::min(least, now().q[k]);
      if (k < hi_) largest = std::max(largest, now().e[k]);
    }
    least_[0] = least_[1] = least_[2] = -std::max(0.0, least - 2 * std::sqrt(least) * std::sqrt(largest));
    kind_ = 0;
    const index_t most = kSweeps * (hi_ - lo_ + 2);
    for (index_t sweep = 0; sweep < most; ++sweep) {
      const index_t before = hi_;
      deflate();
      if (hi_ < lo_) return true;
      if (sweep > 0 && sweep % 2 == 0) cut();
      if (hi_ - lo_ < 2) continue;
      if ((least_[0] <= 0 || hi_ < before) && kTurned * now().q[lo_] < now().q[hi_]) {
        turn(lo_, hi_);
        least_[2] = std::min(least_[2], std::min(now().e[hi_ - 1], other().e[hi_ - 1]));
        least_[0] = -0.0;
      }
      sink(before - hi_);
    }
    return false;
  }

  // Takes off values whose e has vanished, and pairs.
  void deflate() {
    while (hi_ >= lo_) {
      const Factors &f = now(), &g = other();
      double *const q = f.q + hi_, *const e = f.e + hi_;
      if (hi_ == lo_ || (hi_ > lo_ + 1 && (e[-1] <= kTiny * (sigma_ + q[0]) || g.e[hi_ - 1] <= kTiny * q[-1]))) {
        values_[hi_--] = q[0] + sigma_;
        continue;
      }
      if (hi_ > lo_ + 1 && e[-2] > kTiny * sigma_ && g.e[hi_ - 2] > kTiny * q[-2]) return;
      if (q[0] > q[-1]) std::swap(q[0], q[-1]);
      const double t = 0.5 * ((q[-1] - q[0]) + e[-1]);
      if (e[-1] > q[0] * kTiny && t != 0) {
        double s = q[0] * (e[-1] / t);
        s = s <= t ? q[0] * (e[-1] / (t * (1 + std::sqrt(1 + s / t))))
                   : q[0] * (e[-1] / (t + std::sqrt(t) * std::sqrt(t + s)));
        const double larger = q[-1] + (s + e[-1]);
        q[0] *= q[-1] / larger;
        q[-1] = larger;
      }
      values_[hi_] = q[0] + sigma_;
      values_[hi_ - 1] = q[-1] + sigma_;
      hi_ -= 2;
    }
  }

  // Leaves rows before an e that has vanished for later.
  void cut() {
    if (hi_ - lo_ < 3 || !(beside_ <= kTiny * std::max(sigma_, now().q[lo_]))) return;
    for (index_t k = hi_ - 3; k >= lo_; --k) {
      if (!(now().e[k] <= kTiny * sigma_ || other().e[k] <= kTiny * now().q[k])) continue;
      parts_.push_back({lo_, k, sigma_, rest_, second_});
      lo_ = k + 1;
      return;
    }
  }

  // One sweep, by the largest shift that is known to be small enough, or guessed.
  void sink(index_t deflated) {
    double shift = choose(deflated);
    while (true) {
      step(shift);
      const bool number = last_[0] == last_[0];
      if (number && least_[0] >= 0 && least_[1] >= 0) break;
      if (number && least_[0] < 0 && least_[1] > 0 && other().e[hi_ - 1] < kSmall * (sigma_ + last_[1]) &&
          std::abs(last_[0]) < kSmall * sigma_) {  // it is the value, but for rounding
        other().q[hi_] = 0;
        least_[0] = 0;
        break;
      }
      if (shift == 0 || (number && !(least_[0] < 0))) {
        least_[0] = least_[1] = least_[2] = step(lo_, hi_, now(), other());
        last_[0] = other().q[hi_];
        last_[1] = last_[2] = -1;
        beside_ = 0;
        shift = 0;
        break;
      }
      if (!number || kind_ < -22) {
        shift = 0;
      } else if (least_[1] > 0) {  // the last d alone is negative: its size is what was too much
        shift = (shift + least_[0]) * (1 - 4 * kUnit);
        kind_ -= 11;
      } else {
        shift *= 0.25;
        kind_ -= 12;
      }
    }
    // sigma + rest += shift, whatever was rounded off.
    double sum;
    if (shift < sigma_) {
      rest_ += shift;
      sum = sigma_ + rest_;
      rest_ -= sum - sigma_;
    } else {
      sum = sigma_ + shift;
      rest_ += sigma_ - (sum - shift);
    }
    sigma_ = sum;
    second_ = !second_;
  }

  double choose(index_t deflated);
  double of_the_last();
  // Adds what the entries before `k` make of the vector, squared, when `share` is that of entry k. False where that grows.
  bool add_before(index_t k, double share, double& squares, bool stops) const {
    double previous = share;
    for (; k >= lo_ && share != 0; --k) {
      if (now().e[k] > now().q[k]) return false;
      previous = share;
      share *= now().e[k] / now().q[k];
      squares += share;
      if (100 * std::max(share, previous) < squares || (stops && squares > kResidual)) break;
    }
    return true;
  }

  const index_t n_;
  Factors both_[2];
  std::vector<Part> parts_;
  double* values_ = nullptr;
  index_t lo_ = 0, hi_ = 0;
  double sigma_ = 0, rest_ = 0, least_[3] = {}, last_[3] = {}, beside_ = 0, growing_ = 0.25;
  bool second_ = true;
  int kind_ = 0;  // which bound the last shift came from
};

}  // namespace mmlcore::detail
