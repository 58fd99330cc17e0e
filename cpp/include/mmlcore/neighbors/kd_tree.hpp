// A k-d tree (J. L. Bentley, "Multidimensional binary search trees used for associative searching", Comm. ACM 18, 1975;
// J. H. Friedman, J. L. Bentley, R. A. Finkel, "An algorithm for finding best matches in logarithmic expected time", ACM
// TOMS 3, 1977): the points of few coordinates sorted into boxes, so that a query looks at the boxes near it alone.
//
// Points lie in columns, coordinate by coordinate; a leaf is kLeaf rows of every column, so that squared distances of a
// vector of points take a subtraction and a multiply-add each, and nothing is copied into leaves. An inner node has up to
// kWays children, three cuts at exact ranks of the widest coordinate, and holds their boxes side by side: the squared
// distance of a query from all of them,
//
//   b^2 = sum_c max(lo_c - q_c, q_c - hi_c, 0)^2 <= |q - x|^2 for every x in the box,
//
// takes one vector. Rounding is monotonic, and both sums are taken in the same order: the inequality holds for the numbers
// as computed, so that nothing needs a margin and squares are those of the plain loop, bit for bit. Of equal distances the
// lower index wins: a box as far away as the k-th neighbour is looked at if its lowest index is below that one's.
//
// Building: a sample of the points gives 64 buckets, which are filled in one pass over the points by all threads (each in a
// range of its own, so that a bucket has its points in their order); then each bucket is cut within the caches. Cuts select
// a rank among pairs (coordinate, place) by partitions without a branch.
//
// Cost: n log n for the tree (30 to 60 ns a point on one thread), memory d + 1 numbers a point; a query some hundred
// nanoseconds in the plane, growing by up to 2 to 3 with each coordinate that the points fill: tree_pays.cpp tells where it
// stops to pay.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/views.hpp"
#include "mmlcore/neighbors/points_within.hpp"

namespace mmlcore {

template <class T>
class KdTree {
 public:
  static constexpr index_t kLeaf = 32, kWays = 8, kMostCoordinates = 32;

  // Whether a tree of these points, built for so many queries or kept (queries < 0), takes less time than all differences:
  // told by a formula or by a tree of some of the points (tree_pays.cpp). Points as the constructor wants them.
  static bool pays(MatrixView<const T> points, index_t queries, index_t k);
  // Whether this tree does for k neighbours, told by some of its points.
  bool pays(index_t k) const;

  // Finite points whose squared differences do not overflow; at most kMostCoordinates, fewer than 2^31 points.
  explicit KdTree(MatrixView<const T> points);

  index_t count() const { return count_; }
  index_t coordinates() const { return d_; }
  void points(MatrixView<T> out) const;  // as they were given
  std::size_t bytes() const;

  // The nearest points of each query: squared distances and indices, both (queries, k), k <= count().
  void nearest(MatrixView<const T> queries, MatrixView<T> squares, MatrixView<std::int64_t> indices) const;
  // The same of the points themselves, none of which is its own neighbour; k < count().
  void nearest_of_own(MatrixView<T> squares, MatrixView<std::int64_t> indices) const;
  // All points whose distance, as rounded, is at most `radius`.
  PointsWithin<T> within(MatrixView<const T> queries, T radius) const;

 private:
  double leaves_of_a_query(index_t k) const;  // that are scanned for some of the points, on average

  // kWays boxes side by side: of coordinate c the lower ends, then the upper ones, at (2 c) kWays and (2 c + 1) kWays.
  // A child is a node, or a leaf l as ~l; those that are missing have boxes at infinity.
  struct Node {
    std::array<std::int32_t, kWays> child, least;
  };
  class Builder;  // kd_tree_build.cpp
  template <int D>
  class Walk;  // kd_tree_query.cpp
  // kd_tree_shared.cpp: whether it pays that queries which lie together share a way; then nearest_of_own and nearest.
  bool leaves_share(index_t k) const;
  bool queries_share(index_t queries, index_t k) const;
  void nearest_in_order(MatrixView<const T> queries, MatrixView<T> squares, MatrixView<std::int64_t> indices) const;
  void nearest_of_leaves(MatrixView<T> squares, MatrixView<std::int64_t> indices) const;
  template <int D>
  class SharedWalk;
  template <class F>
  void with_shared_walk(index_t k, index_t groups, F&& f) const;
  // Three cuts a level, of fewer than 2^31 points and of the buckets at the top: boxes that wait on the way.
  static constexpr index_t kDeepest = 14 * kWays;
  template <class F>
  void with_walk(F&& f) const;

  const T* boxes_of(index_t node) const { return boxes_.data() + node * 2 * kWays * d_; }
  const T* column(index_t c) const { return columns_.data() + c * rows_; }

  index_t count_ = 0, d_ = 0, rows_ = 0;  // rows of the columns: points, and room at the end of each bucket
  std::int32_t root_ = 0;
  Buffer<T> columns_, boxes_;
  Buffer<std::int32_t> ids_;  // of the points in the rows; behind the last of a bucket what no point has
  Buffer<Node> nodes_;
};

extern template class KdTree<float>;
extern template class KdTree<double>;

}  // namespace mmlcore
