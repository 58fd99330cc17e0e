#include "mmlcore/stats/order_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore {
namespace {

constexpr index_t kLong = 400;                // numbers from which a sample pays
constexpr index_t kRows = 1024;               // of a block that is copied across
constexpr index_t kWork = index_t{1} << 15;   // numbers of a task, at least
constexpr index_t kRange = index_t{1} << 18;  // numbers of a range of a long column

template <class T>
constexpr T kNan = std::numeric_limits<T>::quiet_NaN();

// ---- Columns in lanes ---------------------------------------------------------------------------------------------------

// Sorts n vectors, each lane by itself.
template <class T>
void sort_lanes(typename Simd<T>::Vec* v, index_t n) {
  index_t top = 1;
  while (2 * top < n) top *= 2;
  for (index_t p = top; p > 0; p /= 2) {
    for (index_t q = top, r = 0, d = p;; d = q - p, q /= 2, r = p) {
      // The i < n - d with (i & p) == r come in runs of p.
      for (index_t first = r; first < n - d; first += 2 * p) {
        const index_t last = std::min(first + p, n - d);
        for (index_t i = first; i < last; ++i) {
          const auto a = v[i], b = v[i + d];
          v[i] = a < b ? a : b;
          v[i + d] = a < b ? b : a;
        }
      }
      if (q == p) break;
    }
  }
}

template <class T>
void by_lanes(MatrixView<const T> x, VectorView<const index_t> ranks, MatrixView<T> found) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  const index_t n = x.rows, groups = (x.cols + W - 1) / W;
  parallel_ranges(groups, kWork / (W * n) + 1, [&](index_t begin, index_t end) {
    Buffer<T> memory(n * W);
    auto* const v = reinterpret_cast<typename S::Vec*>(memory.data());
    for (index_t group = begin; group < end; ++group) {
      const index_t first = group * W, count = std::min(W, x.cols - first);
      if (count < W) std::fill(memory.begin(), memory.end(), T{0});
      copy<T>(x.block(0, first, n, count), MatrixView<T>{memory.data(), n, count, W, 1});
      typename S::Mask nan{};
      for (index_t i = 0; i < n; ++i) nan |= v[i] != v[i];
      sort_lanes<T>(v, n);
      for (index_t r = 0; r < ranks.size; ++r) {
        for (index_t c = 0; c < count; ++c) found(r, first + c) = nan[c] ? kNan<T> : v[ranks[r]][c];
      }
    }
  });
}

// ---- Long columns -------------------------------------------------------------------------------------------------------

// The numbers between low and high, and how many there are elsewhere.
template <class T>
struct Bracket {
  T low, high;
  index_t below = 0, at_low = 0, at_high = 0, between = 0;
  index_t nan = 0;
  T* kept = nullptr;
  index_t room = 0;  // of `kept`; what is beyond is counted alone
};

// Counts n numbers into a bracket. `kept` has room for one vector more.
template <class T>
void count(const T* x, index_t n, Bracket<T>& b) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  const auto low = S::splat(b.low), high = S::splat(b.high);
  typename S::Mask below{}, at_low{}, at_high{}, nan{};
  index_t i = 0;
  for (; i + W <= n; i += W) {
    const auto v = S::load(x + i);
    below -= v < low;
    at_low -= v == low;
    at_high -= v == high;
    nan -= v != v;
    const typename S::Mask inside = (v > low) & (v < high);
    unsigned bits = S::bits(inside);
    if (!bits) continue;
    const index_t many = __builtin_popcount(bits);
    if (b.between + many <= b.room) {
#ifdef __AVX512F__
      if constexpr (sizeof(T) == 8) {
        S::store(b.kept + b.between, _mm512_maskz_compress_pd(static_cast<__mmask8>(bits), v));
      } else {
        S::store(b.kept + b.between, _mm512_maskz_compress_ps(static_cast<__mmask16>(bits), v));
      }
#else
      for (T* to = b.kept + b.between; bits; bits &= bits - 1) *to++ = x[i + __builtin_ctz(bits)];
#endif
    }
    b.between += many;
  }
  for (int lane = 0; lane < W; ++lane) {
    b.below += below[lane];
    b.at_low += at_low[lane];
    b.at_high += at_high[lane];
    b.nan += nan[lane];
  }
  for (; i < n; ++i) {
    b.below += x[i] < b.low;
    b.at_low += x[i] == b.low;
    b.at_high += x[i] == b.high;
    b.nan += x[i] != x[i];
    if (x[i] > b.low && x[i] < b.high) {
      if (b.between < b.room) b.kept[b.between] = x[i];
      ++b.between;
    }
  }
  if (b.low == b.high) b.at_high = 0;
}

