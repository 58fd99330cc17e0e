#include "mmlcore/singular/least_squares.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "lane_order.hpp"
#include "load_lanes.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/singular/jacobi_svd.hpp"
#include "mmlcore/singular/singular_values.hpp"

namespace mmlcore {
namespace {

using Vec = Simd<double>::Vec;
constexpr index_t W = Simd<double>::width;
constexpr index_t kLaneRows = 5;      // of an inverse, for each lane that is used
constexpr index_t kLaneSides = 512;   // right sides of a group of lanes, at most
constexpr index_t kOneSide = 128;     // the shorter side of a matrix that goes by itself: from here on LAPACK is as fast
constexpr std::int64_t kPlain = 400;  // powers of two whose quotients no number leaves the range by

template <class T>
struct Answer {
  const MatrixBatch<T>& x;
  T* residual;
  std::int64_t* rank;
  T* values;
};

// Of values that are not ascending, how many are larger than that share of the first.
index_t count_kept(const double* values, index_t p, double rtol) {
  index_t kept = 0;
  while (kept < p && values[kept] > rtol * values[0]) ++kept;
  return kept;
}

// Item `item`, through its singular value decomposition.
template <class T>
bool one_matrix(const MatrixView<const T>& a, const MatrixView<const T>& b, double rtol, index_t item, const Answer<T>& to) {
  const index_t m = a.rows, n = a.cols, k = b.cols, p = std::min(m, n);
  if (p > kOneSide || std::max(m, n) > kValuesLength) return false;
  Buffer<double> values(p), sides(m + p);
  Buffer<T> vectors(p * (m + n));
  const MatrixView<T> left = f_order(vectors.data(), m, p, m), right = c_order(vectors.data() + m * p, n, p);
  int power = 0;
  if (!jacobi_svd<T>(a, values.data(), &power, &left, &right)) return false;
  const index_t kept = count_kept(values.data(), p, rtol);
  T check = 0;
  for (index_t c = 0; c < k; ++c) {
    double *const y = sides.data(), *const along = y + m, top = 0, squares = 0;
    int own = 0;
    for (index_t i = 0; i < m; ++i) {
      y[i] = static_cast<double>(b(i, c));
      top = std::max(top, std::abs(y[i]));
      check += b(i, c) * 0;
    }
    std::frexp(top, &own);
    for (index_t i = 0; i < m; ++i) y[i] = std::ldexp(y[i], -own);
    for (index_t j = 0; j < kept; ++j) {
      const T* const u = &left(0, j);
      double sum = 0;
      for (index_t i = 0; i < m; ++i) sum += static_cast<double>(u[i]) * y[i];
      along[j] = sum;
    }
    for (index_t j = 0; j < kept; ++j) {
      const T* const u = &left(0, j);
      for (index_t i = 0; i < m; ++i) y[i] -= along[j] * static_cast<double>(u[i]);
      along[j] /= values[j];
    }
    for (index_t i = 0; i < m; ++i) squares += y[i] * y[i];
    if (to.residual) check += (to.residual[item * k + c] = static_cast<T>(std::ldexp(std::sqrt(squares), own))) * 0;
    const MatrixView<T> x = to.x[item];
    for (index_t i = 0; i < n; ++i) {
      double sum = 0;
      for (index_t j = 0; j < kept; ++j) sum += static_cast<double>(right(i, j)) * along[j];
      check += (x(i, c) = static_cast<T>(std::ldexp(sum, own - power))) * 0;
    }
  }
  if (to.rank) to.rank[item] = kept;
  for (index_t j = 0; to.values && j < p; ++j) {
    check += (to.values[item * p + j] = static_cast<T>(std::ldexp(values[j], power))) * 0;
  }
  return check == 0;
}

// A group of tall matrices from item `first` on.
template <class V, class T, class Order>
bool group(Order n, const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, double rtol, index_t first,
           const Answer<T>& to, V* memory) {
  using Mask = typename LaneTraits<V>::Mask;
  const index_t m = a.item.rows, k = b.item.cols;
  const LaneColumns<V> x{memory, n, m}, rows{x[n], n, n}, sides{rows[n], k, m}, along{sides[k], n, k};
  const LaneColumns<V> found{along[n], n, k};
  V *const residual = found[n], *const unit = residual + k;
  Vec* const work = reinterpret_cast<Vec*>(unit + k);
  LaneScale scale[2];
  if (!load_scaled(a, first, x, work, scale)) return false;
  Mask odd{};
  for (int part = 0; part < LaneTraits<V>::vectors; ++part) {
    load_wide(b, start_of(first, part, b.count()), work);
    Simd<double>::Mask far = (scale[part].power > kPlain) | (scale[part].power < -kPlain);
    for (index_t c = 0; c < k; ++c) {
      Vec top{}, check{};
      for (index_t i = 0; i < m; ++i) {
        const Vec size = Simd<double>::abs(work[i * k + c]);
        check += work[i * k + c] * 0;
        top = size > top ? size : top;
      }
      if (Simd<double>::any(check != 0)) return false;
      const LaneScale own(top);
      far |= (own.power > kPlain) | (own.power < -kPlain);
      for (index_t i = 0; i < m; ++i) lane::part(sides[c][i], part) = work[i * k + c] * own.down * own.rest;
      lane::part(unit[c], part) = own.up();
    }
    if constexpr (LaneTraits<V>::vectors == 1) {
      odd = far;
    } else {
      (part == 0 ? odd.a : odd.b) = far;
    }
  }
  LaneReflections<V, kLaneSide> told;
  triangularize_lanes<V>(n, x, &sides, told);
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) rows[i][j] = j < i ? V{} : x[j][i];
    for (index_t c = 0; c < k; ++c) along[i][c] = sides[c][i];
  }
  V values[kLaneSide];
  odd |= rotate_lanes<V>(n, rows, &along, values, kLeastLength);
  for (index_t j = 0; j < n; ++j) values[j] = lane::root(values[j]);
  sort_lanes(n, values, &rows, &along);
  for (index_t c = 0; c < k; ++c) {
    residual[c] = V{};
    for (index_t i = n; i < m; ++i) residual[c] += sides[c][i] * sides[c][i];
  }
  const V one = lane::constant<V>(1);
  V rank{};
  for (index_t j = 0; j < n; ++j) {
    const Mask kept = (values[j] > values[0] * rtol) & (values[j] > kLeastLength);
    rank += lane::choose(kept, one, V{});
    const V inverse = lane::choose(kept, 1.0 / lane::choose(kept, values[j], one), V{});
    for (index_t i = 0; i < n; ++i) rows[j][i] *= inverse;
    for (index_t c = 0; c < k; ++c) {
      const V rest = lane::choose(kept, V{}, along[j][c]);
      residual[c] += rest * rest;
      along[j][c] *= inverse;
    }
  }
  for (index_t c = 0; c < k; ++c) {
    V y[kLaneSide];
    for (index_t i = 0; i < n; ++i) {
      y[i] = V{};
      found[i][c] = V{};
      for (index_t j = 0; j < n; ++j) y[i] += rows[j][i] * along[j][c];
    }
    for (index_t i = 0; i < n; ++i) {
      for (index_t l = 0; l < n; ++l) {
        found[i][c] = lane::choose(told.order[l] == static_cast<double>(i), y[l], found[i][c]);
      }
    }
  }
  for (int part = 0; part < LaneTraits<V>::vectors; ++part) {
    const index_t start = first + part * W, used = std::min(W, a.count() - start);
    if (used <= 0) break;
    for (index_t i = 0; i < n; ++i) {
      for (index_t c = 0; c < k; ++c) {
        work[i * k + c] = lane::part(found[i][c], part) * lane::part(unit[c], part) * scale[part].down;
      }
    }
    store_wide(to.x, start, work);
    for (index_t l = 0; l < used; ++l) {
      const index_t item = start + l;
      if (lane::part(odd, part)[l]) {
        if (!one_matrix<T>(a[item], b[item], rtol, item, to)) return false;
        continue;
      }
      T check = 0;
      for (index_t e = 0; e < n * k; ++e) check += static_cast<T>(work[e][l]) * 0;
      if (to.rank) to.rank[item] = static_cast<std::int64_t>(lane::part(rank, part)[l]);
      for (index_t j = 0; to.values && j < n; ++j) {
        check += (to.values[item * n + j] = static_cast<T>(lane::part(values[j], part)[l] * scale[part].up()[l])) * 0;
      }
      for (index_t c = 0; to.residual && c < k; ++c) {
        const double length = std::sqrt(lane::part(residual[c], part)[l]);
        check += (to.residual[item * k + c] = static_cast<T>(length * lane::part(unit[c], part)[l])) * 0;
      }
      if (check != 0) return false;
    }
  }
  return true;
}

