// A number that stands for many: a checksum that changes with every change of one word of 64 bits.
//
// Words go in turn into pairs of lanes (a, b) of vectors. A step takes a word for each:
//
//   b = b xor v,   a = (a xor u) + (b rotated by 21),   b = b xor (a rotated by 29)
//
// For given words it is one-to-one in (a, b), and for a given (a, b) one-to-one in the words: what one changed word changes
// in its pair is never lost again, and the pairs are joined in the same way. Several changes may cancel by chance alone:
// sums carry, so that differences do not simply add up.
//
// Multiplications, which most checksums are made of, have no fast vector instruction for words of 64 bits at every level;
// rotations have. Cost: three vector instructions for a vector of the data at AVX-512, five below, a quarter of scalar
// chains of products. 160 KB in the second-level cache take 2 us; beyond, the speed of memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "mmlcore/core/simd.hpp"

namespace mmlcore {

namespace detail {

template <int By, class Words>
[[gnu::always_inline]] inline Words rotated(Words x) {
  return (x << By) | (x >> (64 - By));  // one instruction at AVX-512
}

}  // namespace detail

inline constexpr std::size_t kChecksumSegment = 64 << 10;

// Of at most one segment.
inline std::uint64_t segment_checksum(const void* data, std::size_t bytes) {
  typedef std::uint64_t Words __attribute__((vector_size(kVectorBytes)));
  constexpr std::size_t kVector = kVectorBytes, kPairs = 4, kStep = 2 * kPairs * kVector, kLanes = kVector / 8;
  constexpr std::uint64_t kPrime = 0x9e3779b97f4a7c15ull;
  const auto mix = [](std::uint64_t h) {
    h *= kPrime;
    return h ^ (h >> 29);
  };
  const auto step = [](Words& a, Words& b, Words u, Words v) {
    b ^= v;
    a = (a ^ u) + detail::rotated<21>(b);
    b ^= detail::rotated<29>(a);
  };
  const char* from = static_cast<const char*>(data);
  std::uint64_t start[2 * kPairs * kLanes];
  for (std::size_t i = 0; i < 2 * kPairs * kLanes; ++i) start[i] = kPrime * (i + 1);
  Words a[kPairs], b[kPairs];
  std::memcpy(a, start, sizeof a);
  std::memcpy(b, start + kPairs * kLanes, sizeof b);
  std::size_t at = 0;
  for (; at + kStep <= bytes; at += kStep) {
    for (std::size_t k = 0; k < kPairs; ++k) {
      Words u, v;
      std::memcpy(&u, from + at + 2 * k * kVector, kVector);
      std::memcpy(&v, from + at + (2 * k + 1) * kVector, kVector);
      step(a[k], b[k], u, v);
    }
  }
  std::uint64_t sum = mix(static_cast<std::uint64_t>(bytes) ^ kPrime);
  for (; at < bytes; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, from + at, std::min<std::size_t>(8, bytes - at));
    sum = mix(sum ^ word);
  }
  if (bytes >= kStep) {
    for (std::size_t k = 1; k < kPairs; ++k) step(a[0], b[0], a[k], b[k]);
    for (std::size_t i = 0; i < kLanes; ++i) sum = mix(mix(sum ^ a[0][i]) ^ b[0][i]);
  }
  // All bits of the state in all bits of the sum: its last words have seen few steps.
  for (int i = 0; i < 2; ++i) sum *= 0x9e3779b97f4a7c15ull, sum ^= sum >> 32;
  return sum;
}

// Of all segments, from those of each: whoever goes over the data anyway can take these on the way.
inline std::uint64_t joined_checksum(std::span<const std::uint64_t> segments) {
  std::uint64_t sum = segments.empty() ? 0 : segments[0];
  for (std::size_t i = 1; i < segments.size(); ++i) {
    sum = (sum ^ segments[i]) * 0x9e3779b97f4a7c15ull;
    sum ^= sum >> 32;
  }
  return sum;
}

inline std::uint64_t checksum(const void* data, std::size_t bytes) {
  if (bytes <= kChecksumSegment) return segment_checksum(data, bytes);
  std::vector<std::uint64_t> segments;
  for (std::size_t at = 0; at < bytes; at += kChecksumSegment) {
    segments.push_back(segment_checksum(static_cast<const char*>(data) + at, std::min(kChecksumSegment, bytes - at)));
  }
  return joined_checksum(segments);
}

}  // namespace mmlcore