// Runs f(numbers, how many) over the blocks of some rows of column j.
template <class T, class F>
void over_blocks(MatrixView<const T> x, index_t j, index_t begin, index_t end, F&& f) {
  if (x.row_stride == 1) return f(&x(begin, j), end - begin);
  T block[kRows];
  for (index_t i = begin; i < end; i += kRows) {
    const index_t count = std::min(kRows, end - i);
    const T* from = &x(i, j);
    for (index_t k = 0; k < count; ++k) block[k] = from[k * x.row_stride];
    f(block, count);
  }
}

// Selects the rank among numbers that may be reordered.
template <class T>
T select(T* numbers, index_t n, index_t rank) {
  std::nth_element(numbers, numbers + rank, numbers + n);
  return numbers[rank];
}

// All ranks of a column that is copied.
template <class T>
void by_copy(MatrixView<const T> x, index_t j, VectorView<const index_t> ranks, MatrixView<T> found) {
  const index_t n = x.rows;
  Buffer<T> numbers(n);
  index_t count = 0;
  bool nan = false;
  over_blocks(x, j, 0, n, [&](const T* block, index_t size) {
    for (index_t k = 0; k < size; ++k) {
      nan |= block[k] != block[k];
      numbers[count++] = block[k];
    }
  });
  index_t from = 0;  // what is before it is below all that follow
  for (index_t r = 0; r < ranks.size; ++r) {
    if (r > 0 && ranks[r] == ranks[r - 1]) {
      found(r, j) = found(r - 1, j);
      continue;
    }
    found(r, j) = nan ? kNan<T> : select(numbers.data() + from, n - from, ranks[r] - from);
    from = ranks[r];
  }
}

// What one rank, or two that follow each other, lie between.
struct Wanted {
  index_t first, last;
};

// Finds a bracket for some ranks from a sample, which it reorders.
template <class T>
void set_bracket(T* sample, index_t size, index_t n, Wanted wanted, Bracket<T>& b) {
  const double share = static_cast<double>(size) / static_cast<double>(n);
  const auto place = [&](index_t rank, double sign) {
    const double p = std::min(1.0, (static_cast<double>(rank) + 0.5) / static_cast<double>(n));
    const double slack = 3.5 * std::sqrt(static_cast<double>(size) * p * (1 - p)) + 2;
    return static_cast<index_t>(std::floor(static_cast<double>(rank) * share + sign * slack));
  };
  const index_t low = place(wanted.first, -1), high = place(wanted.last, 1);
  b.low = low < 0 ? -std::numeric_limits<T>::infinity() : select(sample, size, low);
  b.high = high >= size ? std::numeric_limits<T>::infinity() : select(sample, size, high);
}

// Some brackets of one column, counted together in one reading.
template <class T>
class Column {
 public:
  Column(MatrixView<const T> x, index_t j, index_t sample) : x_(x), j_(j), sample_(sample) {
    // Places a fixed irrational step apart, which no period of the data meets.
    const index_t n = x.rows;
    double at = 0.5;
    for (index_t i = 0; i < sample; ++i) {
      at += 0.61803398874989485;
      if (at >= 1) at -= 1;
      sample_[i] = x(static_cast<index_t>(at * static_cast<double>(n)), j);
      if (sample_[i] != sample_[i]) nan_ = true;
    }
  }

  bool has_nan() const { return nan_; }

