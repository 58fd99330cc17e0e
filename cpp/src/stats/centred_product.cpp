#include "mmlcore/stats/centred_product.hpp"

#include <algorithm>
#include <atomic>

#include "centre_rows.hpp"
#include "few_scores.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/part_of_vector.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/matrices/register_tile.hpp"
#include "narrow_scores.hpp"

namespace mmlcore {
namespace {

constexpr index_t kDepth = 128;  // elements of a row that a tile takes at a time: W's part then fits the first-level cache
constexpr index_t kTaskBlocks = 8;  // blocks of kScoreRows rows that a task computes

template <class T>
class Scores {
 public:
  Scores(MatrixView<const T> x, const T* mean, const T* low, MatrixView<const T> w, MatrixView<T> out)
      : x_(x),
        mean_(mean),
        low_(low),
        out_(out),
        d_(w.rows),
        k_(w.cols),
        direct_(out.col_stride == 1 && d_ * k_ * index_t{sizeof(T)} <= kDirect),
        dots_(!direct_ && k_ % M <= kDots ? k_ % M : 0),
        tiled_(k_ - dots_),
        packed_(direct_ ? d_ * k_ : d_ * padded()),
        rest_(d_ * dots_) {
    if (direct_) {
      copy<T>(w, c_order(packed_.data(), d_, k_));
      return;
    }
    copy<T>(w.block(0, tiled_, d_, dots_), MatrixView<T>{rest_.data(), d_, dots_, 1, d_});
    for (index_t p = 0; p * M < tiled_; ++p) {
      const index_t columns = std::min(M, tiled_ - p * M);
      gemm::pack_strip<T>(w.block(0, p * M, d_, columns).transposed(), gemm::strip_width<T>(columns), strip(p));
    }
  }

  bool run() {
    const index_t rows = kTaskBlocks * kScoreRows;
    parallel_tasks((x_.rows + rows - 1) / rows, [&](index_t task) {
      const index_t stride = padded_stride<T>(d_);
      Buffer<T> centred(kScoreRows * stride), tile(direct_ ? 0 : kScoreRows * padded());
      for (index_t i = task * rows, end = std::min(x_.rows, i + rows); i < end; i += kScoreRows) {
        block(i, std::min(kScoreRows, end - i), MatrixView<T>{centred.data(), kScoreRows, d_, stride, 1}, tile.data());
      }
    });
    return finite_;
  }

 private:
  using V = Simd<T>;
  static constexpr index_t M = gemm::Shape<T>::M, N = gemm::Shape<T>::N, W = V::width;

  // The last columns, if they are few, would fill little of a vector: they are sums along the row instead.
  static constexpr index_t kDots = W / 4;
  // Bytes of W that stay in the first-level cache beside the centred rows: these are multiplied where they lie, straight
  // into the result (476 x 25 on 10: 14.6 us by tiles and sums along rows, 11.8 so).
  static constexpr index_t kDirect = 16 << 10;

  index_t padded() const { return tiled_ / M * M + (tiled_ % M > 0 ? gemm::strip_width<T>(tiled_ % M) : 0); }
  T* strip(index_t p) const { return packed_.data() + p * M * d_; }

  void block(index_t first, index_t rows, MatrixView<T> centred, T* tile) {
    centre(x_.block(first, 0, rows, d_), centred.block(0, 0, rows, d_));
    if (direct_) {
      return product_small<T>(centred.block(0, 0, rows, d_), c_order<const T>(packed_.data(), d_, k_),
                              out_.block(first, 0, rows, k_));
    }
    for (index_t i = rows; i < (rows + N - 1) / N * N; ++i) std::fill(centred.row(i).data, centred.row(i).data + d_, T{0});
    const index_t width = padded();
    for (index_t from = 0; from < d_; from += kDepth) {
      const index_t depth = std::min(kDepth, d_ - from);
      for (index_t j = 0; j < width; j += M) {
        const index_t vectors = std::min(M, width - j) / W;
        const T* w = strip(j / M) + from * vectors * W;
        for (index_t i = 0; i < rows; i += N) {
          const T* b = &centred(i, from);
          T* to = tile + i * width + j;
          const bool more = from > 0;
          switch (vectors) {
            case 1:
              multiply<1>(depth, w, b, centred.row_stride, to, width, more);
              break;
            case 2:
              multiply<2>(depth, w, b, centred.row_stride, to, width, more);
              break;
            default:
              multiply<3>(depth, w, b, centred.row_stride, to, width, more);
          }
        }
      }
    }
    if (d_ == 0) std::fill(tile, tile + rows * width, T{0});
    copy<T>(MatrixView<const T>{tile, rows, tiled_, width, 1}, out_.block(first, 0, rows, tiled_));
    for (index_t i = 0; i < rows; ++i) {
      for (index_t j = 0; j < dots_; ++j) out_(first + i, tiled_ + j) = dot(centred.row(i).data, rest_.data() + j * d_, d_);
    }
  }

