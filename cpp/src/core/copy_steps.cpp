// Copies of numbers that have gaps between them, as every second column or a column of a table has.
//
// Vectors are put together from single numbers, every second one from two vectors by a shuffle, numbers that lie backwards
// from one, so that what is done with them, and the check whether they are finite, takes a step a vector.
#include "copy_steps.hpp"

#include <algorithm>
#include <utility>

#include "mmlcore/core/copy_checks.hpp"
#include "mmlcore/core/interleave.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore::detail {
namespace {

template <class T, int... L>
[[gnu::always_inline]] inline typename Simd<T>::Vec gathered(const T* p, index_t step, std::integer_sequence<int, L...>) {
  return typename Simd<T>::Vec{p[L * step]...};
}

template <class T>
[[gnu::always_inline]] inline typename Simd<T>::Vec load_steps(const T* p, index_t step) {
  return gathered<T>(p, step, std::make_integer_sequence<int, Simd<T>::width>{});
}

// Every second of 2 W - 1 numbers, of which the second vector has the last: the one behind them may not be ours.
template <int W>
struct EverySecondWithin {
  static constexpr int at(int l) { return l < W / 2 ? 2 * l : 2 * l + 1; }
};
template <int W>
struct Backwards {
  static constexpr int at(int l) { return W - 1 - l; }
};

// f(load), where load(p) gives the numbers at p, p + step, ...
template <class T, class F>
[[gnu::always_inline]] inline void with_loads(index_t step, F&& f) {
  using S = Simd<T>;
  constexpr int W = static_cast<int>(S::width);
  if constexpr (W >= 2) {
    if (step == 2) return f([](const T* p) { return shuffle<T, EverySecondWithin<W>>(S::load(p), S::load(p + W - 1)); });
    if (step == -1) {
      return f([](const T* p) {
        const auto v = S::load(p - (W - 1));
        return shuffle<T, Backwards<W>>(v, v);
      });
    }
  }
  f([step](const T* p) { return load_steps<T>(p, step); });
}

// One row into numbers side by side.
template <class T>
void row_of_steps(const T* in, index_t step, T* out, index_t n, FiniteCheck<T>& check) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  index_t j = 0;
  with_loads<T>(step, [&](auto&& load) {
    for (; j + W <= n; j += W) {
      const auto v = load(in + j * step);
      check(v);
      S::store(out + j, v);
    }
  });
  for (; j < n; ++j) {
    check(in[j * step]);
    out[j] = in[j * step];
  }
}

// W rows from row i on, columns [first, last), a vector of each column at a time.
template <class T>
[[gnu::always_inline]] inline void columns_one_by_one(const MatrixView<const T>& from, const MatrixView<T>& to, index_t i,
                                                      index_t first, index_t last, FiniteCheck<T>& check) {
  for (index_t j = first; j < last; ++j) {
    const auto v = load_steps<T>(&from(i, j), from.row_stride);
    check(v);
    Simd<T>::store(&to(i, j), v);
  }
}

// Rows of steps into columns of numbers side by side, by squares turned in registers; rows that do not fill a square are
// copied with some of what is beside them, once more. Few columns come one by one. Lengths of 2400 rows of 5 float32, every
// second number of both axes: 41 us with a number at a time, whose checks wait for each other, 13 so.
template <class T, class Load>
void columns_of_steps(const MatrixView<const T>& from, const MatrixView<T>& to, FiniteCheck<T>& check, Load&& load) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  for (index_t row = 0; row < from.rows; row += W) {
    const index_t i = std::min(row, from.rows - W);
    for (index_t column = 0; column < from.cols; column += W) {
      if (from.cols < W || from.cols - column <= W / 2) {
        columns_one_by_one(from, to, i, column, from.cols, check);
        break;
      }
      const index_t j = std::min(column, from.cols - W);
      typename S::Vec v[W];
#pragma GCC unroll 16
      for (index_t r = 0; r < W; ++r) {
        v[r] = load(&from(i + r, j));
        check(v[r]);
      }
      transpose<T>(v);
#pragma GCC unroll 16
      for (index_t c = 0; c < W; ++c) S::store(&to(i, j + c), v[c]);
    }
  }
}

}  // namespace

template <class T>
bool copy_steps(MatrixView<const T> from, MatrixView<T> to, bool any) {
  constexpr index_t W = Simd<T>::width;
  FiniteCheck<T> check;
  if (to.col_stride == 1) {
    for (index_t i = 0; i < from.rows; ++i) row_of_steps(&from(i, 0), from.col_stride, &to(i, 0), from.cols, check);
  } else if (to.row_stride == 1 && from.rows >= W) {
    with_loads<T>(from.col_stride, [&](auto&& load) { columns_of_steps(from, to, check, load); });
  } else {
    for (index_t i = 0; i < from.rows; ++i) {
      for (index_t j = 0; j < from.cols; ++j) {
        check(from(i, j));
        to(i, j) = from(i, j);
      }
    }
  }
  return any || check.finite();
}

template bool copy_steps<float>(MatrixView<const float>, MatrixView<float>, bool);
template bool copy_steps<double>(MatrixView<const double>, MatrixView<double>, bool);

}  // namespace mmlcore::detail
