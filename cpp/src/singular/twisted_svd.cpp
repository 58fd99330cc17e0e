#include "mmlcore/singular/twisted_svd.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/singular/dqds.hpp"

namespace mmlcore {
namespace {

using S = Simd<double>;
using Vec = S::Vec;
constexpr index_t W = S::width;
constexpr index_t kGroups = 2;  // vectors of lanes that go together: a quotient waits for the one before it
constexpr index_t kBlock = W * kGroups;

constexpr double kUnit = std::numeric_limits<double>::epsilon();
constexpr double kSmall = 1e-2;           // of the largest entry: a quarter of the values has to be below it
constexpr double kLeastGap = 1e-5;        // relative, of values squared, between neighbours
constexpr double kLeastVanishing = 1e-8;  // the same of values that are rounding of the largest, and so of any vectors
constexpr double kNear = 0.03;            // neighbours that are made orthogonal
constexpr double kVanished = 1e-150;      // entries of vectors that small are zero, and those behind them
constexpr int kCorrections = 3;
constexpr int kProbes = 2;

// B, and what the factorizations of B'B need of it.
struct Entries {
  index_t n;
  Buffer<double> memory;
  double *d, *e, *q, *squares, *products;

  explicit Entries(index_t size) : n(size), memory(5 * size) {
    d = memory.data(), e = d + n, q = e + n, squares = q + n, products = squares + n;
  }
  void fill() const {
    for (index_t i = 0; i < n; ++i) q[i] = d[i] * d[i];
    for (index_t i = 0; i + 1 < n; ++i) squares[i] = e[i] * e[i], products[i] = d[i] * e[i];
  }
  // The number of values below `bound`: that of negative D.
  index_t below(double bound) const {
    const double t = bound * bound;
    index_t count = 0;
    double s = -t;
    for (index_t i = 0; i < n; ++i) {
      double pivot = s + q[i];
      if (pivot == 0) pivot = -std::numeric_limits<double>::min();
      count += pivot < 0;
      if (i + 1 < n) s = s * (squares[i] / pivot) - t;
    }
    return count;
  }
};

// Of the values in the lanes of t: vectors of unit length, and values squared that are nearer. `z`: n times kGroups vectors;
// `memory`: four times as many. Whether they are good is asked of all, later.
void right_vectors(const Entries& b, Vec* t, Vec* z, Vec* memory) {
  const index_t n = b.n;
  Vec *const top = memory, *const bottom = top + n * kGroups, *const above = bottom + n * kGroups,
             *const under = above + n * kGroups;
  for (int round = 0; round < kCorrections; ++round) {
    Vec s[kGroups], p[kGroups];
    for (index_t g = 0; g < kGroups; ++g) {
      top[g] = s[g] = -t[g];
      bottom[(n - 1) * kGroups + g] = p[g] = b.q[n - 1] - t[g];
    }
    for (index_t i = 0, k = n - 2; k >= 0; ++i, --k) {
      for (index_t g = 0; g < kGroups; ++g) {
        const Vec down = 1.0 / (s[g] + b.q[i]), up = 1.0 / (p[g] + b.squares[k]);
        above[i * kGroups + g] = down * b.products[i];
        under[k * kGroups + g] = up * b.products[k];
        top[(i + 1) * kGroups + g] = s[g] = s[g] * (down * b.squares[i]) - t[g];
        bottom[k * kGroups + g] = p[g] = p[g] * (up * b.q[k]) - t[g];
      }
    }
    S::Mask bad{};
    for (index_t g = 0; g < kGroups; ++g) {
      Vec least = S::splat(std::numeric_limits<double>::infinity()), left{}, at{};
      for (index_t i = 0; i < n; ++i) {
        const Vec gamma = top[i * kGroups + g] + bottom[i * kGroups + g] + t[g], size = S::abs(gamma);
        const S::Mask less = size < least;
        least = less ? size : least;
        left = less ? gamma : left;
        at = less ? S::splat(static_cast<double>(i)) : at;
      }
      Vec sum{}, entry{};
      for (index_t i = n - 1; i >= 0; --i) {
        const double row = static_cast<double>(i);
        entry = at == row ? S::splat(1.0) : at > row ? Vec(-entry * above[i * kGroups + g]) : Vec{};
        entry = S::abs(entry) < kVanished ? Vec{} : entry;
        z[i * kGroups + g] = entry;
        sum += entry * entry;
      }
      entry = Vec{};
      for (index_t i = 0; i < n; ++i) {
        const double row = static_cast<double>(i);
        Vec& own = z[i * kGroups + g];
        entry = i > 0 ? Vec(at < row ? -entry * under[(i - 1) * kGroups + g] : own) : own;
        entry = S::abs(entry) < kVanished ? Vec{} : entry;
        sum += at < row ? entry * entry : Vec{};
        own = entry;
      }
      const Vec correction = left / sum, inverse = 1.0 / S::sqrt(sum);
      for (index_t i = 0; i < n; ++i) z[i * kGroups + g] *= inverse;
      bad |= ~(S::abs(correction) <= 4 * kUnit * t[g]);
      t[g] += correction;
    }
    if (lane_bits<double>(bad) == 0) return;
  }
}

class Problem {
 public:
  template <class T>
  Problem(index_t n, const T* d, const T* e)
      : n_(n), width_((n + kBlock - 1) / kBlock * kBlock), b_(n), turned_(n), numbers_(4 * n), vectors_(2 * n * width_) {
    for (index_t i = 0; i < n; ++i) {
      b_.d[i] = turned_.d[n - 1 - i] = d[i];
      b_.e[i] = turned_.e[i] = 0;
    }
    for (index_t i = 0; i + 1 < n; ++i) b_.e[i] = turned_.e[n - 2 - i] = e[i];
    b_.fill();
    turned_.fill();
  }

