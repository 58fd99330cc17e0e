// Right sides of a system whose rows and columns are scaled (equilibrate.hpp).
#pragma once

#include <algorithm>
#include <climits>
#include <cmath>
#include <vector>

#include "mmlcore/core/numbers.hpp"
#include "mmlcore/elimination/match.hpp"

namespace mmlcore {

// R b of the right sides, each near 1 by a power of two of its own. One power does not do where the parts of a solution have
// nothing to do with each other: with diag(1e300, 1e-300) and b = (1, 1) it would leave nothing of x_0. So entries that are
// far below the largest go into further right sides, whose solutions are added.
template <Number T>
class ScaledSides {
 public:
  ScaledSides(MatrixView<const T> b, const std::vector<int>& rows) : b_(b), rows_(rows), top_(b.cols, kFirst) {}

  // The next part of each column; whether another follows.
  bool next(MatrixView<T> y) {
    bool more = false;
    for (index_t c = 0; c < b_.cols; ++c) {
      const int taken = top_[c] == kFirst ? INT_MAX : top_[c] - kReach + 1;  // exponents from here on are done
      top_[c] = kNoExponent;
      for (index_t i = 0; i < b_.rows; ++i) {
        if (exponent(i, c) < taken) top_[c] = std::max(top_[c], exponent(i, c));
      }
      for (index_t i = 0; i < b_.rows; ++i) {
        const int own = exponent(i, c);
        const bool now = own != kNoExponent && own <= top_[c] && own > top_[c] - kReach;
        y(i, c) = now ? times_power(b_(i, c), -rows_[i] - top_[c]) : T{0};
        more |= own != kNoExponent && own <= top_[c] - kReach;
      }
    }
    return more;
  }

  // C y at the size of the right sides.
  void restore(const std::vector<int>& cols, MatrixView<T> y) const {
    for (index_t i = 0; i < b_.rows; ++i) {
      for (index_t c = 0; c < b_.cols; ++c) y(i, c) = y(i, c) == T{0} ? T{0} : times_power(y(i, c), top_[c] - cols[i]);
    }
  }

 private:
  static constexpr int kFirst = INT_MAX;
  static constexpr int kReach = sizeof(RealPart<T>) == 8 ? 500 : 60;  // half of what lies below 1
  int exponent(index_t i, index_t c) const {
    return b_(i, c) == T{0} ? kNoExponent : std::ilogb(largest_part(b_(i, c))) + 1 - rows_[i];
  }

  MatrixView<const T> b_;
  const std::vector<int>& rows_;
  std::vector<int> top_;
};

}  // namespace mmlcore
