// Stacks of products: what can be one large product is one; the others go item by item, small ones by blocks that are chosen
// once for all.
#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/matrix_vector.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "small_blocks.hpp"

namespace mmlcore {
namespace {

// Numbers of a stack that are copied at a time: half of a first-level cache.
constexpr index_t kCopied = 2048;
// Numbers of a stack that the second-level cache holds: nothing has to be asked for.
constexpr index_t kInCache = index_t{1} << 15;

template <class T>
MatrixBatch<T> transposed(const MatrixBatch<T>& a) {
  return {a.item.transposed(), a.batch};
}

template <class T>
void ask_for(const MatrixView<const T>& item, index_t distance) {
  const char* at = reinterpret_cast<const char*>(item.data + distance);
  const index_t bytes = item.rows * item.cols * index_t{sizeof(T)};
  for (index_t offset = 0; offset < bytes; offset += 64) __builtin_prefetch(at + offset);
}

// Each item times the same matrix.
template <class T>
bool is_times_one(const MatrixBatch<const T>& b, const MatrixBatch<T>& c) {
  const bool even = b.batch.uniform() && b.batch.stride() == 0 && c.batch.uniform();
  return even && c.batch.stride() == c.item.rows * c.item.row_stride;
}

template <class View>
View tall(View view, index_t rows) {
  view.rows = rows;
  return view;
}

// Items that follow one another are one tall matrix: 1000 of 2 to 4 rows and columns take a half to a third of the lanes'
// time.
template <class T>
bool one_tall(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c) {
  const index_t rows = c.count() * a.item.rows;
  if (!is_times_one(b, c) || !a.batch.uniform() || a.batch.stride() != a.item.rows * a.item.row_stride) return false;
  product_single<T>(tall(a.item, rows), b.item, tall(c.item, rows));
  return true;
}

// Others, while they are small, are copied into rows some at a time: a share 1 / n of the product, and below one call an
// item.
template <class T>
bool stack_times_one(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c) {
  const index_t count = c.count(), m = a.item.rows, k = a.item.cols;
  if (!is_times_one(b, c) || m * k > kCopied / 4 || k == 0 || c.item.cols == 1) return false;
  const index_t some = kCopied / (m * k), blocks = (count + some - 1) / some;
  const index_t grain = std::max<index_t>(1, static_cast<index_t>(1e5 / (2.0 * kCopied * static_cast<double>(c.item.cols))));
  parallel_ranges(blocks, grain, [&](index_t begin, index_t end) {
    Buffer<T> memory(std::min(some, count) * m * k);
    for (index_t block = begin; block < end; ++block) {
      const index_t first = block * some, last = std::min(first + some, count), rows = (last - first) * m;
      for (index_t i = first; i < last; ++i) copy<T>(a[i], c_order(memory.data() + (i - first) * m * k, m, k));
      product_single<T>(c_order<const T>(memory.data(), rows, k), b.item, tall(c[first], rows));
    }
  });
  return true;
}

// Items woven into one another, number by number: arrays of three axes in Fortran order. Nothing else reads them at the
// speed of memory: 9 of 91 x 91 times one 91 x 91 took 1.6 times numpy's time, which copies them first as well.
template <class T>
bool is_woven(const MatrixBatch<const T>& a) {
  const MatrixView<const T>& item = a.item;
  return a.count() > 1 && a.batch.uniform() && a.batch.stride() == 1 && item.rows > 1 && item.cols > 1 &&
         std::min(item.row_stride, item.col_stride) >= a.count();
}

// Such a stack item by item, in rows.
template <class T>
class Unwoven {
 public:
  explicit Unwoven(const MatrixBatch<const T>& a)
      : memory_(a.count() * a.item.rows * a.item.cols),
        stack_{c_order<const T>(memory_.data(), a.item.rows, a.item.cols), {}} {
    const index_t count = a.count(), size = a.item.rows * a.item.cols, cols = a.item.cols;
    stack_.batch.push(count, size);
    parallel_ranges(a.item.rows, 30'000 / (count * cols) + 1, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) {
        const MatrixView<const T> from{a.item.data + i * a.item.row_stride, count, cols, 1, a.item.col_stride};
        copy<T>(from, {memory_.data() + i * cols, count, cols, size, 1});
      }
    });
  }
  const MatrixBatch<const T>& stack() const { return stack_; }

 private:
  Buffer<T> memory_;
  MatrixBatch<const T> stack_;
};

// Each item times a vector. Small ones in columns are products of small matrices, x'A'.
template <class T>
void stack_of_vectors(const MatrixBatch<const T>& a, const MatrixBatch<const T>& x, const MatrixBatch<T>& y) {
  const index_t work = a.item.rows * a.item.cols;
  const ChosenBlocks<T> blocks(x.item.transposed(), a.item.transposed(), y.item.transposed());
  const bool chosen = a.item.row_stride == 1 && a.item.col_stride != 1 && (y.item.row_stride == 1 || y.item.rows == 1) &&
                      work <= kCopied && a.item.cols > 0 && blocks.has_all();
  parallel_ranges(y.count(), 100'000 / (2 * work + 50) + 1, [&](index_t begin, index_t end) {
    if (!chosen) return matrix_vector_items<T>(a, x, y, begin, end);
    for (index_t i = begin; i < end; ++i)
      blocks.run(x.item.data + x.batch.offset(i), a.item.data + a.batch.offset(i), y.item.data + y.batch.offset(i));
  });
}

