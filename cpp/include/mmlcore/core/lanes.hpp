// Stacks of small matrices in SIMD lanes: how W matrices become an array of vectors and back.
//
// `load_lanes` fills out[i * cols + j] with element (i, j) of W matrices, one a lane. Contiguous items are moved in squares
// of W x W elements transposed in registers; what then remains of an item goes number by number when it is little, and else
// as one more square that overlaps the one before. Short items that follow one another in memory are shuffled
// (short_items.hpp). Anything else goes element by element. `not_finite` tells lanes that hold NaN or infinity.
// Of complex numbers (complex_lanes.hpp) the parts, which follow one another, are moved as if they were elements.
#pragma once

#include <algorithm>
#include <type_traits>

#include "mmlcore/core/complex_lanes.hpp"
#include "mmlcore/core/short_items.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Items first ... first + W - 1 of a stack; lanes behind its end repeat the last item and are not stored.
template <class T>
struct LaneGroup {
  static constexpr int W = Simd<RealPart<std::remove_const_t<T>>>::width;
  const MatrixBatch<T>& stack;
  index_t first;
  int used;
  bool even, contiguous;  // lanes are one stride apart; the elements of an item follow one another

  LaneGroup(const MatrixBatch<T>& stack, index_t first)
      : stack(stack), first(first), used(static_cast<int>(std::min<index_t>(W, stack.count() - first))) {
    const MatrixView<T>& shape = stack.item;
    even = used == W && stack.batch.uniform();
    contiguous = (shape.col_stride == 1 || shape.cols == 1) && (shape.row_stride == shape.cols || shape.rows == 1);
  }
  index_t size() const { return stack.item.rows * stack.item.cols; }
  T* start() const { return stack.item.data + first * stack.batch.stride(); }
  bool dense() const { return even && contiguous && stack.batch.stride() == size(); }

  // Asks the second-level cache for one of `parts` parts of the memory of the group after the next: W short streams at once
  // are more than the processor's own prefetcher follows, and more lines at once than it can wait for would hold up the
  // computation.
  void prefetch(index_t part = 0, index_t parts = 1) const {
    if (!dense()) return;
    const index_t lines = (W * size() * index_t{sizeof(T)} + 63) / 64;
    const char* later = reinterpret_cast<const char*>(start() + 2 * W * size());
    for (index_t at = lines * part / parts; at < lines * (part + 1) / parts; ++at) __builtin_prefetch(later + 64 * at, 0, 2);
  }

  // Calls f with a function that tells where a lane's item starts.
  template <class F>
  void with_items(F&& f) const {
    if (even) {
      T* const begin = start();
      const index_t stride = stack.batch.stride();
      return f([=](int lane) { return begin + lane * stride; });
    }
    T* item[W];
    for (int lane = 0; lane < W; ++lane) item[lane] = stack.item.data + stack.batch.offset(first + std::min(lane, used - 1));
    f([&](int lane) { return item[lane]; });
  }
};

namespace detail {

// Squares of a contiguous item of `size` elements: f(e) moves e ... e + W - 1. Returns how many elements are left over.
template <int W, class F>
inline index_t squares(index_t size, F&& f) {
  index_t e = 0;
  for (; e + W <= size; e += W) f(e);
  if (size - e <= W / 4) return size - e;
  f(size - W);
  return 0;
}

// Calls f(e, at) for each element of an item: its number, row by row, and its place.
template <class T, class F>
inline void elements(const MatrixView<T>& shape, F&& f) {
  for (index_t i = 0; i < shape.rows; ++i) {
    for (index_t j = 0; j < shape.cols; ++j) f(i * shape.cols + j, i * shape.row_stride + j * shape.col_stride);
  }
}

}  // namespace detail