template <class T>
bool any_group(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, double rtol, index_t first, const Answer<T>& to,
               void* memory) {
  const index_t n = a.item.cols;
  return with_lane_order(n, memory, [&](auto order, auto* own) { return group(order, a, b, rtol, first, to, own); });
}

// The pseudo-inverse of one matrix by a product of its factors.
template <class T>
bool one_inverse(const MatrixView<const T>& a, double rtol, const MatrixView<T>& x) {
  const index_t m = a.rows, n = a.cols, p = std::min(m, n);
  if (p > kOneSide || std::max(m, n) > kValuesLength) return false;
  Buffer<double> values(p);
  Buffer<T> vectors(p * (m + n));
  const MatrixView<T> left = c_order(vectors.data(), m, p), right = c_order(vectors.data() + m * p, n, p);
  int power = 0;
  if (!jacobi_svd<T>(a, values.data(), &power, &left, &right)) return false;
  const index_t kept = count_kept(values.data(), p, rtol);
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < kept; ++j) right(i, j) = static_cast<T>(static_cast<double>(right(i, j)) / values[j]);
  }
  product_serial<T>(right.block(0, 0, n, kept), left.block(0, 0, m, kept).transposed(), x);
  T check = 0;
  for (index_t i = 0; i < n; ++i) {
    for (index_t c = 0; c < m; ++c) check += (x(i, c) = std::ldexp(x(i, c), -power)) * 0;
  }
  return check == 0;
}

}  // namespace