  // Sets the numbers of the ranks; false where the sample has misled.
  bool find(VectorView<const index_t> ranks, MatrixView<T> found) {
    const index_t n = x_.rows, room = n / 2 + 64;
    Wanted wanted[kMostRanks];
    int many = 0;
    for (index_t r = 0; r < ranks.size; ++r) {
      if (many && ranks[r] - wanted[many - 1].last <= 1) {
        wanted[many - 1].last = ranks[r];
      } else {
        wanted[many++] = {ranks[r], ranks[r]};
      }
    }
    const index_t ranges = std::clamp<index_t>(n / kRange, 1, 64);
    const index_t part = room / ranges + Simd<T>::width + 1;
    Buffer<T> kept(many * ranges * part);
    Buffer<Bracket<T>> parts(many * ranges);
    for (int k = 0; k < many; ++k) {
      Bracket<T> b;
      set_bracket(sample_.data(), sample_.size(), n, wanted[k], b);
      for (index_t range = 0; range < ranges; ++range) {
        b.kept = kept.data() + (k * ranges + range) * part;
        b.room = part - Simd<T>::width;
        parts[range * many + k] = b;
      }
    }
    const auto scan = [&](index_t range) {
      over_blocks(x_, j_, n * range / ranges, n * (range + 1) / ranges, [&](const T* block, index_t size) {
        for (index_t i = 0; i < size; i += kRows) {
          for (int k = 0; k < many; ++k) count(block + i, std::min(kRows, size - i), parts[range * many + k]);
        }
      });
    };
    if (ranges == 1) {
      scan(0);
    } else {
      parallel_tasks(ranges, scan);
    }
    index_t r = 0;
    for (int k = 0; k < many; ++k) {
      Bracket<T> all = parts[k];
      if (all.between > all.room) return false;
      for (index_t range = 1; range < ranges; ++range) {
        const Bracket<T>& b = parts[range * many + k];
        if (b.between > b.room) return false;
        // Behind what the ranges before have kept, where there is room: theirs lies before its own.
        std::copy(b.kept, b.kept + b.between, all.kept + all.between);
        all.below += b.below;
        all.at_low += b.at_low;
        all.at_high += b.at_high;
        all.nan += b.nan;
        all.between += b.between;
      }
      if (all.nan) {
        nan_ = true;
        return true;
      }
      for (; r < ranks.size && ranks[r] <= wanted[k].last; ++r) {
        const index_t rank = ranks[r] - all.below;
        if (rank < 0) return false;
        if (rank < all.at_low) {
          found(r, j_) = all.low;
        } else if (rank < all.at_low + all.between) {
          found(r, j_) = select(all.kept, all.between, rank - all.at_low);
        } else if (rank < all.at_low + all.between + all.at_high) {
          found(r, j_) = all.high;
        } else {
          return false;
        }
      }
    }
    return true;
  }

 private:
  MatrixView<const T> x_;
  index_t j_;
  Buffer<T> sample_;
  bool nan_ = false;
};

template <class T>
void by_sample(MatrixView<const T> x, index_t j, VectorView<const index_t> ranks, MatrixView<T> found) {
  const double n = static_cast<double>(x.rows);
  Column<T> column(x, j, std::clamp<index_t>(static_cast<index_t>(1.5 * std::cbrt(n * n)), 48, 1 << 14));
  if (!column.has_nan() && !column.find(ranks, found)) by_copy(x, j, ranks, found);
  if (!column.has_nan()) return;
  for (index_t r = 0; r < ranks.size; ++r) found(r, j) = kNan<T>;
}

}  // namespace

template <class T>
void order_statistics(MatrixView<const T> x, VectorView<const index_t> ranks, MatrixView<T> found) {
  MMLCORE_ASSERT(ranks.size <= kMostRanks && found.rows == ranks.size && found.cols == x.cols);
  const index_t n = x.rows, d = x.cols;
  if (n <= kSortedInLanes && 2 * d > Simd<T>::width) return by_lanes(x, ranks, found);
  const auto one = [&](index_t j) { n < kLong ? by_copy(x, j, ranks, found) : by_sample(x, j, ranks, found); };
  constexpr index_t kBlock = 64 / sizeof(T);
  const bool gaps = x.row_stride != 1 && n >= kLong;
  if (d == 1 || (d <= kBlock && n >= 2 * kRange)) {  // the threads share each column
    Buffer<T> memory(gaps && d > 1 ? n * d : 0);
    if (gaps && d > 1) {
      const MatrixView<T> columns = f_order(memory.data(), n, d, n);
      parallel_ranges(n, kWork / d, [&](index_t first, index_t last) {
        copy<T>(x.block(first, 0, last - first, d), columns.block(first, 0, last - first, d));
      });
      x = columns;
    }
    for (index_t j = 0; j < d; ++j) one(j);
    return;
  }
  if (!gaps) {
    parallel_ranges(d, kWork / n + 1, [&](index_t first, index_t last) {
      for (index_t j = first; j < last; ++j) one(j);
    });
    return;
  }
  // Columns with gaps: a block of them is copied across, whose lines of the cache would be read again for each.
  const index_t blocks = (d + kBlock - 1) / kBlock;
  parallel_ranges(blocks, kWork / (n * kBlock) + 1, [&](index_t first, index_t last) {
    for (index_t block = first; block < last; ++block) {
      const index_t from = block * kBlock, count = std::min(kBlock, d - from);
      Buffer<T> memory(n * count);
      const MatrixView<T> columns = f_order(memory.data(), n, count, n);
      copy<T>(x.block(0, from, n, count), columns);
      const MatrixView<T> to = found.block(0, from, found.rows, count);
      for (index_t j = 0; j < count; ++j) by_sample<T>(columns, j, ranks, to);
    }
  });
}

template void order_statistics<float>(MatrixView<const float>, VectorView<const index_t>, MatrixView<float>);
template void order_statistics<double>(MatrixView<const double>, VectorView<const index_t>, MatrixView<double>);

}  // namespace mmlcore
