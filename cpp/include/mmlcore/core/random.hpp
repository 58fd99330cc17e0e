// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011). The n-th number is a function of (seed, stream, n) alone: there is no state to carry, so any thread may draw any
// part of a sequence, and the result never depends on how the work was split.
//
// One round multiplies two of the four counter words by constants and mixes the high halves with the key; ten rounds pass
// every test of TestU01's BigCrush. Normal numbers come in pairs by Box and Muller.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

class Philox {
 public:
  using Words = std::array<std::uint32_t, 4>;

  explicit Philox(std::uint64_t seed, std::uint64_t stream = 0)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}, stream_(stream) {}

  // The four words of block n of this stream.
  Words block(std::uint64_t n) const {
    Words c{static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(n >> 32), static_cast<std::uint32_t>(stream_),
            static_cast<std::uint32_t>(stream_ >> 32)};
    std::uint32_t k0 = key_[0], k1 = key_[1];
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c[0], p1 = std::uint64_t{0xCD9E8D57u} * c[2];
      c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k0, static_cast<std::uint32_t>(p1),
           static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k1, static_cast<std::uint32_t>(p0)};
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    return c;
  }

  // Number n of the stream, uniform in (0, 1), never 0 or 1: the middle of one of 2^52 equal cells.
  double uniform(std::uint64_t n) const {
    const Words w = block(n / 2);
    const std::uint64_t bits = std::uint64_t{w[(n % 2) * 2 + 1]} << 32 | w[(n % 2) * 2];
    return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
  }

  // Number n of the stream, standard normal (Box and Muller: 2m and 2m + 1 share a radius and an angle).
  double normal(std::uint64_t n) const {
    const std::uint64_t pair = n & ~std::uint64_t{1};
    const double radius = std::sqrt(-2 * std::log(uniform(pair)));
    const double angle = 2 * std::numbers::pi * uniform(pair + 1);
    return radius * (n % 2 ? std::sin(angle) : std::cos(angle));
  }

 private:
  std::array<std::uint32_t, 2> key_;
  std::uint64_t stream_;
};

}  // namespace mmlcore
