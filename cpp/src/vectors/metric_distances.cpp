#include "mmlcore/vectors/metric_distances.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <type_traits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/vectors/distances.hpp"

namespace mmlcore {
namespace {

// Squares of the lengths of L'(x - y) for one x and the points in `columns`, `stride` of them apart.
template <class T>
void squares_to(const VectorView<const T>& x, const T* columns, index_t stride, const T* upper, T* squares) {
  using V = Simd<T>;
  using Vec = typename V::Vec;
  const index_t d = x.size;
  Vec gap[kFewAxes];
  for (index_t j = 0; j < stride; j += V::width) {
    for (index_t c = 0; c < d; ++c) gap[c] = V::load(columns + c * stride + j) - x[c];
    Vec total{};
    index_t k = 0;
    for (; k + 4 <= d; k += 4) {  // four rows of L' at a time: each gap is loaded once for them
      Vec image[4] = {};
      for (index_t c = k; c < d; ++c) {
        for (index_t r = 0; r < 4; ++r) image[r] += gap[c] * upper[(k + r) * d + c];
      }
      for (index_t r = 0; r < 4; ++r) total += image[r] * image[r];
    }
    for (; k < d; ++k) {
      Vec image{};
      for (index_t c = k; c < d; ++c) image += gap[c] * upper[k * d + c];
      total += image * image;
    }
    V::store(squares + j, total);
  }
}

template <class T>
bool same(const VectorView<const T>& x, const VectorView<const T>& y) {
  for (index_t c = 0; c < x.size; ++c) {
    if (x[c] != y[c]) return false;
  }
  return true;
}

// For few coordinates.
template <class T>
bool from_differences(const MatrixView<const T>& x, const MatrixView<const T>& y, const T* lower, bool squared,
                      const MatrixView<T>& out) {
  if (x.rows > y.rows) return from_differences<T>(y, x, lower, squared, out.transposed());
  constexpr index_t W = Simd<T>::width;
  const index_t n = x.rows, m = y.rows, d = x.cols, stride = (m + W - 1) / W * W;
  Buffer<T> numbers(stride * d + d * d);
  T *const columns = numbers.data(), *const upper = columns + stride * d;
  copy<T>(y, MatrixView<T>{columns, m, d, 1, stride});
  for (index_t c = 0; c < d; ++c) {
    for (index_t j = m; j < stride; ++j) columns[c * stride + j] = columns[c * stride + m - 1];
    for (index_t k = 0; k < d; ++k) upper[k * d + c] = lower[c * d + k];
  }
  std::atomic<bool> fine{true};
  parallel_ranges(n, (index_t{1} << 17) / (m * d * d + 1) + 1, [&](index_t first, index_t last) {
    Buffer<T> squares(stride);
    bool good = true;
    for (index_t i = first; i < last; ++i) {
      squares_to<T>(x.row(i), columns, stride, upper, squares.data());
      for (index_t j = 0; j < m; ++j) {
        const T square = squares[j];
        good &= comfortable(square) || (square == 0 && same<T>(x.row(i), y.row(j)));
        out(i, j) = squared ? square : std::sqrt(square);
      }
    }
    if (!good) fine.store(false, std::memory_order_relaxed);
  });
  return fine;
}

// The middle of some points: the median of a sample, by coordinate.
template <class T>
void find_centre(const MatrixView<const T>& x, double* centre) {
  constexpr index_t most = 15;
  const index_t step = (x.rows + most - 1) / most, count = (x.rows + step - 1) / step;
  T sample[most];
  for (index_t c = 0; c < x.cols; ++c) {
    for (index_t i = 0; i < count; ++i) sample[i] = std::isfinite(x(i * step, c)) ? x(i * step, c) : 0;
    std::nth_element(sample, sample + count / 2, sample + count);
    centre[c] = sample[count / 2];
  }
}

// L'(x - centre) for all points, and the rounding that each image carries.
template <class T>
struct Images {
  Images(const MatrixView<const T>& x, const double* centre, const double* lower)
      : points(x), numbers(x.rows * x.cols), rounding(x.rows) {
    const index_t n = x.rows, d = x.cols;
    const double unit = (std::sqrt(static_cast<double>(d)) + 4) * std::numeric_limits<double>::epsilon() / 2;
    Buffer<double> moved(n * d), lengths(d), mapped(std::is_same_v<T, double> ? 0 : n * d);
    double* const to = std::is_same_v<T, double> ? reinterpret_cast<double*>(numbers.data()) : mapped.data();
    for (index_t c = 0; c < d; ++c) lengths[c] = safe_length(lower + c * d, c + 1);
    for (index_t i = 0; i < n; ++i) {
      double bound = 0;
      for (index_t c = 0; c < d; ++c) {
        moved[i * d + c] = static_cast<double>(x(i, c)) - centre[c];
        bound += std::abs(moved[i * d + c]) * lengths[c];
      }
      rounding[i] = static_cast<T>(unit * bound);
    }
    product_single<double>(c_order<const double>(moved.data(), n, d), c_order(lower, d, d), c_order(to, n, d));
    if constexpr (!std::is_same_v<T, double>) {
      for (index_t i = 0; i < n; ++i) {
        for (index_t c = 0; c < d; ++c) numbers[i * d + c] = static_cast<T>(to[i * d + c]);
        rounding[i] += std::numeric_limits<T>::epsilon() / 2 * safe_length(&numbers[i * d], d);
      }
    }
  }