template <Number T>
inline void load_lanes(const LaneGroup<const T>& group, LaneNumber<T>* to) {
  using R = RealPart<T>;
  using S = Simd<R>;
  constexpr index_t W = S::width, parts = kLaneParts<T>;
  const index_t size = group.size() * parts;
  auto* const out = reinterpret_cast<typename S::Vec*>(to);
  const auto numbers = [](const T* at) { return reinterpret_cast<const R*>(at); };
  if (size < W && group.dense() && size <= kShortest &&
      as_woven<R>(size, [&](auto s) { load_short<R, decltype(s)::value>(numbers(group.start()), out); })) {
    return;
  }
  group.with_items([&](auto&& item_of) {
    const auto item = [&](int lane) { return numbers(item_of(lane)); };
    if (group.contiguous && size >= W) {
      const index_t left = detail::squares<W>(size, [&](index_t e) {
        typename S::Vec v[W];
#pragma GCC unroll 16
        for (int lane = 0; lane < W; ++lane) v[lane] = S::load(item(lane) + e);
        transpose<R>(v);
#pragma GCC unroll 16
        for (int k = 0; k < W; ++k) out[e + k] = v[k];
      });
      for (index_t e = size - left; e < size; ++e) {
        typename S::Vec v{};
#pragma GCC unroll 16
        for (int lane = 0; lane < W; ++lane) v[lane] = item(lane)[e];
        out[e] = v;
      }
      return;
    }
    R* flat = reinterpret_cast<R*>(out);
    detail::elements(group.stack.item, [&](index_t e, index_t at) {
      for (index_t p = 0; p < parts; ++p) {
        for (int lane = 0; lane < W; ++lane) flat[(e * parts + p) * W + lane] = item(lane)[at * parts + p];
      }
    });
  });
}

template <Number T>
inline void store_lanes(const LaneGroup<T>& group, const LaneNumber<T>* from) {
  using R = RealPart<T>;
  using S = Simd<R>;
  constexpr index_t W = S::width, parts = kLaneParts<T>;
  const index_t size = group.size() * parts;
  const auto* const in = reinterpret_cast<const typename S::Vec*>(from);
  const auto numbers = [](T* at) { return reinterpret_cast<R*>(at); };
  if (size < W && group.dense() && size <= kShortest &&
      as_woven<R>(size, [&](auto s) { store_short<R, decltype(s)::value>(numbers(group.start()), in); })) {
    return;
  }
  group.with_items([&](auto&& item_of) {
    const auto item = [&](int lane) { return numbers(item_of(lane)); };
    if (group.contiguous && size >= W) {
      const index_t left = detail::squares<W>(size, [&](index_t e) {
        typename S::Vec v[W];
#pragma GCC unroll 16
        for (int k = 0; k < W; ++k) v[k] = in[e + k];
        transpose<R>(v);
#pragma GCC unroll 16
        for (int lane = 0; lane < W; ++lane) {
          if (lane < group.used) S::store(item(lane) + e, v[lane]);
        }
      });
      for (index_t e = size - left; e < size; ++e) {
        for (int lane = 0; lane < group.used; ++lane) item(lane)[e] = in[e][lane];
      }
      return;
    }
    const R* flat = reinterpret_cast<const R*>(in);
    detail::elements(group.stack.item, [&](index_t e, index_t at) {
      for (index_t p = 0; p < parts; ++p) {
        for (int lane = 0; lane < group.used; ++lane) item(lane)[at * parts + p] = flat[(e * parts + p) * W + lane];
      }
    });
  });
}

// NaN in a lane of the sum of x * 0 tells that one of its x is not finite.
template <Number T>
typename Simd<RealPart<T>>::Mask not_finite(const LaneNumber<T>* numbers, index_t count) {
  using Vec = typename Simd<RealPart<T>>::Vec;
  const auto* const x = reinterpret_cast<const Vec*>(numbers);
  const index_t size = count * kLaneParts<T>;
  Vec sum[4] = {};  // chains of additions that overlap
  index_t i = 0;
  for (; size - i >= 4; i += 4) {
    for (int k = 0; k < 4; ++k) sum[k] += x[i + k] * 0;
  }
  for (; i < size; ++i) sum[0] += x[i] * 0;
  return (sum[0] + sum[1]) + (sum[2] + sum[3]) != 0;
}

}  // namespace mmlcore
