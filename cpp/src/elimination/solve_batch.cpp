#include "mmlcore/elimination/solve_batch.hpp"

#include <algorithm>
#include <exception>
#include <mutex>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/elimination/lu.hpp"

namespace mmlcore {
namespace {

// The first failing item decides which error is thrown, as if the items had run in order.
class FirstError {
 public:
  void record(index_t item) {
    const std::lock_guard lock(mutex_);
    if (item < item_) {
      item_ = item;
      error_ = std::current_exception();
    }
  }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::mutex mutex_;
  index_t item_ = PTRDIFF_MAX;
  std::exception_ptr error_;
};

constexpr index_t kLaneColumns = 32;  // more right sides are worth the products of solve_one
constexpr index_t kFewOrder = 8, kFewItems = 3;
constexpr index_t kParallelOrder = 256;  // from here on one matrix employs all threads

}  // namespace

template <Number T>
void solve_batch(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& x) {
  const index_t n = a.item.rows, count = x.count();
  if (n == 0 || count == 0 || x.item.cols == 0) return;
  // One or two complex matrices would leave most lanes idle.
  const bool fills = Real<T> || n <= kFewOrder || count >= kFewItems;
  if (fills && n <= lane_order<T> && b.item.cols <= kLaneColumns) return solve_lanes<T>(a, b, x);
  if (n >= kParallelOrder || count == 1) {
    for (index_t i = 0; i < count; ++i) solve_one<T>(a[i], b[i], x[i], n >= 64, count == 1 ? -1 : i);
    return;
  }
  FirstError errors;
  parallel_ranges(count, std::max<index_t>(1, 200000 / (n * n * n)), [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) {
      try {
        solve_one<T>(a[i], b[i], x[i], false, i);
      } catch (...) {
        return errors.record(i);
      }
    }
  });
  errors.rethrow();
}

template void solve_batch<std::complex<float>>(const MatrixBatch<const std::complex<float>>&,
                                               const MatrixBatch<const std::complex<float>>&,
                                               const MatrixBatch<std::complex<float>>&);
template void solve_batch<std::complex<double>>(const MatrixBatch<const std::complex<double>>&,
                                                const MatrixBatch<const std::complex<double>>&,
                                                const MatrixBatch<std::complex<double>>&);
template void solve_batch<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                                 const MatrixBatch<float>&);
template void solve_batch<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                                  const MatrixBatch<double>&);

}  // namespace mmlcore