  MatrixView<const T> points;
  Buffer<T> numbers;
  Buffer<T> rounding;

  MatrixView<const T> view() const { return c_order<const T>(numbers.data(), points.rows, points.cols); }
};

// |L'(x - y)| of one pair; gap and image: d numbers each.
template <class T>
T of_pair(const VectorView<const T>& x, const VectorView<const T>& y, const double* lower, double* gap, double* image) {
  const index_t d = x.size;
  for (index_t c = 0; c < d; ++c) gap[c] = static_cast<double>(x[c]) - static_cast<double>(y[c]);
  std::fill_n(image, d, 0.0);
  for (index_t c = 0; c < d; ++c) {
    for (index_t k = 0; k <= c; ++k) image[k] += gap[c] * lower[c * d + k];
  }
  return static_cast<T>(safe_length(image, d));
}

template <class T>
bool from_images(const MatrixView<const T>& x, const MatrixView<const T>& y, const T* lower, bool squared,
                 const MatrixView<T>& out) {
  // Parts of a distance that images may lose, in units: what is stored rounds once, and a bound for sums is seldom reached.
  constexpr T lost = (std::is_same_v<T, double> ? 512 : 8) * std::numeric_limits<T>::epsilon();
  const index_t d = x.cols;
  const bool own = same_points(x, y);
  Buffer<double> factor(d * d), centre(d);
  std::copy_n(lower, d * d, factor.data());
  find_centre(y, centre.data());
  const Images<T> a(x, centre.data(), factor.data());
  const Images<T> b(own ? y.block(0, 0, 0, d) : y, centre.data(), factor.data());
  const Images<T>& other = own ? a : b;
  pairwise_distances<T>(a.view(), other.view(), false, out);
  const auto is_clear = [](T distance, T rounding) {
    return bool((distance * lost >= rounding) & comfortable(distance * distance));
  };
  std::atomic<bool> fine{true};
  parallel_ranges(x.rows, (index_t{1} << 15) / y.rows + 1, [&](index_t first, index_t last) {
    Buffer<double> space(2 * d);
    bool good = true;
    for (index_t i = first; i < last; ++i) {
      T* const row = out.row(i).data;
      const T rounding = a.rounding[i];
      const auto is_clear_from = [&](index_t begin, index_t end) {
        bool all = true;
        for (index_t j = begin; j < end; ++j) all &= is_clear(row[j], rounding + other.rounding[j]);
        return all;
      };
      const bool clear = own ? is_clear_from(0, i) && is_clear_from(i + 1, y.rows) : is_clear_from(0, y.rows);
      if (own && clear) row[i] = 0;
      for (index_t j = 0; !clear && j < y.rows; ++j) {
        if (is_clear(row[j], rounding + other.rounding[j])) continue;
        row[j] = of_pair<T>(x.row(i), y.row(j), factor.data(), space.data(), space.data() + d);
        good &= comfortable(row[j] * row[j]) || (row[j] == 0 && same<T>(x.row(i), y.row(j)));
      }
      for (index_t j = 0; squared && j < y.rows; ++j) row[j] *= row[j];
    }
    if (!good) fine.store(false, std::memory_order_relaxed);
  });
  return fine;
}

}  // namespace

template <class T>
bool metric_distances(const MatrixView<const T>& x, const MatrixView<const T>& y, const T* lower, bool squared,
                      const MatrixView<T>& out) {
  return x.cols <= kFewAxes ? from_differences<T>(x, y, lower, squared, out) : from_images<T>(x, y, lower, squared, out);
}

template bool metric_distances<float>(const MatrixView<const float>&, const MatrixView<const float>&, const float*, bool,
                                      const MatrixView<float>&);
template bool metric_distances<double>(const MatrixView<const double>&, const MatrixView<const double>&, const double*, bool,
                                       const MatrixView<double>&);

}  // namespace mmlcore