template <class T>
bool least_squares(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, double rtol, const MatrixBatch<T>& x,
                   T* residual, std::int64_t* rank, T* values) {
  const index_t m = a.item.rows, n = a.item.cols, k = b.item.cols, count = a.count();
  const Answer<T> to{x, residual, rank, values};
  const bool lanes = count > 1 && m >= n && n <= kLaneSide && m <= kValuesLength && k <= kLaneSides;
  const index_t step = !lanes ? 1 : n <= kTwinSide ? 2 * W : W;
  std::atomic<bool> fine{true};
  parallel_ranges((count + step - 1) / step, 2000 / (m * n * (n + k)) + 1, [&](index_t begin, index_t end) {
    Buffer<Vec> memory(lanes ? 2 * (n * m + n * n + k * m + 2 * n * k + 2 * k) + std::max(n * m, k * m) : 0);
    for (index_t g = begin; g < end && fine; ++g) {
      const bool done = lanes ? any_group(a, b, rtol, g * step, to, memory.data()) : one_matrix<T>(a[g], b[g], rtol, g, to);
      if (!done) fine.store(false, std::memory_order_relaxed);
    }
  });
  return fine;
}

template <class T>
bool pseudo_inverse(const MatrixBatch<const T>& a, double rtol, const MatrixBatch<T>& x) {
  if (a.item.rows < a.item.cols) {
    return pseudo_inverse<T>({a.item.transposed(), a.batch}, rtol, {x.item.transposed(), x.batch});
  }
  const index_t m = a.item.rows, count = a.count();
  // In lanes the sides are m, of which a tall matrix by itself needs none: 2 of 95 x 1 take 118 us in lanes, 5 by
  // themselves.
  const bool fills = kLaneRows * std::min<index_t>(count, W) >= m;
  if (count > 1 && fills && a.item.cols <= kLaneSide && m <= kLaneSides) {
    Buffer<T> numbers(m * m);
    std::fill(numbers.begin(), numbers.end(), T{0});
    for (index_t i = 0; i < m; ++i) numbers[i * (m + 1)] = 1;
    MatrixBatch<const T> identity{c_order<const T>(numbers.data(), m, m), {}};
    identity.batch.push(count, 0);
    return least_squares<T>(a, identity, rtol, x, nullptr, nullptr, nullptr);
  }
  std::atomic<bool> fine{true};
  parallel_ranges(count, 2000 / (m * a.item.cols * a.item.cols) + 1, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end && fine; ++i) {
      if (!one_inverse<T>(a[i], rtol, x[i])) fine.store(false, std::memory_order_relaxed);
    }
  });
  return fine;
}

template bool least_squares<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&, double,
                                   const MatrixBatch<float>&, float*, std::int64_t*, float*);
template bool least_squares<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&, double,
                                    const MatrixBatch<double>&, double*, std::int64_t*, double*);
template bool pseudo_inverse<float>(const MatrixBatch<const float>&, double, const MatrixBatch<float>&);
template bool pseudo_inverse<double>(const MatrixBatch<const double>&, double, const MatrixBatch<double>&);

}  // namespace mmlcore