  bool run(double* values) {
    double most = 0;
    for (index_t i = 0; i < n_; ++i) most = std::max({most, std::abs(b_.d[i]), std::abs(b_.e[i])});
    if (4 * b_.below(kSmall * most) < n_) return false;
    if (!dqds(n_, b_.d, b_.e, values, numbers_.data()) || !apart(values)) return false;
    Buffer<Vec> memory(6 * n_ * kGroups);
    for (index_t j = 0; j < n_; j += kBlock) {
      poll_interrupt();
      if (!block(j, values, memory.data())) return false;
    }
    orthogonalize(values);
    return std::is_sorted(values, values + n_, std::greater<>()) && orthonormal(x()) && orthonormal(y());
  }

  template <class T>
  void write(const MatrixView<T>& left, const MatrixView<T>& right) const {
    for (index_t i = 0; i < n_; ++i) {
      for (index_t j = 0; j < n_; ++j) left(i, j) = static_cast<T>(x()[i * width_ + j]);
      for (index_t j = 0; j < n_; ++j) right(i, j) = static_cast<T>(y()[i * width_ + j]);
    }
  }

 private:
  double* x() const { return vectors_.data(); }
  double* y() const { return vectors_.data() + n_ * width_; }

  static double gap(double larger, double smaller) { return (larger - smaller) * (larger + smaller) / (larger * larger); }

  bool apart(const double* values) const {
    for (index_t j = 0; j + 1 < n_; ++j) {
      const double least = values[j + 1] < noise() * values[0] ? kLeastVanishing : kLeastGap;
      if (!(gap(values[j], values[j + 1]) > least)) return false;
    }
    return values[n_ - 1] > 0;
  }

