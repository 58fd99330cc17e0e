#include "mmlcore/eigen/symmetry.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore {
namespace {

constexpr index_t kBand = 32, kAlone = 256;  // rows of a task; up to here one task

// Of some rows up to their diagonal, with their mirror images.
template <class T>
class Band {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  static constexpr index_t W = S::width;

  explicit Band(const MatrixView<const T>& a) : a_(a) {}

  // The last square of a row, and those of the last rows, are moved back to end with the others: maxima may meet a number
  // twice.
  void add(index_t first, index_t end) {
    if (a_.col_stride != 1 || end < W) return numbers(first, end);
    for (index_t i = first; i < end; i += W) {
      const index_t row = std::min(i, end - W);
      for (index_t j = 0; j < row + W; j += W) square(row, std::min(j, row));
    }
  }

  Symmetry found() const {
    T bad = S::sum(bad_), most = most_rest_, gap = gap_rest_;
    for (index_t l = 0; l < W; ++l) {
      most = std::max(most, most_[l]);
      gap = std::max(gap, gap_[l]);
    }
    if (bad + bad_rest_ != 0) return {std::numeric_limits<double>::quiet_NaN(), double(gap)};
    return {double(most), double(gap)};
  }

 private:
  static Vec larger(Vec a, Vec b) { return a > b ? a : b; }

  void square(index_t i, index_t j) {
    Vec mirror[W];
#pragma GCC unroll 16
    for (index_t r = 0; r < W; ++r) mirror[r] = S::load(&a_(j + r, i));
    transpose<T>(mirror);
#pragma GCC unroll 16
    for (index_t r = 0; r < W; ++r) {
      const Vec below = S::load(&a_(i + r, j));
      bad_ += (below - below) + (mirror[r] - mirror[r]);
      most_ = larger(most_, larger(S::abs(below), S::abs(mirror[r])));
      gap_ = larger(gap_, S::abs(below - mirror[r]));
    }
  }

  // Rows i to end up to the diagonal.
  void numbers(index_t i, index_t end) {
    for (; i < end; ++i) {
      for (index_t j = 0; j <= i; ++j) {
        const T below = a_(i, j), above = a_(j, i);
        bad_rest_ += (below - below) + (above - above);
        most_rest_ = std::max({most_rest_, std::abs(below), std::abs(above)});
        gap_rest_ = std::max(gap_rest_, std::abs(below - above));
      }
    }
  }

  MatrixView<const T> a_;
  Vec bad_{}, most_{}, gap_{};
  T bad_rest_ = 0, most_rest_ = 0, gap_rest_ = 0;
};

}  // namespace

template <class T>
Symmetry symmetry(MatrixView<const T> a) {
  if (a.col_stride != 1) a = a.transposed();
  if (a.rows <= kAlone) {
    Band<T> band(a);
    band.add(0, a.rows);
    return band.found();
  }
  const index_t bands = (a.rows + kBand - 1) / kBand;
  Buffer<Symmetry> found(bands);
  parallel_tasks(bands, [&](index_t task) {
    const index_t number = bands - 1 - task;  // longest first
    Band<T> band(a);
    band.add(number * kBand, std::min(a.rows, (number + 1) * kBand));
    found[number] = band.found();
  });
  Symmetry all;
  for (index_t band = 0; band < bands; ++band) {
    all.largest = found[band].largest > all.largest || std::isnan(found[band].largest) ? found[band].largest : all.largest;
    all.gap = std::max(all.gap, found[band].gap);
    if (std::isnan(all.largest)) break;
  }
  return all;
}

template Symmetry symmetry<float>(MatrixView<const float>);
template Symmetry symmetry<double>(MatrixView<const double>);

}  // namespace mmlcore
