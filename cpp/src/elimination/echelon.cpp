#include "mmlcore/elimination/echelon.hpp"

#include <cmath>
#include <utility>

namespace mmlcore {
namespace {

template <class T>
void add_row(MatrixView<T> a, index_t to, index_t from, T factor, index_t first) {
  T *x = &a(to, 0), *y = &a(from, 0);
  for (index_t c = first; c < a.cols; ++c) x[c] += factor * y[c];
}

}  // namespace

template <class T>
EchelonResult row_echelon(MatrixView<T> a, bool reduced, T tol, index_t* pivots, std::vector<RowStep>* steps) {
  EchelonResult result;
  const auto log = [&](RowStep::Kind kind, index_t i, index_t j, T factor) {
    if (steps) steps->push_back({kind, i, j, static_cast<double>(factor)});
  };
  for (index_t c = 0; c < a.cols && result.rank < a.rows; ++c) {
    const index_t r = result.rank;
    index_t p = r;
    for (index_t i = r + 1; i < a.rows; ++i) {
      if (std::abs(a(i, c)) > std::abs(a(p, c))) p = i;
    }
    if (std::abs(a(p, c)) <= tol) {
      for (index_t i = r; i < a.rows; ++i) a(i, c) = 0;
      continue;
    }
    if (p != r) {
      for (index_t k = 0; k < a.cols; ++k) std::swap(a(p, k), a(r, k));
      ++result.swaps;
      log(RowStep::swap, r, p, T{1});
    }
    if (reduced && a(r, c) != 1) {
      const T factor = 1 / a(r, c), pivot = a(r, c);
      for (index_t k = c + 1; k < a.cols; ++k) a(r, k) /= pivot;
      a(r, c) = 1;
      log(RowStep::scale, r, r, factor);
    }
    for (index_t i = reduced ? 0 : r + 1; i < a.rows; ++i) {
      if (i == r || a(i, c) == 0) continue;
      const T factor = -a(i, c) / a(r, c);
      a(i, c) = 0;
      add_row(a, i, r, factor, c + 1);
      log(RowStep::add, i, r, factor);
    }
    pivots[result.rank++] = c;
  }
  return result;
}

template EchelonResult row_echelon<float>(MatrixView<float>, bool, float, index_t*, std::vector<RowStep>*);
template EchelonResult row_echelon<double>(MatrixView<double>, bool, double, index_t*, std::vector<RowStep>*);

}  // namespace mmlcore