  // Columns from j on of x and y.
  bool block(index_t j, double* values, Vec* memory) const {
    Vec *const right = memory, *const left = right + n_ * kGroups, *const work = left + n_ * kGroups;
    Vec squares[kGroups], again[kGroups];
    for (index_t l = 0; l < kBlock; ++l) {
      const double value = values[std::min(j + l, n_ - 1)];
      squares[l / W][l % W] = again[l / W][l % W] = value * value;
    }
    right_vectors(b_, squares, right, work);
    right_vectors(turned_, again, left, work);
    S::Mask bad{};
    const double bound = kUnit * static_cast<double>(n_), allowed = bound * bound * values[0] * values[0];
    for (index_t g = 0; g < kGroups; ++g) {
      const Vec value = S::sqrt(squares[g]);
      const auto u = [&](index_t i) { return left[(n_ - 1 - i) * kGroups + g]; };
      const auto v = [&](index_t i) { return right[i * kGroups + g]; };
      Vec sum{};
      for (index_t i = 0; i < n_; ++i) sum += u(i) * (b_.d[i] * v(i) + (i + 1 < n_ ? b_.e[i] * v(i + 1) : Vec{}));
      const Vec sign = sum < 0.0 ? S::splat(-1.0) : S::splat(1.0);
      Vec above{}, beside{};
      for (index_t i = 0; i < n_; ++i) {
        const Vec own = u(i) * sign;
        const Vec down = b_.d[i] * v(i) + (i + 1 < n_ ? b_.e[i] * v(i + 1) : Vec{}) - value * own;
        const Vec across = b_.d[i] * own + (i > 0 ? b_.e[i - 1] * u(i - 1) * sign : Vec{}) - value * v(i);
        above += down * down;
        beside += across * across;
        S::store(x() + i * width_ + j + g * W, own);
        S::store(y() + i * width_ + j + g * W, v(i));
      }
      bad |= ~((above < allowed) & (beside < allowed));
      for (index_t l = 0; l < W && j + g * W + l < n_; ++l) values[j + g * W + l] = value[l];
    }
    return lane_bits<double>(bad) == 0;
  }

  double noise() const { return 2 * std::sqrt(static_cast<double>(n_)) * kUnit; }

  // Z - Z (Z'Z - 1) / 2 for the columns of each run of near neighbours: products below 1e-8 become rounding, and what two
  // columns exchange differs by their gap.
  void orthogonalize(const double* values) const {
    for (index_t first = 0, end; first < n_; first = end) {
      for (end = first + 1; end < n_; ++end) {
        if (gap(values[end - 1], values[end]) > kNear && values[first] > noise() * values[0]) break;
      }
      const index_t count = end - first;
      if (count == 1) continue;
      Buffer<double> memory(count * (count + n_));
      const MatrixView<double> square = c_order(memory.data(), count, count),
                               change = c_order(square.data + count * count, n_, count);
      for (double* z : {x(), y()}) {
        const MatrixView<double> columns{z + first, n_, count, width_, 1};
        product<double>(columns.transposed(), columns, square);
        for (index_t i = 0; i < count; ++i) square(i, i) -= 1;
        product<double>(columns, square, change);
        for (index_t i = 0; i < n_; ++i) {
          for (index_t k = 0; k < count; ++k) columns(i, k) -= change(i, k) / 2;
        }
      }
    }
  }

  // |(Z'Z - 1) w| for random signs w.
  bool orthonormal(const double* z) const {
    Buffer<double> memory(2 * width_);
    double *const signs = memory.data(), *const found = signs + width_;
    std::uint64_t state = 0x9e3779b97f4a7c15;
    double sum = 0;
    for (int probe = 0; probe < kProbes; ++probe) {
      for (index_t j = 0; j < n_; ++j) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        signs[j] = state >> 63 ? 1.0 : -1.0;
      }
      std::fill_n(found, width_, 0.0);
      for (index_t i = 0; i < n_; ++i) {
        const double* const row = z + i * width_;
        Vec part{};
        index_t j = 0;
        for (; j + W <= n_; j += W) part += S::load(row + j) * S::load(signs + j);
        double image = lane_sum<double>(part);
        for (; j < n_; ++j) image += row[j] * signs[j];
        for (j = 0; j < n_; j += W) S::store(found + j, S::load(found + j) + image * S::load(row + j));
      }
      for (index_t j = 0; j < n_; ++j) sum += (found[j] - signs[j]) * (found[j] - signs[j]);
    }
    return std::sqrt(sum / kProbes) <= 2 * kUnit * static_cast<double>(n_);
  }

  const index_t n_, width_;
  Entries b_, turned_;
  Buffer<double> numbers_, vectors_;
};

}  // namespace

template <class T>
bool twisted_svd(index_t n, const T* d, const T* e, double* values, const MatrixView<T>& left, const MatrixView<T>& right) {
  Problem problem(n, d, e);
  if (!problem.run(values)) return false;
  problem.write(left, right);
  return true;
}

template bool twisted_svd<float>(index_t, const float*, const float*, double*, const MatrixView<float>&,
                                 const MatrixView<float>&);
template bool twisted_svd<double>(index_t, const double*, const double*, double*, const MatrixView<double>&,
                                  const MatrixView<double>&);

}  // namespace mmlcore
