#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "mmlcore/matrices/register_tile.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("matrices");

// Small whole numbers: sums of their products are exact in every type, in any order.
template <class T>
std::vector<T> whole_numbers(index_t count, unsigned seed, int least = -9, int most = 9) {
  std::mt19937 bits(seed);
  std::vector<T> result(static_cast<std::size_t>(count));
  for (T& x : result) x = static_cast<T>(least + static_cast<int>(bits() % static_cast<unsigned>(most - least + 1)));
  return result;
}

constexpr index_t kMost = 13;  // steps

struct Product {
  using Update = update::MultiplyAdd;
  template <class T>
  static T term(T x, T y) {
    return x * y;
  }
};

struct Distance {
  using Update = update::SquaredDifference;
  template <class T>
  static T term(T x, T y) {
    return (x - y) * (x - y);
  }
};

// What a tile of `rows` of a and `width` columns of b has to hold: the plain loops.
template <class Kind, class T>
std::vector<T> plain(index_t rows, index_t width, index_t depth, const T* a, index_t a_row, index_t a_step, const T* b,
                     index_t b_step) {
  std::vector<T> c(static_cast<std::size_t>(rows * width), T{0});
  for (index_t r = 0; r < rows; ++r) {
    for (index_t j = 0; j < width; ++j) {
      for (index_t k = 0; k < depth; ++k)
        c[r * width + j] += Kind::template term<T>(a[r * a_row + k * a_step], b[k * b_step + j]);
    }
  }
  return c;
}

template <class S, class T, class Kind, int R, int N>
void check_tile(index_t depth) {
  CAPTURE(R);
  CAPTURE(N);
  CAPTURE(depth);
  constexpr index_t W = S::width, width = N * W;
  constexpr index_t stride = width + 3, long_row = kMost + 5;  // of operands read in place
  const auto a = whole_numbers<T>(R * long_row, 1), b = whole_numbers<T>(kMost * stride, 2);
  RegisterTile<S, R, N, typename Kind::Update> tile;
  std::vector<T> c(R * width);

  // Packed: column after column of a, row after row of b.
  tile.clear();
  tile.run(depth, operand::numbers<S>(a.data(), operand::Fixed<R>{}),
           operand::vectors<S>(b.data(), operand::Fixed<width>{}));
  tile.store(c.data(), width);
  CHECK(c == plain<Kind, T>(R, width, depth, a.data(), 1, R, b.data(), width));

  // In place: rows of a, wide rows of b.
  const auto right = plain<Kind, T>(R, width, depth, a.data(), long_row, 1, b.data(), stride);
  tile.clear();
  tile.run(depth, operand::numbers<S>(a.data(), index_t{1}, long_row), operand::vectors<S>(b.data(), stride));
  tile.store(c.data(), width);
  CHECK(c == right);

  // The same rows by their pointers, and fetched ahead.
  operand::NumbersOfRows<S, T, R> rows;
  for (int r = 0; r < R; ++r) rows.row[r] = a.data() + r * long_row;
  tile.clear();
  tile.run(depth, rows, operand::vectors<S>(b.data(), stride));
  tile.store(c.data(), width);
  CHECK(c == right);
  tile.clear();
  tile.run(depth, operand::fetching(operand::numbers<S>(a.data(), operand::Fixed<1>{}, long_row), b.data()),
           operand::vectors<S>(b.data(), stride));
  tile.store(c.data(), width);
  CHECK(c == right);

  // Sums that go on from what is there, in rows with gaps; what lies in the gaps stays.
  std::vector<T> wide(R * stride, T{7});
  tile.load(wide.data(), stride);
  tile.run(depth, rows, operand::vectors<S>(b.data(), stride));
  tile.store(wide.data(), stride);
  tile.clear();
  tile.run(depth, rows, operand::vectors<S>(b.data(), stride));
  tile.add_to(wide.data(), stride);
  tile.store(wide.data(), stride, T{2}, T{3});
  for (int r = 0; r < R; ++r) {
    for (index_t j = 0; j < stride; ++j) {
      CHECK(wide[r * stride + j] == (j < width ? 3 * (7 + 2 * right[r * width + j]) + 2 * right[r * width + j] : T{7}));
    }
  }
  std::vector<T> unread(R * width, std::numeric_limits<T>::quiet_NaN());
  tile.store(unread.data(), width, T{1}, T{0});
  CHECK(unread == right);
}

