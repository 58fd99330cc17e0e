#include "mmlcore/eigen/ql_iteration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/lane_arithmetic.hpp"

namespace mmlcore {
namespace {

constexpr int kMostSteps = 30;  // for an eigenvalue; two are usual

template <class T>
struct Rotation {
  T c, s;
};

// Rows `from`, from + step, ... of z, turned pair by pair, for V vectors of columns. The row that the next pair shares stays
// in registers, so that each row is loaded and stored once.
template <class T, int V>
[[gnu::always_inline]] inline void turn_columns(const Rotation<T>* turns, index_t count, T* from, index_t step) {
  using S = Simd<T>;
  typename S::Vec held[V];
#pragma GCC unroll 4
  for (int v = 0; v < V; ++v) held[v] = S::load(from + v * S::width);
  for (index_t k = 0; k < count; ++k) {
    T* const next = from + step;
    const T c = turns[k].c, s = turns[k].s;
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      const typename S::Vec x = S::load(next + v * S::width);
      S::store(from + v * S::width, s * x + c * held[v]);
      held[v] = c * x - s * held[v];
    }
    from = next;
  }
#pragma GCC unroll 4
  for (int v = 0; v < V; ++v) S::store(from + v * S::width, held[v]);
}

template <class T>
void turn_rows(const Rotation<T>* turns, index_t count, T* from, index_t step, index_t columns) {
  constexpr index_t W = Simd<T>::width;
  const index_t vectors = (columns + W - 1) / W;
  index_t v = 0;
  for (; v + 4 <= vectors; v += 4) turn_columns<T, 4>(turns, count, from + v * W, step);
  for (; v + 2 <= vectors; v += 2) turn_columns<T, 2>(turns, count, from + v * W, step);
  if (v < vectors) turn_columns<T, 1>(turns, count, from + v * W, step);
}

}  // namespace

template <class T>
bool ql_iteration(index_t n, T size, T* d, T* e, PaddedRows<T> z) {
  constexpr T unit = std::numeric_limits<T>::epsilon() / 2, tiny = std::numeric_limits<T>::min();
  const T least = std::max(size * unit / 1024 * (size * unit / 1024), tiny);
  const auto apart = [&](index_t i) {  // whether rows i and i + 1 are
    return e[i] * e[i] <= unit * unit * std::abs(d[i] * d[i + 1]) + least;
  };
  Buffer<Rotation<T>> turns(n);
  index_t steps = 0;
  for (index_t low = 0; low < n;) {
    index_t high = low;
    while (high + 1 < n && !apart(high)) ++high;
    if (high + 1 < n) e[high] = 0;
    if (high == low) {
      ++low;
      continue;
    }
    // Towards the end that is smaller: graded matrices keep their small eigenvalues.
    const bool down = std::abs(d[high]) >= std::abs(d[low]);  // the eigenvalue appears at `low`
    const index_t step = down ? -1 : 1, start = down ? high : low, end = down ? low : high;
    const auto off = [&](index_t i) -> T& { return e[down ? i : i - 1]; };  // between i and the one before it on the way
    if (++steps > kMostSteps * n) return false;
    const T ratio = (d[end - step] - d[end]) / (2 * off(end));
    T g = d[start] - d[end] + off(end) / (ratio + std::copysign(std::sqrt(ratio * ratio + 1), ratio));
    T s = 1, c = 1, p = 0;
    index_t count = 0;
    for (index_t i = start + step;; i += step) {
      const T f = s * off(i), b = c * off(i), squares = f * f + g * g;
      if (squares < tiny) {  // the block falls apart on the way
        if (i != start + step) off(i - step) = 0;
        d[i - step] -= p;
        break;
      }
      const T r = std::sqrt(squares), inverse = 1 / squares;
      if (i != start + step) off(i - step) = r;
      s = f * (r * inverse);
      c = g * (r * inverse);
      g = d[i - step] - p;
      const T twist = (d[i] - g) * s + 2 * c * b;
      p = s * twist;
      d[i - step] = g + p;
      g = c * twist - b;
      turns[count++] = {c, s};
      if (i == end) {
        d[end] -= p;
        off(end) = g;
        break;
      }
    }
    if (z.data) turn_rows(turns.data(), count, z.row(start), step * z.stride, n);
  }
  return true;
}

template bool ql_iteration<float>(index_t, float, float*, float*, PaddedRows<float>);
template bool ql_iteration<double>(index_t, double, double*, double*, PaddedRows<double>);

}  // namespace mmlcore
