#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "candidates.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/in_rows.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/matrices/register_tile.hpp"
#include "mmlcore/vectors/difference_tiles.hpp"
#include "squared_distance.hpp"

namespace mmlcore {
namespace {

// Coordinates that are summed in one chain of a register; parts are added.
constexpr index_t kDepth = 128;

// Points of a chunk minus a centre, in strips for the micro-kernel, with their squared lengths.
template <class T>
class Chunk {
 public:
  static constexpr index_t M = gemm::Shape<T>::M;

  Chunk(index_t most, const T* centre, index_t d)
      : centre_(centre), d_(d), packed_((most + M - 1) / M * M * d), squares_((most + M - 1) / M * M) {}

  void load(MatrixView<const T> points) {
    count_ = points.rows;
    parallel_tasks(strips(), [&](index_t p) {
      const index_t rows = std::min(M, count_ - p * M);
      T *strip = packed_.data() + p * M * d_, *sum = squares_.data() + p * M;
      gemm::pack_strip<T>(points.block(p * M, 0, rows, d_), static_cast<int>(M), strip);
      std::fill(sum, sum + M, T{0});
      for (index_t k = 0; k < d_; ++k) {
        for (index_t l = 0; l < M; ++l) {
          T& x = strip[k * M + l];
          x -= centre_[k];
          sum[l] += x * x;
        }
      }
      // Lanes behind the last point are never near.
      std::fill(sum + rows, sum + M, std::numeric_limits<T>::infinity());
    });
    largest_ = *std::max_element(squares_.begin(), squares_.begin() + count_);
  }

  index_t strips() const { return (count_ + M - 1) / M; }
  const T* strip(index_t p) const { return packed_.data() + p * M * d_; }
  const T* squares(index_t p) const { return squares_.data() + p * M; }
  T largest() const { return largest_; }

 private:
  const T* centre_;
  const index_t d_;
  index_t count_ = 0;
  Buffer<T> packed_, squares_;
  T largest_ = 0;
};

// N queries minus the centre, and their search through the chunks.
template <class T>
class Group {
 public:
  using S = Simd<T>;
  static constexpr index_t M = gemm::Shape<T>::M, N = gemm::Shape<T>::N, V = M / S::width;

  Group(MatrixView<const T> queries, index_t first, const T* centre)
      : first_(first), rows_(std::min(N, queries.rows - first)), d_(queries.cols), x_(N * d_) {
    for (index_t r = 0; r < N; ++r) {
      const T* from = queries.row(first + std::min(r, rows_ - 1)).data;
      for (index_t k = 0; k < d_; ++k) x_[r * d_ + k] = from[k] - centre[k];
      squares_[r] = dot(x_.data() + r * d_, x_.data() + r * d_, d_);
    }
  }

  // Calls f(query, point) for pairs of the group and a strip whose squared distance may be below worst(query).
  template <class Worst, class F>
  void search(const Chunk<T>& chunk, index_t strip, Worst&& worst, F&& f) const {
    // A chain of kDepth products, d / kDepth parts, the squares: each rounded (Higham, "Accuracy and stability", 3.1).
    const T unit = std::numeric_limits<T>::epsilon() / 2;
    const T factor = static_cast<T>(2 * (kDepth + d_ / kDepth + d_ / 4 + 16)) * unit;
    alignas(64) T products[N * M];
    for (index_t k = 0; k < d_; k += kDepth) {
      RegisterTile<S, static_cast<int>(N), static_cast<int>(V)> micro;
      micro.clear();
      micro.run(std::min(kDepth, d_ - k), operand::numbers<S>(x_.data() + k, operand::Fixed<1>{}, d_),
                operand::vectors<S>(chunk.strip(strip) + k * M, operand::Fixed<M>{}));
      micro.store(products, M, T{-2}, k == 0 ? T{0} : T{1});
    }
    for (index_t r = 0; r < rows_; ++r) {
      const T slack = factor * (chunk.largest() + squares_[r]) - squares_[r];
      for (index_t v = 0; v < V; ++v) {
        const auto bounds = S::load(products + r * M + v * S::width) + S::load(chunk.squares(strip) + v * S::width);
        unsigned near = S::bits(bounds < S::splat(worst(r) + slack));
        for (; near != 0; near &= near - 1) f(r, strip * M + v * S::width + std::countr_zero(near));
      }
    }
  }

  index_t first() const { return first_; }

 private:
  index_t first_, rows_, d_;
  Buffer<T> x_;
  T squares_[N];
};

// The mean of some points, which takes out what all have in common: rounding is relative to the distance from it.
template <class T>
Buffer<T> middle(MatrixView<const T> points) {
  const index_t rows = std::min<index_t>(points.rows, 256);
  Buffer<T> centre(points.cols);
  for (index_t k = 0; k < points.cols; ++k) {
    double sum = 0;
    for (index_t i = 0; i < rows; ++i) sum += points(points.rows * i / rows, k);
    centre[k] = static_cast<T>(sum / static_cast<double>(rows));
  }
  return centre;
}

}  // namespace

template <class T>
void neighbors_by_product(MatrixView<const T> points, MatrixView<const T> queries, MatrixView<T> distances,
                          MatrixView<std::int64_t> indices) {
  constexpr index_t N = Group<T>::N;
  const index_t d = points.cols;
  Buffer<T> kept_points, kept_queries;
  points = in_rows<T>(points, kept_points);
  queries = in_rows<T>(queries, kept_queries);
  clear_lists(distances, indices);
  const Buffer<T> centre = middle<T>(points);
  // Several groups of queries for each strip: it comes from the third-level cache once for all of them.
  const index_t groups = (queries.rows + N - 1) / N, together = std::clamp<index_t>(groups / (8 * num_threads()), 1, 8);
  Chunk<T> chunk(std::min(mmlcore::distances::kChunk, points.rows), centre.data(), d);
  for (index_t begin = 0; begin < points.rows; begin += mmlcore::distances::kChunk) {
    chunk.load(points.block(begin, 0, std::min(mmlcore::distances::kChunk, points.rows - begin), d));
    parallel_tasks((groups + together - 1) / together, [&](index_t task) {
      std::vector<Group<T>> all;
      for (index_t g = task * together; g < std::min(groups, (task + 1) * together); ++g) {
        all.emplace_back(queries, g * N, centre.data());
      }
      Lists<T> lists(distances, indices, task * together * N, std::min(queries.rows, (task + 1) * together * N), begin);
      for (index_t strip = 0; strip < chunk.strips(); ++strip) {
        for (const Group<T>& group : all) {
          group.search(
              chunk, strip, [&](index_t r) { return lists[group.first() + r].worst(); },
              [&](index_t r, index_t point) {
                const index_t query = group.first() + r;
                const T distance = squared_distance(queries.row(query).data, points.row(begin + point).data, d);
                if (distance < lists[query].worst()) {
                  lists[query].offer(distance, begin + point);
                  lists[query].trim();
                }
              });
        }
      }
    });
  }
}

template void neighbors_by_product<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>,
                                          MatrixView<std::int64_t>);
template void neighbors_by_product<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>,
                                           MatrixView<std::int64_t>);

}  // namespace mmlcore
