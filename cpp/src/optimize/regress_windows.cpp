#include <algorithm>
#include <vector>

#include "mmlcore/core/parallel.hpp"
#include "row_sums.hpp"

namespace mmlcore::optimize {
namespace {

constexpr index_t kWide = 48;    // columns up to which a problem goes into a lane
constexpr index_t kChunk = 128;  // windows whose ends are kept at once

// The windows of one block: they start at `from` ... `to` - 1 and all hold row `border`, at or behind the last start.
template <class T>
class Block {
 public:
  Block(MatrixView<const T> x, VectorView<const T> y, const double* sigma, index_t window, bool constant,
        const Regressions& out, const RowSums& sums)
      : x_(x),
        y_(y),
        sigma_(sigma),
        window_(window),
        constant_(constant),
        out_(out),
        sums_(sums),
        lanes_(sums, constant),
        row_(sums.wide),
        shift_(sums.c),
        front_(sums.size),
        both_(sums.size) {
    std::fill_n(row_.data(), row_.size(), 0.0);
  }

  void run(index_t from, index_t to, index_t border) {
    for (index_t k = 0; k < sums_.c; ++k) {
      if (!constant_)
        shift_[k] = 0;
      else
        shift_[k] = static_cast<double>(k + 1 < sums_.c ? x_(border, k) : y_[border]);
    }
    // Ends: sums over rows s ... border - 1, run backwards and kept at every kChunk-th start.
    const index_t count = to - from, chunks = (count + kChunk - 1) / kChunk;
    Buffer<double> kept(chunks * sums_.size), ends(kChunk * sums_.size);
    sums_.clear(both_.data());
    for (index_t i = border - 1; i >= to; --i) add(both_.data(), i);  // none: border is `to` at most
    for (index_t chunk = chunks - 1; chunk >= 0; --chunk) {
      std::copy_n(both_.data(), sums_.size, kept.data() + chunk * sums_.size);  // rows behind this chunk
      for (index_t i = std::min(to, from + (chunk + 1) * kChunk) - 1; i >= from + chunk * kChunk; --i) {
        if (i < border) add(both_.data(), i);
      }
    }
    // Beginnings: rows border ... s + window - 1.
    sums_.clear(front_.data());
    index_t reached = border;
    for (index_t chunk = 0; chunk < chunks; ++chunk) {
      const index_t first = from + chunk * kChunk, last = std::min(to, first + kChunk);
      const double* behind = kept.data() + chunk * sums_.size;
      for (index_t s = last - 1; s >= first; --s) {
        double* const end = ends.data() + (s - first) * sums_.size;
        std::copy_n(behind, sums_.size, end);
        if (s < border) add(end, s);
        behind = end;
      }
      for (index_t s = first; s < last; s += LineLanes::W) {
        const index_t used = std::min<index_t>(LineLanes::W, last - s);
        for (index_t lane = 0; lane < LineLanes::W; ++lane) {
          if (lane < used) {
            while (reached < s + lane + window_) add(front_.data(), reached++);
            const double* const end = ends.data() + (s + lane - first) * sums_.size;
            for (index_t e = 0; e < sums_.size; ++e) both_[e] = end[e] + front_[e];
          }
          lanes_.set(static_cast<int>(lane), both_.data(), shift_.data());
        }
        const LineLanes::Mask fine = lanes_.solve();
        lanes_.line.store(out_, std::min(s + used, x_.rows - window_ + 1), s, fine);
        for (index_t lane = 0; lane < used; ++lane) {
          if (!fine[lane]) by_rows(s + lane);
        }
      }
    }
  }

  void by_rows(index_t s) const {
    out_.status[s] = 0;
    if (window_ <= x_.cols + constant_) return;
    regress_one<T>(x_.block(s, 0, window_, x_.cols), {&y_[s], window_, y_.stride}, sigma_ ? sigma_ + s : nullptr, constant_,
                   out_, s);
  }

 private:
  void add(double* sums, index_t i) {
    sums_.read<T>(x_, y_, i, shift_.data(), row_.data());
    const double weight = sigma_ ? 1 / (sigma_[i] * sigma_[i]) : 1;
    sums_.add(sums, row_.data(), sigma_ ? &weight : nullptr, 1);
  }

  const MatrixView<const T> x_;
  const VectorView<const T> y_;
  const double* const sigma_;
  const index_t window_;
  const bool constant_;
  const Regressions out_;
  const RowSums& sums_;
  SumLanes lanes_;
  Buffer<double> row_, shift_, front_, both_;
};

}  // namespace

template <class T>
void regress_windows(MatrixView<const T> x, VectorView<const T> y, const double* sigma, index_t window, bool constant,
                     const Regressions& out) {
  const index_t count = x.rows - window + 1;
  const RowSums sums(x.cols);
  if (x.cols > kWide) {
    parallel_tasks(count, [&](index_t s) { Block<T>(x, y, sigma, window, constant, out, sums).by_rows(s); });
    return;
  }
  // Blocks end behind rows 0, step, 2 step, ...; short windows share one border with all that hold it.
  const index_t blocks = 1 + (count - 1 + window - 1) / window;
  parallel_ranges(blocks, std::max<index_t>(1, 1024 / window), [&](index_t begin, index_t end) {
    Block<T> block(x, y, sigma, window, constant, out, sums);
    for (index_t b = begin; b < end; ++b) {
      const index_t from = b == 0 ? 0 : (b - 1) * window + 1;
      block.run(from, std::min(count, b * window + 1), b * window);
    }
  });
}

template void regress_windows(MatrixView<const float>, VectorView<const float>, const double*, index_t, bool,
                              const Regressions&);
template void regress_windows(MatrixView<const double>, VectorView<const double>, const double*, index_t, bool,
                              const Regressions&);

}  // namespace mmlcore::optimize
