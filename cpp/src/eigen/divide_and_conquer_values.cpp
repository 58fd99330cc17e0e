#include <algorithm>

#include "merge_tree.hpp"
#include "mmlcore/eigen/divide_and_conquer.hpp"
#include "mmlcore/eigen/row_product.hpp"

namespace mmlcore {
namespace {

// Of each vector the first number and the last.
template <class T>
class EndsOfVectors {
 public:
  explicit EndsOfVectors(index_t n)
      : n_(n), stride_(whole_vectors<T>(n)), memory_(6 * stride_), ends_(at(0)), packed_(at(2)), made_(at(4)) {}

  void read(const Leaf& leaf, PaddedRows<T> q) {
    for (index_t i = leaf.first; i < leaf.first + leaf.size; ++i) {
      ends_.row(0)[i] = q.row(i)[leaf.first];
      ends_.row(1)[i] = q.row(i)[leaf.first + leaf.size - 1];
    }
  }

  // Of the vectors of a half, the number at the other half's end is zero then.
  void fill(index_t first, index_t upper, index_t n, T above, T below, T* z) {
    T *const firsts = ends_.row(0) + first, *const lasts = ends_.row(1) + first;
    for (index_t i = 0; i < upper; ++i) {
      z[i] = lasts[i] * above;
      lasts[i] = 0;
    }
    for (index_t i = upper; i < n; ++i) {
      z[i] = firsts[i] * below;
      firsts[i] = 0;
    }
  }

  void merge(index_t first, index_t, index_t n, RankOneMerge<T>& step) {
    step.deflate([&](index_t i, index_t j, T c, T s) {
      for (index_t k = 0; k < 2; ++k) {
        T &x = ends_.row(k)[first + i], &y = ends_.row(k)[first + j];
        const T old = x;
        x = c * old + s * y;
        y = c * y - s * old;
      }
    });
    const index_t kept = step.kept();
    for (index_t k = 0; k < 2; ++k) {
      const T* const from = ends_.row(k) + first;
      for (index_t i = 0; i < kept; ++i) packed_.row(k)[step.place(i)] = from[step.kept_row(i)];
    }
    step.roots(1);
    if (n == n_) return;
    step.weigh(1);
    const PaddedRows<T> u = step.vectors();
    row_product<T, Into::set>({packed_.data, 2, kept, stride_, 1}, u, made_, kept);
    for (index_t k = 0; k < 2; ++k) {
      for (index_t i = 0; i < step.dropped(); ++i) made_.row(k)[kept + i] = ends_.row(k)[first + step.dropped_row(i)];
      std::copy_n(made_.row(k), n, ends_.row(k) + first);
    }
  }

 private:
  PaddedRows<T> at(index_t row) const { return {memory_.data() + row * stride_, stride_}; }

  const index_t n_, stride_;
  const Buffer<T> memory_;
  const PaddedRows<T> ends_, packed_, made_;
};

}  // namespace

template <class T>  // NOLINTNEXTLINE(readability-non-const-parameter): the tree fills in the order
bool divide_and_conquer_values(index_t n, T* d, T* e, index_t* order, PaddedRows<T> square) {
  MergeTree<T> tree(n, d, e, order, square);
  if (!tree.solve_leaves(square)) return false;
  if (n <= kLeaf) return true;
  EndsOfVectors<T> vectors(n);
  tree.each_leaf([&](const Leaf& leaf) { vectors.read(leaf, square); });
  tree.join(vectors);
  return true;
}

template bool divide_and_conquer_values<float>(index_t, float*, float*, index_t*, PaddedRows<float>);
template bool divide_and_conquer_values<double>(index_t, double*, double*, index_t*, PaddedRows<double>);

}  // namespace mmlcore
