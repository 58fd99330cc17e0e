// A matrix of bytes turned: lines of `from` become the other lines of `to`.
//
// Squares of 8 x 8 bytes go through eight registers: halves of 32, 16 and 8 bits change places between lines that are 4, 2
// and 1 apart, 72 operations for 64 bytes, on any processor; byte by byte each takes a load and a store far from the one
// before it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline void turn_square(std::uint64_t (&line)[8]) {
  const auto exchange = [&](int apart, int shift, std::uint64_t mask) __attribute__((always_inline)) {
    for (int i = 0; i < 8; ++i) {
      if (i & apart) continue;
      const std::uint64_t moved = ((line[i] >> shift) ^ line[i + apart]) & mask;
      line[i + apart] ^= moved;
      line[i] ^= moved << shift;
    }
  };
  exchange(4, 32, 0x00000000FFFFFFFF);
  exchange(2, 16, 0x0000FFFF0000FFFF);
  exchange(1, 8, 0x00FF00FF00FF00FF);
}

// to(i, j) = from(i, j): the rows of `from` are contiguous, and so are the columns of `to`.
inline void turn_bytes(const MatrixView<const std::uint8_t>& from, const MatrixView<std::uint8_t>& to) {
  const index_t m = from.rows, n = from.cols;
  for (index_t i = 0; i < m; i += 8) {
    const index_t rows = std::min<index_t>(8, m - i);
    for (index_t j = 0; j < n; j += 8) {
      const index_t columns = std::min<index_t>(8, n - j);
      std::uint64_t line[8] = {};
      for (index_t r = 0; r < rows; ++r) {
        const std::uint8_t* const at = &from(i + r, j);
        // Eight bytes from the middle of the matrix, whatever they are beyond the columns.
        const bool within = columns == 8 || (from.row_stride >= n && (m - 1 - i - r) * from.row_stride + n - j >= 8);
        std::memcpy(&line[r], at, within ? 8 : static_cast<std::size_t>(columns));
      }
      if constexpr (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) {
        for (auto& bytes : line) bytes = __builtin_bswap64(bytes);
      }
      turn_square(line);
      if constexpr (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) {
        for (auto& bytes : line) bytes = __builtin_bswap64(bytes);
      }
      for (index_t c = 0; c < columns; ++c) {
        if (rows == 8) {
          std::memcpy(&to(i, j + c), &line[c], 8);
        } else {
          std::memcpy(&to(i, j + c), &line[c], static_cast<std::size_t>(rows));
        }
      }
    }
  }
}

}  // namespace mmlcore
