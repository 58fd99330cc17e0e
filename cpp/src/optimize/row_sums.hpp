// Sums over rows (x, y) less a shift, of all products of two columns and of the columns themselves: what a regression by
// groups or windows is made of. A row is a few vectors, and all its products are vectors times a number.
#pragma once

#include <algorithm>
#include <cstring>

#include "line_lanes.hpp"

namespace mmlcore::optimize {

class RowSums {
 public:
  using S = Simd<double>;
  using V = S::Vec;
  static constexpr index_t W = S::width;

  explicit RowSums(index_t d) : c(d + 1), wide((d + 1 + W - 1) / W * W), size((d + 2) * wide + W) {}

  const index_t c;     // columns (X, y)
  const index_t wide;  // with padding
  const index_t size;  // numbers of the sums: products by rows of `wide`, columns, then the weight and the rows
  double weight(const double* sums) const { return sums[(c + 1) * wide]; }
  double rows(const double* sums) const { return sums[(c + 1) * wide + 1]; }

  void clear(double* sums) const { std::fill_n(sums, size, 0.0); }
  // Adds `count` rows of `wide` numbers, the columns less the shift; `weight` null: all 1.
  void add(double* sums, const double* row, const double* weight, index_t count) const {
    switch (wide == W ? c : 0) {
      case 2:
        return add_short<2>(sums, row, weight, count);
      case 3:
        return add_short<3>(sums, row, weight, count);
      case 4:
        return add_short<4>(sums, row, weight, count);
      case 5:
        return add_short<5>(sums, row, weight, count);
      case 6:
        return add_short<6>(sums, row, weight, count);
      default:
        return add_long(sums, row, weight, count);
    }
  }
  // Row i of x and y less the shift.
  template <class T>
  [[gnu::always_inline]] void read(const MatrixView<const T>& x, const VectorView<const T>& y, index_t i,
                                   const double* shift, double* row) const {
    const T* const from = x.data + i * x.row_stride;
    for (index_t k = 0; k + 1 < c; ++k) row[k] = static_cast<double>(from[k * x.col_stride]) - shift[k];
    row[c - 1] = static_cast<double>(y[i]) - shift[c - 1];
  }

 private:
  template <int C>
  void add_short(double* sums, const double* row, const double* weight, index_t count) const {
    V products[C], columns = S::load(sums + C * W);
    for (int k = 0; k < C; ++k) products[k] = S::load(sums + k * W);
    double total = 0;
    for (index_t i = 0; i < count; ++i, row += W) {
      const V v = S::load(row);
      const V heavy = weight ? v * weight[i] : v;
      columns += heavy;
      total += weight ? weight[i] : 1;
#pragma GCC unroll 8
      for (int k = 0; k < C; ++k) products[k] += heavy * row[k];
    }
    for (int k = 0; k < C; ++k) S::store(sums + k * W, products[k]);
    S::store(sums + C * W, columns);
    tell(sums, total, count);
  }
  void add_long(double* sums, const double* row, const double* weight, index_t count) const {
    double total = 0;
    for (index_t i = 0; i < count; ++i, row += wide) {
      const double w = weight ? weight[i] : 1;
      total += w;
      for (index_t v = 0; v < wide; v += W) {
        const V heavy = S::load(row + v) * w;
        S::store(sums + c * wide + v, S::load(sums + c * wide + v) + heavy);
        // Products above the diagonal, in whole vectors.
        for (index_t k = 0; k < std::min(c, v + W); ++k) {
          double* const at = sums + k * wide + v;
          S::store(at, S::load(at) + heavy * row[k]);
        }
      }
    }
    tell(sums, total, count);
  }
  void tell(double* sums, double total, index_t count) const {
    sums[(c + 1) * wide] += total;
    sums[(c + 1) * wide + 1] += static_cast<double>(count);
  }
};

// W problems whose sums are known, solved together. `certified` tells for a lane that its digits are kept.
class SumLanes {
 public:
  SumLanes(const RowSums& rows, bool constant) : line(rows.c - 1, constant), rows_(rows), memory_(rows.c * rows.c * W) {}

  LineLanes line;

  void set(int lane, const double* sums, const double* shift) {
    const index_t c = rows_.c;
    set(lane, sums, rows_.wide, sums + c * rows_.wide, rows_.weight(sums), rows_.rows(sums), shift);
  }
  // Products in rows of `wide`, sums of columns, and the number and weight of the rows, all about the shift.
  void set(int lane, const double* sums, index_t wide, const double* columns, double total, double rows,
           const double* shift) {
    const index_t c = rows_.c;
    line.total[lane] = total;
    line.points[lane] = rows;
    for (index_t j = 0; j < c; ++j) {
      const double middle = line.constant ? columns[j] / total : 0;
      line.mean[j][lane] = shift[j] + middle;
      apart_[lane] = j == 0 ? 0.0 : apart_[lane];
      for (index_t k = j; k < c; ++k) {
        double entry = sums[j * wide + k];
        if (line.constant) {
          if (j == k) {  // how much larger than what is left without the mean
            const double left = entry - middle * columns[k];
            apart_[lane] = std::max(apart_[lane], left > 0 ? entry / left : 1e300);
            entry = left;
          } else {
            entry -= middle * columns[k];
          }
        }
        products()[j * c + k][lane] = entry;
      }
    }
  }
  LineLanes::Mask solve() {
    const index_t c = rows_.c, d = c - 1;
    for (index_t j = 0; j < c; ++j) line.square[j] = products()[j * c + j];
    line.eliminate(d, [&](index_t i, index_t k) -> LineLanes::V& { return products()[i * c + k]; });
    return line.finish_sums(apart_) & (line.points > static_cast<double>(line.side));
  }

 private:
  static constexpr int W = LineLanes::W;
  LineLanes::V* products() { return reinterpret_cast<LineLanes::V*>(memory_.data()); }

  const RowSums& rows_;
  Buffer<double> memory_;
  LineLanes::V apart_{};
};

}  // namespace mmlcore::optimize
