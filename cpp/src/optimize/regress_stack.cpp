#include <algorithm>
#include <utility>

#include "line_lanes.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/read_ahead.hpp"

namespace mmlcore::optimize {
namespace {

using V = LineLanes::V;
constexpr int W = LineLanes::W;
constexpr index_t kShared = index_t{1} << 18;  // numbers of a problem from which on threads share it

template <index_t D>
inline constexpr index_t kRoom = D ? D + 1 : kMostLaneColumns + 1;  // columns (X, y)

// Numbers of any type into lanes of doubles.
template <class T>
void load(const LaneGroup<const T>& group, V* out) {
  if constexpr (std::is_same_v<T, double>) {
    load_lanes<double>(group, out);
  } else {
    double* const flat = reinterpret_cast<double*>(out);
    const MatrixView<const T>& shape = group.stack.item;
    for (int lane = 0; lane < W; ++lane) {
      const index_t item = std::min(group.first + lane, group.stack.count() - 1);
      const T* const data = group.stack.item.data + group.stack.batch.offset(item);
      detail::elements(shape, [&](index_t e, index_t at) { flat[e * W + lane] = static_cast<double>(data[at]); });
    }
  }
}

// Takes column j out of those behind it, whose products with it are known, and makes those of the next one. The number of a
// column is a constant where d is, so that sums stay in registers.
template <index_t D, class J>
[[gnu::always_inline]] inline void remove(J number, index_t d, index_t n, V* x, V* y, V* products, LineLanes& line) {
  const index_t j = number;
  V factor[kRoom<D>], sums[kRoom<D>];
  line.pivot[j] = products[j];
  const V over = 1 / products[j];
  for (index_t k = j + 1; k <= d; ++k) {
    line.row[j * (d + 1) + k] = factor[k] = products[k] * over;
    sums[k] = V{};
  }
  for (index_t i = 0; i < n; ++i) {
    V* const at = x + i * d;
    const V gone = at[j];
    V head{};
#pragma GCC unroll 8
    for (index_t k = j + 1; k <= d; ++k) {
      V& place = k < d ? at[k] : y[i];
      const V value = place - factor[k] * gone;
      place = value;
      if (k == j + 1) head = value;
      sums[k] += head * value;
    }
  }
  for (index_t k = j + 1; k <= d; ++k) products[k] = sums[k];
}

// Modified Gram-Schmidt of n rows (x, y), centred first. A pass takes out one column and makes the products of the next one
// with those behind it, so that a row is read d + 2 times from the first-level cache; `roots` are those of the weights.
template <index_t D>
void orthogonalize(index_t n, V* x, V* y, const V* roots, LineLanes& line) {
  const index_t d = D ? D : line.d;
  V sums[kRoom<D>], first[kRoom<D>];
  line.points = LineLanes::S::splat(static_cast<double>(n));
  line.total = line.points;
  if (line.constant) {
    for (index_t k = 0; k <= d; ++k) sums[k] = V{}, first[k] = k < d ? x[k] : y[0];
    if (roots) line.total = V{};
    for (index_t i = 0; i < n; ++i) {
      const V weight = roots ? roots[i] * roots[i] : LineLanes::S::splat(1);
      if (roots) line.total += weight;
#pragma GCC unroll 8
      for (index_t k = 0; k < d; ++k) sums[k] += roots ? (x[i * d + k] - first[k]) * weight : x[i * d + k] - first[k];
      sums[d] += roots ? (y[i] - first[d]) * weight : y[i] - first[d];
    }
    for (index_t k = 0; k <= d; ++k) {
      sums[k] = sums[k] / line.total;
      line.mean[k] = first[k] + sums[k];
    }
  } else {
    for (index_t k = 0; k <= d; ++k) sums[k] = first[k] = line.mean[k] = V{};
  }
  V products[kRoom<D>], ownsquare[kRoom<D>];
  for (index_t k = 0; k <= d; ++k) products[k] = ownsquare[k] = V{};
  for (index_t i = 0; i < n; ++i) {
    V head{};
#pragma GCC unroll 8
    for (index_t k = 0; k <= d; ++k) {
      V& place = k < d ? x[i * d + k] : y[i];
      V value = (place - first[k]) - sums[k];
      if (roots) value = value * roots[i];
      place = value;
      if (k == 0) head = value;
      products[k] += head * value;
      ownsquare[k] += value * value;
    }
  }
  for (index_t k = 0; k <= d; ++k) line.square[k] = ownsquare[k];
  if constexpr (D > 0) {
    [&]<index_t... J>(std::integer_sequence<index_t, J...>) {
      (remove<D>(std::integral_constant<index_t, J>{}, d, n, x, y, products, line), ...);
    }
    (std::make_integer_sequence<index_t, D>{});
  } else {
    for (index_t j = 0; j < d; ++j) remove<D>(j, d, n, x, y, products, line);
  }
  line.rest = products[d];
}

// The same from sums of products about the first row, in one pass: the lanes that keep their digits, as SumLanes judges.
template <index_t D>
LineLanes::Mask by_products(index_t n, const V* x, const V* y, LineLanes& line) {
  static_assert(D > 0);
  constexpr index_t c = D + 1;
  V first[c], sums[c], products[c][c];
  for (index_t k = 0; k < c; ++k) {
    first[k] = !line.constant ? V{} : k < D ? x[k] : y[0];
    sums[k] = V{};
    for (index_t j = 0; j <= k; ++j) products[j][k] = V{};
  }
  for (index_t i = 0; i < n; ++i) {
    V row[c];
#pragma GCC unroll 8
    for (index_t k = 0; k < c; ++k) {
      row[k] = (k < D ? x[i * D + k] : y[i]) - first[k];
      sums[k] += row[k];
#pragma GCC unroll 8
      for (index_t j = 0; j <= k; ++j) products[j][k] += row[j] * row[k];
    }
  }
  line.total = line.points = LineLanes::S::splat(static_cast<double>(n));
  V apart{};
  const double share = 1 / static_cast<double>(n);
  for (index_t k = 0; k < c; ++k) {
    const V middle = line.constant ? sums[k] * share : V{};
    line.mean[k] = first[k] + middle;
    if (line.constant) {
      const V left = products[k][k] - middle * sums[k], times = products[k][k] / left;
      apart = left > 0 ? (times > apart ? times : apart) : LineLanes::S::splat(1e300);
      products[k][k] = left;
      for (index_t j = 0; j < k; ++j) products[j][k] -= middle * sums[j];
    }
    line.square[k] = products[k][k];
  }
  line.eliminate(D, [&](index_t i, index_t k) -> V& { return products[i][k]; });
  return line.finish_sums<D>(apart);
}

// Items first ... first + most - 1 into the cache, where they follow one another.
template <class T>
void fetch(const MatrixBatch<const T>& stack, index_t first, index_t most) {
  const LaneGroup<const T> group(stack, first);
  if (group.dense()) read_ahead(group.start(), std::min(most, stack.count() - first) * group.size() * index_t{sizeof(T)});
}

template <class T, index_t D>
void lanes(const MatrixBatch<const T>& x, const MatrixBatch<const T>& y, const MatrixBatch<const double>* sigma,
           bool constant, const Regressions& out) {
  const index_t n = x.item.rows, d = x.item.cols, count = x.count(), groups = (count + W - 1) / W;
  const double most = 1 / (static_cast<double>(d) * static_cast<double>(n * n) * LineLanes::kEps * LineLanes::kEps);
  const index_t grain = std::max<index_t>(1, (index_t{1} << 15) / (n * (d + 1) * W));
  const index_t block = std::max<index_t>(1, kReadAhead / (W * n * (d + 1) * index_t{sizeof(T)}));  // groups
  parallel_ranges(groups, grain, [&](index_t begin, index_t end) {
    LineLanes line(d, constant);
    Buffer<double> memory(n * (d + 2) * W);
    V *const columns = reinterpret_cast<V*>(memory.data()), *const target = columns + n * d, *const roots = target + n;
    for (index_t g = begin; g < end; ++g) {
      if ((g - begin) % block == 0) {
        fetch<T>(x, g * W, block * W);
        fetch<T>(y, g * W, block * W);
      }
      load<T>(LaneGroup<const T>(x, g * W), columns);
      load<T>(LaneGroup<const T>(y, g * W), target);
      LineLanes::Mask fine = LineLanes::S::splat(0) == 0;
      if (sigma) {
        load<double>(LaneGroup<const double>(*sigma, g * W), roots);
        for (index_t i = 0; i < n; ++i) {
          fine &= (roots[i] > 1e-100) & (roots[i] < 1e100);
          roots[i] = 1 / roots[i];
        }
      }
      bool done = false;
      if constexpr (D > 0) {
        if (!sigma) {
          done = !LineLanes::S::any(!by_products<D>(n, columns, target, line));
        }
      }
      if (!done) {
        orthogonalize<D>(n, columns, target, sigma ? roots : nullptr, line);
        fine &= line.finish<D>(LineLanes::S::splat(most));
      }
      line.store(out, count, g * W, fine);
    }
  });
}

}  // namespace

template <class T>
void regress_stack(const MatrixBatch<const T>& x, const MatrixBatch<const T>& y, const MatrixBatch<const double>* sigma,
                   bool constant, const Regressions& out) {
  const index_t n = x.item.rows, d = x.item.cols, count = x.count();
  std::fill_n(out.status, count, 0);
  if (n <= d + constant || d == 0) return;
  if (d <= kMostLaneColumns && n * (d + 1) <= kMostLaneNumbers) {
    switch (d) {
      case 1:
        return lanes<T, 1>(x, y, sigma, constant, out);
      case 2:
        return lanes<T, 2>(x, y, sigma, constant, out);
      case 3:
        return lanes<T, 3>(x, y, sigma, constant, out);
      case 4:
        return lanes<T, 4>(x, y, sigma, constant, out);
      case 5:
        return lanes<T, 5>(x, y, sigma, constant, out);
      default:
        return lanes<T, 0>(x, y, sigma, constant, out);
    }
  }
  const auto one = [&](index_t i) {
    std::vector<double> deviations;
    if (sigma) {
      const MatrixView<const double> own = (*sigma)[i];
      for (index_t k = 0; k < n; ++k) deviations.push_back(own(k, 0));
    }
    regress_one<T>(x[i], y[i].col(0), sigma ? deviations.data() : nullptr, constant, out, i);
  };
  if (n * (d + 1) >= kShared) {
    for (index_t i = 0; i < count; ++i) one(i);
  } else {
    parallel_tasks(count, one);
  }
}

template void regress_stack(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                            const MatrixBatch<const double>*, bool, const Regressions&);
template void regress_stack(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                            const MatrixBatch<const double>*, bool, const Regressions&);

}  // namespace mmlcore::optimize
