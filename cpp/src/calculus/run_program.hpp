// How points are cut into blocks and shared out between the threads.
#pragma once

#include <algorithm>

#include "load_store.hpp"
#include "mmlcore/core/parallel.hpp"
#include "operations.hpp"
#include "recurrence.hpp"
#include "run_passes.hpp"
#include "runner.hpp"
#include "structure.hpp"

namespace mmlcore::calculus {

// Blocks for which all slots stay near the first-level cache (24 to 256 KiB were measured), else in half of the second;
// single points where arrays are long. Blocks are of one size, since the last is computed as a whole too: 579 points in
// blocks of 544 are two of 304 (a gradient of 9 numbers in float32 14.3 -> 10 us).
template <class T>
index_t block_size(index_t numbers, index_t points) {
  constexpr index_t kFirst = 64 << 10, kSecond = 512 << 10, W = Simd<T>::width, most = 2048;
  const index_t bytes = std::max<index_t>(numbers, 1) * index_t{sizeof(T)};
  if (points < W / 2 || W * bytes > kSecond) return 1;
  const index_t fits = std::clamp(kFirst / bytes / W * W, W, most), blocks = (points + fits - 1) / fits;
  return ((points + blocks - 1) / blocks + W - 1) / W * W;
}

// Points of long arrays, whose rows are shared out in turn.
template <class T>
void run_single_points(const Program& program, index_t points, const Points<const T>* arguments, const Points<T>* results) {
  std::vector<const T*> in(program.argument_count());
  std::vector<T*> out(program.result_count());
  for (index_t p = 0; p < points; ++p) {
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = arguments[i].data + p * arguments[i].stride;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = results[i].data + p * results[i].stride;
    run_passes<T>(*program.passes(), in.data(), out.data());
  }
}

template <class T>
void run_program(const Program& program, index_t points, const Points<const T>* arguments, const Points<T>* results) {
  const index_t b = block_size<T>(program.slots(), points), blocks = (points + b - 1) / b;
  if (b == 1 && program.passes()) return run_single_points<T>(program, points, arguments, results);
  if (blocks == 1) return Runner<T>(program, b).block(0, points, arguments, results);
  // A task of some 50 us at least, by a rough estimate: a nanosecond for four operations, or for four vectors of products.
  const double products = program.product_flops(), others = program.flops() - products + 4;
  const double each = static_cast<double>(b) * (others / 4 + products / (4 * Simd<T>::width));
  parallel_ranges(blocks, std::max<index_t>(1, static_cast<index_t>(50e3 / each)), [&](index_t begin, index_t end) {
    Runner<T> runner(program, b);
    for (index_t i = begin; i < end; ++i) runner.block(i * b, std::min(b, points - i * b), arguments, results);
  });
}

}  // namespace mmlcore::calculus
