#include "mmlcore/neighbors/filtered_neighbors.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "candidates.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/vectors/difference_tiles.hpp"
#include "squared_distance.hpp"

namespace mmlcore {
namespace {

using distances::Tile;

constexpr index_t kRows = 64;   // points that are reduced together
constexpr index_t kTrial = 32;  // groups of queries that decide whether the filter pays

// The search for a group of N queries.
template <class T>
class Search {
 public:
  static constexpr index_t M = Tile<T>::M, N = Tile<T>::N;
  using S = Simd<T>;

  Search(MatrixView<const T> points, MatrixView<const T> queries, MatrixView<const T> reduced, const T* packed, T margin,
         MatrixView<T> distances, MatrixView<std::int64_t> indices)
      : points_(points),
        queries_(queries),
        reduced_(reduced),
        packed_(packed),
        margin_(margin),
        distances_(distances),
        indices_(indices),
        strips_((points.rows + M - 1) / M),
        bounds_(strips_ * N * M),
        first_(indices.cols),
        order_(indices.cols),
        list_(indices.cols, 1) {}

  // Points that the filter leaves for the queries of a group.
  index_t count(index_t begin) {
    const index_t rows = bound(begin);
    index_t left = 0;
    for (index_t r = 0; r < rows; ++r) {
      const T limit = first_limit(begin + r, r) + margin_;
      below(
          r, [=] { return limit; }, [&](index_t, T) { ++left; });
    }
    return left;
  }

  void run(index_t begin) {
    const index_t rows = bound(begin);
    for (index_t r = 0; r < rows; ++r) one(begin + r, r);
  }

 private:
  // The bounds of all points for a group; returns its number of queries.
  index_t bound(index_t begin) {
    const index_t rows = std::min(N, queries_.rows - begin);
    Tile<T> tile;
    for (index_t p = 0; p < strips_; ++p) {
      tile.compute(reduced_.row(begin).data, rows, reduced_.row_stride, packed_ + p * M * reduced_.cols, reduced_.cols);
      std::copy_n(tile.values, N * M, bounds_.data() + p * N * M);
    }
    return rows;
  }

  // Calls f(point, bound) for the points whose bound is below limit(), in ascending order.
  template <class Limit, class F>
  void below(index_t row, Limit&& limit, F&& f) const {
    for (index_t p = 0; p < strips_; ++p) {
      const T* values = bounds_.data() + (p * N + row) * M;
      for (int v = 0; v < Tile<T>::V; ++v) {
        if (!S::any(S::load(values + v * S::width) < S::splat(limit()))) continue;
        for (index_t c = v * S::width; c < (v + 1) * S::width; ++c) {
          if (p * M + c < points_.rows && values[c] < limit()) f(p * M + c, values[c]);
        }
      }
    }
  }

  T exact(index_t query, index_t point) const {
    return squared_distance(queries_.row(query).data, points_.row(point).data, points_.cols);
  }

  // The largest distance of the k points of least bound: the k nearest are not further.
  T first_limit(index_t query, index_t row) {
    list_.clear(std::numeric_limits<T>::max());
    below(
        row, [&] { return list_.worst(); },
        [&](index_t i, T bound) {
          list_.offer(bound, i);
          list_.trim();
        });
    list_.finish(first_.data(), order_.data());
    T limit = 0;
    for (const std::int64_t i : order_) limit = std::max(limit, exact(query, i));
    return limit;
  }

  void one(index_t query, index_t row) {
    const T limit = first_limit(query, row);
    list_.clear(std::numeric_limits<T>::max());
    const auto still = [&] { return std::min(limit, list_.worst()) + margin_; };
    below(row, still, [&](index_t i, T) {
      const T distance = exact(query, i);
      if (!(distance < list_.worst())) return;
      list_.offer(distance, i);
      list_.trim();
    });
    list_.finish(distances_.row(query).data, indices_.row(query).data);
  }

  const MatrixView<const T> points_, queries_, reduced_;
  const T* packed_;
  const T margin_;
  const MatrixView<T> distances_;
  const MatrixView<std::int64_t> indices_;
  const index_t strips_;
  Buffer<T> bounds_, first_;
  Buffer<std::int64_t> order_;
  Candidates<T> list_;
};

}  // namespace

template <class T>
T reduce_points(MatrixView<const T> x, const T* centre, MatrixView<const T> basis, MatrixView<T> out) {
  const index_t d = x.cols, m = basis.cols, tasks = (x.rows + kRows - 1) / kRows;
  Buffer<T> most(tasks);
  parallel_tasks(tasks, [&](index_t task) {
    const index_t first = task * kRows, rows = std::min(kRows, x.rows - first);
    Buffer<T> centred(rows * d);
    copy<T>(x.block(first, 0, rows, d), c_order(centred.data(), rows, d));
    most[task] = 0;
    for (index_t i = 0; i < rows; ++i) {
      T* row = centred.data() + i * d;
      for (index_t j = 0; j < d; ++j) row[j] -= centre[j];
    }
    product_single<T>(c_order<const T>(centred.data(), rows, d), basis, out.block(first, 0, rows, m));
    for (index_t i = 0; i < rows; ++i) {
      const T *row = centred.data() + i * d, *z = out.row(first + i).data;
      const T whole = dot(row, row, d);
      out(first + i, m) = std::sqrt(std::max(T{0}, whole - dot(z, z, m)));
      most[task] = std::max(most[task], std::sqrt(whole));
    }
  });
  return tasks == 0 ? T{0} : *std::max_element(most.begin(), most.end());
}

template <class T>
bool filtered_neighbors(MatrixView<const T> points, MatrixView<const T> queries, MatrixView<const T> reduced_points,
                        MatrixView<const T> reduced_queries, T margin, double most, MatrixView<T> distances,
                        MatrixView<std::int64_t> indices) {
  constexpr index_t M = Tile<T>::M, N = Tile<T>::N;
  Buffer<T> packed((points.rows + M - 1) / M * M * reduced_points.cols);
  distances::pack_points<T>(reduced_points, packed.data());
  const index_t groups = (queries.rows + N - 1) / N, trial = std::min(kTrial, groups);
  const auto search = [&](index_t count, auto&& f) {
    parallel_ranges(count, 1, [&](index_t begin, index_t end) {
      Search<T> one(points, queries, reduced_queries, packed.data(), margin, distances, indices);
      for (index_t g = begin; g < end; ++g) f(one, g);
    });
  };
  std::atomic<index_t> left{0};
  search(trial, [&](Search<T>& one, index_t g) { left += one.count(groups * g / trial * N); });
  if (static_cast<double>(left) > most * static_cast<double>(trial * N) * static_cast<double>(points.rows)) return false;
  search(groups, [&](Search<T>& one, index_t g) { one.run(g * N); });
  return true;
}

template float reduce_points<float>(MatrixView<const float>, const float*, MatrixView<const float>, MatrixView<float>);
template double reduce_points<double>(MatrixView<const double>, const double*, MatrixView<const double>, MatrixView<double>);
template bool filtered_neighbors<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<const float>,
                                        MatrixView<const float>, float, double, MatrixView<float>, MatrixView<std::int64_t>);
template bool filtered_neighbors<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<const double>,
                                         MatrixView<const double>, double, double, MatrixView<double>,
                                         MatrixView<std::int64_t>);

}  // namespace mmlcore
