#include "mmlcore/eigen/symmetry.hpp"

#include <algorithm>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"

namespace mmlcore {
namespace {

constexpr index_t kTile = 32;

template <class T>
Symmetry of_rows(MatrixView<const T> a, index_t first, index_t end) {
  T largest = 0, gap = 0;
  for (index_t left = 0; left < end; left += kTile) {
    for (index_t i = first; i < end; ++i) {
      const index_t stop = std::min(left + kTile, i + 1);
      for (index_t j = left; j < stop; ++j) {
        const T below = a(i, j), above = a(j, i);
        largest = std::max({largest, std::abs(below), std::abs(above)});
        gap = std::max(gap, std::abs(below - above));
      }
    }
  }
  return {double(largest), double(gap)};
}

}  // namespace

template <class T>
Symmetry symmetry(MatrixView<const T> a) {
  const index_t bands = (a.rows + kTile - 1) / kTile;
  Buffer<Symmetry> found(bands);
  parallel_tasks(bands, [&](index_t task) {
    const index_t band = bands - 1 - task;  // longest first
    found[band] = of_rows(a, band * kTile, std::min(a.rows, (band + 1) * kTile));
  });
  Symmetry all;
  for (index_t band = 0; band < bands; ++band) {
    all.largest = std::max(all.largest, found[band].largest);
    all.gap = std::max(all.gap, found[band].gap);
  }
  return all;
}

template Symmetry symmetry<float>(MatrixView<const float>);
template Symmetry symmetry<double>(MatrixView<const double>);

}  // namespace mmlcore