// Few rows of A and a B in columns: a row at a time, whose numbers are sums along the columns of B.
template <class T>
class RowByRow {
 public:
  static bool suits(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c) {
    return a.rows <= kMost && a.col_stride == 1 && b.row_stride == 1 && !lies_in_rows(b) && lies_in_rows(c);
  }

  RowByRow(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c)
      : columns_(transposed(b)), rows_(a.item.rows) {
    for (index_t r = 0; r < rows_; ++r) {
      from_[r] = {a.item.block(r, 0, 1, a.item.cols).transposed(), a.batch};
      to_[r] = {c.item.block(r, 0, 1, c.item.cols).transposed(), c.batch};
    }
  }
  void run(index_t item) const {
    for (index_t r = 0; r < rows_; ++r) matrix_vector_items<T>(columns_, from_[r], to_[r], item, item + 1);
  }

 private:
  static constexpr index_t kMost = 4;  // with more, a copy of B takes less time
  MatrixBatch<const T> columns_, from_[kMost];
  MatrixBatch<T> to_[kMost];
  index_t rows_;
};

// Items whose B lies in rows, or is copied into rows.
template <class T>
void stack_of_blocks(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c, index_t grain) {
  const index_t count = c.count(), k = b.item.rows, n = b.item.cols, numbers = a.item.rows * k + k * n;
  const bool copies = !lies_in_rows(b.item);
  const index_t ahead = std::max<index_t>(1, 2048 / (numbers + 1));
  const bool asks = a.batch.uniform() && b.batch.uniform() && numbers * count > kInCache;
  const ChosenBlocks<T> blocks(a.item, copies ? c_order<const T>(nullptr, k, n) : b.item, c.item);
  parallel_ranges(count, grain, [&](index_t begin, index_t end) {
    Buffer<T> memory(copies ? k * n : 0);
    for (index_t i = begin; i < end; ++i) {
      if (asks && i + ahead < end) {
        ask_for(a[i], ahead * a.batch.stride());
        ask_for(b[i], ahead * b.batch.stride());
      }
      MatrixView<const T> rows = b[i];
      if (copies) {
        copy<T>(rows, c_order(memory.data(), k, n));
        rows = c_order<const T>(memory.data(), k, n);
      }
      if (blocks.has_all()) {
        blocks.run(a.item.data + a.batch.offset(i), rows.data, c.item.data + c.batch.offset(i));
      } else {
        product_small<T>(a[i], rows, c[i]);
      }
    }
  });
}

// Larger items: each B goes into panels, and an A in columns into rows.
template <class T>
void stack_of_panels(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c, index_t grain) {
  const index_t m = a.item.rows, k = a.item.cols;
  const bool turns = a.item.col_stride != 1 && m * k > kCopied;
  parallel_ranges(c.count(), grain, [&](index_t begin, index_t end) {
    Panels<T> panels(b[begin]);
    Buffer<T> rows(turns ? m * k : 0);
    const T* packed = b[begin].data;
    for (index_t i = begin; i < end; ++i) {
      if (const MatrixView<const T> own = b[i]; own.data != packed) {
        panels.pack(own);
        packed = own.data;
      }
      MatrixView<const T> left = a[i];
      if (turns) {
        copy<T>(left, c_order(rows.data(), m, k));
        left = c_order<const T>(rows.data(), m, k);
      }
      product_of_panels<T>(left, panels, c[i]);
    }
  });
}

}  // namespace

template <class T>
void product_batch(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c) {
  const index_t count = c.count();
  if (count == 0 || c.item.empty()) return;
  if (count == 1) return product_single<T>(a[0], b[0], c[0]);
  if (one_tall<T>(a, b, c) || product_lanes<T>(a, b, c) || stack_times_one<T>(a, b, c)) return;
  if (is_woven(a)) return product_batch<T>(Unwoven<T>(a).stack(), b, c);
  if (is_woven(b)) return product_batch<T>(a, Unwoven<T>(b).stack(), c);
  if (c.item.rows == 1) return stack_of_vectors<T>(transposed(b), transposed(a), transposed(c));
  if (c.item.cols == 1) return stack_of_vectors<T>(a, b, c);
  const double work = 2.0 * c.item.rows * c.item.cols * std::max<index_t>(a.item.cols, 1);
  if (work > 5e7) {
    for (index_t i = 0; i < count; ++i) product_single<T>(a[i], b[i], c[i]);
    return;
  }
  const index_t grain = std::max<index_t>(1, static_cast<index_t>(1e5 / (work + 50)));
  const bool has_sums = a.item.cols > 0;
  if (has_sums && RowByRow<T>::suits(a.item, b.item, c.item)) {
    const RowByRow<T> rows(a, b, c);
    parallel_ranges(count, grain, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) rows.run(i);
    });
  } else if (has_sums && is_unpacked_product(a.item, b.item, c.item)) {
    if (is_worth_panels(b.item, c.item)) return stack_of_panels<T>(a, b, c, grain);
    stack_of_blocks<T>(a, b, c, grain);
  } else {
    parallel_ranges(count, grain, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) product_serial<T>(a[i], b[i], c[i]);
    });
  }
}

template void product_batch<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                                   const MatrixBatch<float>&);
template void product_batch<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                                    const MatrixBatch<double>&);

}  // namespace mmlcore