  template <int MV>
  // Not inline: within the caller the compiler is short of registers for the strides and loads them in the loop.
  [[gnu::noinline]] static void multiply(index_t depth, const T* w, const T* b, index_t stride, T* to, index_t width,
                                         bool more) {
    RegisterTile<V, static_cast<int>(N), MV> micro;
    micro.clear();
    micro.run(depth, operand::numbers<V>(b, operand::Fixed<1>{}, stride), operand::vectors<V>(w, operand::Fixed<MV * W>{}));
    more ? micro.add_to(to, width) : micro.store(to, width);
  }

  void centre(const MatrixView<const T>& from, const MatrixView<T>& to) {
    if (!mean_) return centre_rows<T>(from, to, nullptr, nullptr);
    const bool straight = from.col_stride == 1;
    if (!straight) copy<T>(from, to);  // reads such an array in the order of its memory
    typename V::Vec zeros{};
    for (index_t i = 0; i < from.rows; ++i) {
      const T* const row = straight ? &from(i, 0) : to.row(i).data;
      low_ ? subtract_mean<true>(row, to.row(i).data, zeros) : subtract_mean<false>(row, to.row(i).data, zeros);
    }
    if (!(V::sum(zeros) == 0)) finite_ = false;
  }

  // A row minus the mean, of both parts one after the other: the first difference is exact where numbers lie close to their
  // mean. Adds x * 0, which is NaN as soon as one x is NaN or infinite.
  template <bool Low>
  void subtract_mean(const T* from, T* to, typename V::Vec& zeros) {
    const auto add = [&](auto&& load, auto&& store) __attribute__((always_inline)) {
      const typename V::Vec v = load(from);
      zeros += v * T{0};
      typename V::Vec apart = v - load(mean_);
      if (Low) apart -= load(low_);
      store(to, apart);
    };
    index_t j = 0;
    for (; j + W <= d_; j += W)
      add([=](const T* p) { return V::load(p + j); }, [=](T* p, typename V::Vec v) { V::store(p + j, v); });
    if (j == d_) return;
    const PartOfVector<T> part(d_ - j);
    add([&](const T* p) { return part.load(p + j); }, [&](T* p, typename V::Vec v) { part.store(p + j, v); });
  }

  const MatrixView<const T> x_;
  const T *mean_, *low_;
  const MatrixView<T> out_;
  const index_t d_, k_;
  const bool direct_;
  const index_t dots_, tiled_;  // k = tiled + dots
  Buffer<T> packed_, rest_;
  std::atomic<bool> finite_{true};
};

}  // namespace

template <class T>
bool centred_product(MatrixView<const T> x, const T* mean, const T* low, MatrixView<const T> w, MatrixView<T> out) {
  if (mean && w.cols > 0 && suits_few_scores(x, w.cols)) return few_scores<T>(x, mean, low, w, out);
  const index_t most = x.row_stride == 1 && x.rows > 1 ? kReadColumns : kNarrowPoints;
  const bool narrow = mean && w.cols > 0 && w.cols <= kNarrowScores && x.cols <= most;
  return narrow ? narrow_scores<T>(x, mean, low, w, out) : Scores<T>(x, mean, low, w, out).run();
}

template bool centred_product<float>(MatrixView<const float>, const float*, const float*, MatrixView<const float>,
                                     MatrixView<float>);
template bool centred_product<double>(MatrixView<const double>, const double*, const double*, MatrixView<const double>,
                                      MatrixView<double>);

}  // namespace mmlcore
