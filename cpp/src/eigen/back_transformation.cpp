#include "mmlcore/eigen/back_transformation.hpp"

#include <algorithm>
#include <complex>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/eigen/rank_one_merge.hpp"
#include "mmlcore/eigen/row_product.hpp"

namespace mmlcore {
namespace {

constexpr index_t kMostReflections = 16;

// Reflections of a block: each one more is one more row of T, and one more multiply-add for each number of Z that is loaded.
index_t block_size(index_t n) { return n < 64 ? 4 : n < 150 ? 8 : kMostReflections; }

// -T of `count` reflections, whose vectors have `length` numbers and one more each, in rows of `count`.
template <class T>
void block_factor(PaddedRows<const T> v, const T* tau, index_t length, index_t count, T* factor) {
  using S = Simd<T>;
  for (index_t i = 0; i < count; ++i) {
    const T* const own = v.row(i);
    T along[kMostReflections] = {};
    for (index_t l = 0; l < i; ++l) {
      const T* const other = v.row(l);
      typename S::Vec sum{};
      for (index_t c = 0; c < length + l; c += S::width) sum += S::load(own + c) * S::load(other + c);
      along[l] = lane_sum<T>(sum);
    }
    T* const row = factor + i * count;
    const T scale = tau[i];
    for (index_t l = 0; l < i; ++l) {
      T sum = 0;
      for (index_t q = l; q < i; ++q) sum += along[q] * factor[q * count + l];
      row[l] = -scale * sum;
    }
    row[i] = -scale;
    for (index_t l = i + 1; l < count; ++l) row[l] = 0;
  }
}

// The same of complex ones, whose vectors have `length` numbers and one more each: the parts of -T_il in columns 2 l and
// 2 l + 1, rows of 2 count.
template <class T>
void hermitian_factor(PaddedRows<const T> v, const T* tau, index_t length, index_t count, T* factor) {
  using S = Simd<T>;
  using Entry = std::complex<T>;
  const auto part = [&](index_t i, index_t l) {
    return Entry(factor[2 * (i * count + l)], factor[2 * (i * count + l) + 1]);
  };
  for (index_t i = 0; i < count; ++i) {
    const T *const re = v.row(2 * i), *const im = v.row(2 * i + 1);
    Entry along[kMostReflections] = {};  // v_i* v_l
    for (index_t l = 0; l < i; ++l) {
      const T *const other_re = v.row(2 * l), *const other_im = v.row(2 * l + 1);
      typename S::Vec real{}, imag{};
      for (index_t c = 0; c < length + l; c += S::width) {
        const auto x = S::load(re + c), y = S::load(im + c), a = S::load(other_re + c), b = S::load(other_im + c);
        real += x * a + y * b;
        imag += x * b - y * a;
      }
      along[l] = {lane_sum<T>(real), lane_sum<T>(imag)};
    }
    T* const row = factor + 2 * i * count;
    for (index_t l = 0; l < count; ++l) {
      Entry sum = l == i ? 1 : 0;
      for (index_t q = l; q < i; ++q) sum += times(along[q], part(q, l));
      row[2 * l] = -tau[i] * sum.real();
      row[2 * l + 1] = -tau[i] * sum.imag();
    }
  }
}

// Rows 2 k and 2 k + 1, which hold the products of Re v_k and Im v_k with parts of Z, become those of v_k* Z and i v_k* Z.
template <class T>
void join_products(PaddedRows<T> along, index_t count, index_t width) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  for (index_t k = 0; k < count; ++k) {
    T *const upper = along.row(2 * k), *const lower = along.row(2 * k + 1);
    for (index_t c = 0; c < width; c += 2 * W) {
      const auto real = S::load(upper + c) + S::load(lower + c + W), imag = S::load(upper + c + W) - S::load(lower + c);
      S::store(upper + c, real);
      S::store(upper + c + W, imag);
      S::store(lower + c, -imag);
      S::store(lower + c + W, real);
    }
  }
}

// Rows 2 k + 1: i times rows 2 k.
template <class T>
void turn_rows(PaddedRows<T> rows, index_t count, index_t width) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  for (index_t k = 0; k < count; ++k) {
    const T* const from = rows.row(2 * k);
    T* const to = rows.row(2 * k + 1);
    for (index_t c = 0; c < width; c += 2 * W) {
      S::store(to + c, -S::load(from + c + W));
      S::store(to + c + W, S::load(from + c));
    }
  }
}

}  // namespace

