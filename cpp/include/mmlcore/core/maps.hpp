// Views as Eigen sees them, in place: what is written about small matrices outside the measured loops is written in Eigen's
// expressions on these maps. A header of its own, because Eigen takes seconds to compile: only sources include it.
//
//   map(view)         any strides, element by element     rows_map(view)      rows contiguous: Eigen uses SIMD vectors
//   map(data, n)      a contiguous vector                 columns_map(view)   columns contiguous: the same
//
// `view_of` goes the other way, from a matrix of Eigen's to a view.
#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

namespace detail {

// A map of const elements where T is const.
template <class T, int Cols, int Order, class Stride>
using MapOf = Eigen::Map<
    std::conditional_t<std::is_const_v<T>, const Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Cols, Order>,
                       Eigen::Matrix<T, Eigen::Dynamic, Cols, Order>>,
    Eigen::Unaligned, Stride>;

}  // namespace detail

template <class T>
auto map(MatrixView<T> a) {
  using Strides = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  return detail::MapOf<T, Eigen::Dynamic, Eigen::ColMajor, Strides>(a.data, a.rows, a.cols,
                                                                    Strides(a.col_stride, a.row_stride));
}

template <class T>
auto rows_map(MatrixView<T> a) {
  MMLCORE_ASSERT(a.col_stride == 1 || a.cols <= 1);
  using Strides = Eigen::OuterStride<Eigen::Dynamic>;
  return detail::MapOf<T, Eigen::Dynamic, Eigen::RowMajor, Strides>(a.data, a.rows, a.cols, Strides(a.row_stride));
}

template <class T>
auto columns_map(MatrixView<T> a) {
  MMLCORE_ASSERT(a.row_stride == 1 || a.rows <= 1);
  using Strides = Eigen::OuterStride<Eigen::Dynamic>;
  return detail::MapOf<T, Eigen::Dynamic, Eigen::ColMajor, Strides>(a.data, a.rows, a.cols, Strides(a.col_stride));
}

template <class T>
auto map(VectorView<T> x) {
  using Strides = Eigen::InnerStride<Eigen::Dynamic>;
  return detail::MapOf<T, 1, Eigen::ColMajor, Strides>(x.data, x.size, Strides(x.stride));
}

template <class T>
auto map(T* x, index_t n) {
  return detail::MapOf<T, 1, Eigen::ColMajor, Eigen::Stride<0, 0>>(x, n);
}

template <class Matrix>
auto view_of(Matrix& a) {
  using T = std::remove_reference_t<decltype(*a.data())>;
  return MatrixView<T>{a.data(), a.rows(), a.cols(), a.rowStride(), a.colStride()};
}

}  // namespace mmlcore
