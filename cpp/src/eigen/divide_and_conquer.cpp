#include "mmlcore/eigen/divide_and_conquer.hpp"

#include <algorithm>
#include <utility>

#include "merge_tree.hpp"
#include "mmlcore/eigen/row_product.hpp"

namespace mmlcore {
namespace {

// Rows of squares.to are the vectors of the blocks, until the last merge turns them to columns.
template <class T>
class RowsOfVectors {
 public:
  RowsOfVectors(index_t n, const DivideSquares<T>& squares) : n_(n), q_(squares.to), packed_(squares.packed) {}

  // Zeros, too, where a vector of one half has its numbers of the other.
  void fill(index_t first, index_t upper, index_t n, T above, T below, T* z) {
    const PaddedRows<T> rows = block(first);
    for (index_t i = 0; i < upper; ++i) {
      z[i] = rows.row(i)[upper - 1] * above;
      for (index_t c = upper; c < n; c += W) S::store(rows.row(i) + c, Vec{});
    }
    for (index_t i = upper; i < n; ++i) {
      z[i] = rows.row(i)[upper] * below;
      std::fill_n(rows.row(i), upper, T{0});
    }
  }

  void merge(index_t first, index_t upper, index_t n, RankOneMerge<T>& step) {
    const PaddedRows<T> rows = block(first);
    step.deflate([&](index_t i, index_t j, T c, T s) { turn(rows.row(i), rows.row(j), c, s, n); });
    pack(rows, upper, n, step);
    const int threads = n >= kThreadedOrder ? num_threads() : 1;
    step.roots(threads);
    step.weigh(threads);
    if (n == n_) {
      to_columns(upper, step, threads);
    } else {
      to_rows(rows, upper, n, step);
    }
  }

 private:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  static constexpr index_t W = S::width;

  PaddedRows<T> block(index_t first) const { return {q_.row(first) + first, q_.stride}; }

  static void turn(T* x, T* y, T c, T s, index_t n) {
    for (index_t at = 0; at < n; at += W) {
      const Vec a = S::load(x + at), b = S::load(y + at);
      S::store(x + at, c * a + s * b);
      S::store(y + at, c * b - s * a);
    }
  }

  static void copy_row(const T* from, T* to, index_t begin, index_t end) {
    for (index_t c = begin; c < end; c += W) S::store(to + c, S::load(from + c));
  }

  void pack(PaddedRows<T> rows, index_t upper, index_t n, const RankOneMerge<T>& step) {
    for (index_t i = 0; i < step.kept(); ++i) {
      const Side side = step.side(i);
      copy_row(rows.row(step.kept_row(i)), packed_.row(step.place(i)), side == kLower ? upper : 0,
               side == kUpper ? upper : n);
    }
    for (index_t i = 0; i < step.dropped(); ++i) copy_row(rows.row(step.dropped_row(i)), packed_.row(step.kept() + i), 0, n);
  }

  // The first half of a row may be written beyond its end: the second comes after it.
  void to_rows(PaddedRows<T> rows, index_t upper, index_t n, const RankOneMerge<T>& step) {
    const PaddedRows<T> u = step.vectors();
    const index_t kept = step.kept(), lower = step.before_lower();
    row_product<T, Into::set>({u.data, kept, step.in_upper(), 1, u.stride}, packed_, rows, upper);
    row_product<T, Into::set>({u.row(lower), kept, kept - lower, 1, u.stride}, {packed_.row(lower) + upper, packed_.stride},
                              {rows.data + upper, rows.stride}, n - upper);
    for (index_t i = kept; i < n; ++i) copy_row(packed_.row(i), rows.row(i), 0, n);
  }

  // Tasks are strips of columns.
  void to_columns(index_t upper, const RankOneMerge<T>& step, int threads) {
    constexpr index_t strip = 3 * W;
    const PaddedRows<T> u = step.vectors();
    const index_t kept = step.kept(), lower = step.before_lower();
    each_task((kept + strip - 1) / strip, threads, [&](index_t task) {
      const index_t c = task * strip, width = std::min(strip, kept - c);
      row_product<T, Into::set>({packed_.data, upper, step.in_upper(), 1, packed_.stride}, {u.data + c, u.stride},
                                {q_.data + c, q_.stride}, width);
      row_product<T, Into::set>({packed_.row(lower) + upper, n_ - upper, kept - lower, 1, packed_.stride},
                                {u.row(lower) + c, u.stride}, {q_.row(upper) + c, q_.stride}, width);
    });
    for (index_t x = 0; x < n_; ++x) {
      for (index_t i = kept; i < n_; ++i) q_.row(x)[i] = packed_.row(i)[x];
    }
  }

  const index_t n_;
  const PaddedRows<T> q_, packed_;
};

// Rows of a single leaf become columns.
template <class T>
void turn_leaf(index_t n, PaddedRows<T> q) {
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < i; ++j) std::swap(q.row(i)[j], q.row(j)[i]);
  }
}

}  // namespace

template <class T>  // NOLINTNEXTLINE(readability-non-const-parameter): the tree fills in the order
bool divide_and_conquer(index_t n, T* d, T* e, index_t* order, const DivideSquares<T>& squares) {
  MergeTree<T> tree(n, d, e, order, squares.weights);
  if (!tree.solve_leaves(squares.to)) return false;
  if (n <= kLeaf) return turn_leaf(n, squares.to), true;
  RowsOfVectors<T> vectors(n, squares);
  tree.join(vectors);
  return true;
}

template bool divide_and_conquer<float>(index_t, float*, float*, index_t*, const DivideSquares<float>&);
template bool divide_and_conquer<double>(index_t, double*, double*, index_t*, const DivideSquares<double>&);

}  // namespace mmlcore
