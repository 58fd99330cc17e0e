#include "mmlcore/core/convert.hpp"

#include <bit>
#include <type_traits>

#include "mmlcore/core/parallel.hpp"

namespace mmlcore {
namespace {

constexpr index_t kGrain = 1 << 15;  // numbers a thread takes: some 10 us

constexpr std::uint64_t kLow = 0x4330000000000000, kHigh = 0x4530000000000000;  // 2^52 and 2^84, bit by bit

// The sign's bit is turned: a signed number then counts from -2^63 on.
template <class From>
double from_halves(From x) {
  constexpr bool with_sign = std::is_signed_v<From>;
  constexpr std::uint64_t turned = with_sign ? 0x80000000u : 0u;
  constexpr double offset = 0x1p84 + 0x1p52 + (with_sign ? 0x1p63 : 0.0);
  const auto bits = static_cast<std::uint64_t>(x);
  const double low = std::bit_cast<double>((bits & 0xffffffffu) | kLow);
  const double high = std::bit_cast<double>(((bits >> 32) ^ turned) | kHigh);
  return (high - offset) + low;
}

// By float32, which holds each: the exponent counts from 15 in five bits, is moved to its place and counted from 127; all
// its bits stand for infinity and NaN in both formats. Without a bit of it the digits count 2^-24 each: they are put behind
// the leading one of 2^-14, which is taken off again. No branch, so that it goes in vectors.
double from_half(std::uint16_t x) {
  const std::uint32_t size = x & 0x7fffu;
  const std::uint32_t small = size < 0x400 ? 1u : 0u, special = size >= 0x7c00 ? 127u - 15u : 0u;
  const float raised = std::bit_cast<float>((size << 13) + ((127u - 15u + small + special) << 23));
  const float leading = std::bit_cast<float>(small * ((127u - 14u) << 23));
  const std::uint32_t found = std::bit_cast<std::uint32_t>(raised - leading) & 0x7fffffffu;
  return static_cast<double>(std::bit_cast<float>(found | (x & 0x8000u) << 16));
}

template <class From>
void convert_range(const From* __restrict from, index_t size, double* __restrict to) {
  for (index_t i = 0; i < size; ++i) {
    if constexpr (std::is_same_v<From, Half>) {
      to[i] = from_half(from[i].bits);
    } else if constexpr (sizeof(From) == 8) {
      to[i] = from_halves(from[i]);
    } else {
      to[i] = static_cast<double>(from[i]);
    }
  }
}

}  // namespace

template <class From>
void convert(const From* from, index_t size, double* to) {
  if (size < 2 * kGrain) {
    convert_range(from, size, to);
  } else {
    parallel_ranges(size, kGrain, [&](index_t begin, index_t end) { convert_range(from + begin, end - begin, to + begin); });
  }
}

template void convert(const std::int8_t*, index_t, double*);
template void convert(const std::uint8_t*, index_t, double*);
template void convert(const std::int16_t*, index_t, double*);
template void convert(const std::uint16_t*, index_t, double*);
template void convert(const std::int32_t*, index_t, double*);
template void convert(const std::uint32_t*, index_t, double*);
template void convert(const std::int64_t*, index_t, double*);
template void convert(const std::uint64_t*, index_t, double*);
template void convert(const Half*, index_t, double*);
template void convert(const float*, index_t, double*);

}  // namespace mmlcore