template <class S, class T, class Kind, int R, int N>
void check_depths() {
  for (const index_t depth : {index_t{0}, index_t{1}, index_t{2}, index_t{5}, kMost}) check_tile<S, T, Kind, R, N>(depth);
}

TEST_CASE_TEMPLATE("tiles are their plain loops", T, float, double) {
  using Whole = Simd<T>;
  using Half = Simd<T, 16>;
  check_depths<Whole, T, Product, 1, 1>();
  check_depths<Whole, T, Product, 4, 3>();
  check_depths<Whole, T, Product, 2, 4>();
  check_depths<Whole, T, Product, 7, 1>();
  check_depths<Whole, T, Product, 5, 2>();
  check_depths<Half, T, Product, 4, 1>();
  check_depths<Half, T, Product, 3, 2>();
  check_depths<Whole, T, Distance, 4, 3>();
  check_depths<Whole, T, Distance, 1, 1>();
  check_depths<Half, T, Distance, 3, 2>();
  if constexpr (fits(8, 3)) check_depths<Whole, T, Product, 8, 3>();
  if constexpr (fits(6, 4)) check_depths<Whole, T, Product, 6, 4>();
}

TEST_CASE_TEMPLATE("vectors on both sides: a tile for each lane", T, float, double) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  constexpr int R = 3, N = 2;
  const auto a = whole_numbers<T>(kMost * R * W, 1), b = whole_numbers<T>(kMost * N * W, 2);
  RegisterTile<S, R, N> tile;
  tile.clear();
  std::vector<typename S::Vec> left(kMost * R), right(kMost * N);
  std::memcpy(left.data(), a.data(), a.size() * sizeof(T));
  std::memcpy(right.data(), b.data(), b.size() * sizeof(T));
  tile.run(kMost, operand::lanes(left.data(), operand::Fixed<R>{}), operand::lanes(right.data(), index_t{N}));
  for (index_t lane = 0; lane < W; ++lane) {
    for (int r = 0; r < R; ++r) {
      for (int v = 0; v < N; ++v) {
        T plain = 0;
        for (index_t k = 0; k < kMost; ++k) plain += a[(k * R + r) * W + lane] * b[(k * N + v) * W + lane];
        const T sum = tile.sums[r][v][lane];
        CHECK(sum == plain);
      }
    }
  }
}

// Words of several small numbers, `PartA` and `PartB`: a word of a with one of b gives the sum of the products of their
// parts.
template <class Update, class PartA, class PartB>
void check_dots(int least_a, int most_a, int least_b, int most_b) {
  using Words = Simd<std::int32_t>;
  constexpr int R = 4, N = 2;
  constexpr index_t W = Words::width, parts = 4 / sizeof(PartA);
  const auto a = whole_numbers<PartA>(kMost * R * parts, 1, least_a, most_a);
  const auto b = whole_numbers<PartB>(kMost * N * W * parts, 2, least_b, most_b);
  std::vector<std::int32_t> left(kMost * R), right(kMost * N * W), c(R * N * W);
  std::memcpy(left.data(), a.data(), left.size() * 4);
  std::memcpy(right.data(), b.data(), right.size() * 4);
  RegisterTile<Words, R, N, Update> tile;
  tile.clear();
  tile.run(kMost, operand::numbers<Words>(left.data(), operand::Fixed<R>{}),
           operand::vectors<Words>(right.data(), operand::Fixed<N * W>{}));
  tile.store(c.data(), N * W);
  for (index_t r = 0; r < R; ++r) {
    for (index_t j = 0; j < N * W; ++j) {
      std::int32_t sum = 0;
      for (index_t k = 0; k < kMost; ++k) {
        for (index_t p = 0; p < parts; ++p) sum += a[(k * R + r) * parts + p] * b[(k * N * W + j) * parts + p];
      }
      CHECK(c[r * N * W + j] == sum);
    }
  }
}

TEST_CASE("sums of products of small integers") {
  check_dots<update::DotOfPairs, std::int16_t, std::int16_t>(-128, 127, 0, 255);
  check_dots<update::DotOfPairs, std::int16_t, std::int16_t>(-32000, 32000, -4, 4);
#ifdef __AVX512F__
  if (__builtin_cpu_supports("avx512vnni")) check_dots<update::DotOfBytes, std::int8_t, std::uint8_t>(-128, 127, 0, 255);
#endif
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
