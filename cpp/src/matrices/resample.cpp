#include "mmlcore/matrices/resample.hpp"

#include <algorithm>
#include <cmath>

#include "mmlcore/core/parallel.hpp"

namespace mmlcore {
namespace {

constexpr index_t kSegment = 64;     // pixels whose places are computed together, in vectors
constexpr double kTouch = 1e-9;      // places this close to the rim of the image count as on it: they are rounded
constexpr index_t kGrain = 1 << 14;  // pixels worth a task of their own

// Along one axis: the first pixel that takes part, and the weights of up to N.
template <int N>
struct Taps {
  index_t first;
  double weight[N];
};

inline Taps<1> taps(std::integral_constant<int, 1>, double u) { return {static_cast<index_t>(std::floor(u + 0.5)), {1}}; }

inline Taps<2> taps(std::integral_constant<int, 2>, double u) {
  const double whole = std::floor(u), t = u - whole;
  return {static_cast<index_t>(whole), {1 - t, t}};
}

inline Taps<4> taps(std::integral_constant<int, 4>, double u) {
  const double whole = std::floor(u), t = u - whole;
  return {
      static_cast<index_t>(whole) - 1,
      {t * (-0.5 + t * (1 - 0.5 * t)), 1 + t * t * (1.5 * t - 2.5), t * (0.5 + t * (2 - 1.5 * t)), t * t * (0.5 * t - 0.5)}};
}

// N pixels along each axis.
template <class T, int N>
class Resampler {
 public:
  Resampler(const ImageView<const T>& image, const double (&h)[9], const T* fill, const ImageView<T>& out)
      : image_(image), h_(h), fill_(fill), out_(out) {}

  void run() const {
    const index_t grain = std::max<index_t>(1, kGrain / (out_.width * out_.channels + 1));
    parallel_ranges(out_.height, grain, [&](index_t begin, index_t end) {
      for (index_t y = begin; y < end; ++y) row(y);
    });
  }

 private:
  void row(index_t y) const {
    double u[kSegment], v[kSegment];
    for (index_t x0 = 0; x0 < out_.width; x0 += kSegment) {
      const index_t count = std::min(kSegment, out_.width - x0);
      places(x0, y, u, v);
      for (index_t k = 0; k < count; ++k) pixel(u[k], v[k], out_.data + y * out_.row_stride + (x0 + k) * out_.col_stride);
    }
  }

  void places(index_t x0, index_t y, double* u, double* v) const {
    const double dy = static_cast<double>(y);
    for (index_t k = 0; k < kSegment; ++k) {
      const double x = static_cast<double>(x0 + k);
      u[k] = h_[0] * x + (h_[1] * dy + h_[2]);
      v[k] = h_[3] * x + (h_[4] * dy + h_[5]);
    }
    if (h_[6] == 0 && h_[7] == 0 && h_[8] == 1) return;
    for (index_t k = 0; k < kSegment; ++k) {
      const double w = h_[6] * static_cast<double>(x0 + k) + (h_[7] * dy + h_[8]);
      u[k] = w > 0 ? u[k] / w : -HUGE_VAL;  // at or beyond the horizon: outside
      v[k] = w > 0 ? v[k] / w : -HUGE_VAL;
    }
  }

  void pixel(double u, double v, T* to) const {
    const double right = static_cast<double>(image_.width) - 0.5, bottom = static_cast<double>(image_.height) - 0.5;
    const bool inside = u >= -0.5 - kTouch && u <= right + kTouch && v >= -0.5 - kTouch && v <= bottom + kTouch;
    if (!inside) {
      for (index_t c = 0; c < out_.channels; ++c) to[c * out_.channel_stride] = fill_[c];
      return;
    }
    const std::integral_constant<int, N> n;
    const Taps<N> across = taps(n, std::clamp(u, 0.0, right - 0.5)), down = taps(n, std::clamp(v, 0.0, bottom - 0.5));
    index_t columns[N], rows[N];
    for (index_t i = 0; i < N; ++i) {
      columns[i] = std::clamp<index_t>(across.first + i, 0, image_.width - 1) * image_.col_stride;
      rows[i] = std::clamp<index_t>(down.first + i, 0, image_.height - 1) * image_.row_stride;
    }
    for (index_t c = 0; c < out_.channels; ++c) {
      const T* from = image_.data + c * image_.channel_stride;
      double sum = 0;
      for (index_t j = 0; j < N; ++j) {
        for (index_t i = 0; i < N; ++i) {
          const double weight = down.weight[j] * across.weight[i];
          if (weight != 0) sum += weight * static_cast<double>(from[rows[j] + columns[i]]);
        }
      }
      to[c * out_.channel_stride] = static_cast<T>(sum);
    }
  }

  const ImageView<const T> image_;
  const double (&h_)[9];
  const T* fill_;
  const ImageView<T> out_;
};

}  // namespace

template <class T>
void resample(const ImageView<const T>& image, const double (&h)[9], Interpolation order, const T* fill,
              const ImageView<T>& out) {
  switch (order) {
    case Interpolation::nearest:
      return Resampler<T, 1>(image, h, fill, out).run();
    case Interpolation::linear:
      return Resampler<T, 2>(image, h, fill, out).run();
    case Interpolation::cubic:
      return Resampler<T, 4>(image, h, fill, out).run();
  }
}

template void resample<float>(const ImageView<const float>&, const double (&)[9], Interpolation, const float*,
                              const ImageView<float>&);
template void resample<double>(const ImageView<const double>&, const double (&)[9], Interpolation, const double*,
                               const ImageView<double>&);

}  // namespace mmlcore