template <class T>
void back_transform(index_t begin, index_t end, PaddedRows<const T> v, const T* tau, PaddedRows<T> z, index_t columns) {
  constexpr index_t strip = 3 * Simd<T>::width;
  const index_t block = block_size(end);
  Buffer<T> factors((end - begin) * block);
  const auto vectors = [&](index_t first) { return PaddedRows<const T>{v.row(first - begin), v.stride}; };
  const auto factor = [&](index_t first) { return factors.data() + (first - begin) * block; };
  for (index_t first = begin; first < end; first += block) {
    block_factor(vectors(first), tau + first - begin, first, std::min(block, end - first), factor(first));
  }
  const int threads = end >= kThreadedOrder ? num_threads() : 1;
  each_task((columns + strip - 1) / strip, threads, [&](index_t task) {
    Buffer<T> memory(2 * block * strip);
    const PaddedRows<T> along{memory.data(), strip}, turned{memory.data() + block * strip, strip};
    const index_t left = task * strip, width = std::min(strip, columns - left);
    const PaddedRows<T> part{z.data + left, z.stride};
    for (index_t first = begin; first < end; first += block) {
      const index_t count = std::min(block, end - first), rows = first + count - 1;
      const T* const reflections = vectors(first).data;
      row_product<T, Into::set>({reflections, count, rows, v.stride, 1}, part, along, width);
      row_product<T, Into::set>(c_order<const T>(factor(first), count, count), along, turned, width);
      row_product<T, Into::add>({reflections, rows, count, 1, v.stride}, turned, part, width);
    }
  });
}

template <class T>
void back_transform_hermitian(index_t begin, index_t end, PaddedRows<const T> v, const T* tau, PaddedRows<T> z,
                              index_t columns) {
  constexpr index_t W = Simd<T>::width, strip = 6 * W;
  const index_t block = block_size(end), all = 2 * whole_vectors<T>(columns);
  Buffer<T> factors(2 * (end - begin) * block);
  const auto vectors = [&](index_t first) { return PaddedRows<const T>{v.row(2 * (first - begin)), v.stride}; };
  const auto factor = [&](index_t first) { return factors.data() + 2 * (first - begin) * block; };
  for (index_t first = begin; first < end; first += block) {
    hermitian_factor(vectors(first), tau + first - begin, first, std::min(block, end - first), factor(first));
  }
  const int threads = end >= kThreadedOrder ? num_threads() : 1;
  each_task((all + strip - 1) / strip, threads, [&](index_t task) {
    Buffer<T> memory(4 * block * strip);
    const PaddedRows<T> along{memory.data(), strip}, turned{memory.data() + 2 * block * strip, strip};
    const index_t left = task * strip, width = std::min(strip, all - left);
    const PaddedRows<T> part{z.data + left, z.stride};
    for (index_t first = begin; first < end; first += block) {
      const index_t count = std::min(block, end - first), rows = first + count - 1;
      const T* const reflections = vectors(first).data;
      row_product<T, Into::set>({reflections, 2 * count, rows, v.stride, 1}, part, along, width);
      join_products(along, count, width);
      row_product<T, Into::set>(c_order<const T>(factor(first), count, 2 * count), along, {turned.data, 2 * strip}, width);
      turn_rows(turned, count, width);
      row_product<T, Into::add>({reflections, rows, 2 * count, 1, v.stride}, turned, part, width);
    }
  });
}

template void back_transform<float>(index_t, index_t, PaddedRows<const float>, const float*, PaddedRows<float>, index_t);
template void back_transform<double>(index_t, index_t, PaddedRows<const double>, const double*, PaddedRows<double>, index_t);
template void back_transform_hermitian<float>(index_t, index_t, PaddedRows<const float>, const float*, PaddedRows<float>,
                                              index_t);
template void back_transform_hermitian<double>(index_t, index_t, PaddedRows<const double>, const double*, PaddedRows<double>,
                                               index_t);

}  // namespace mmlcore
