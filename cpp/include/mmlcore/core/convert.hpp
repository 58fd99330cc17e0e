// Integers, truth values, half and single precision to float64, each rounded once, as numpy does it.
//
// What comes as integers is converted before any kernel sees it. numpy takes int64 one number at a time, which for an inner
// product or a mean is most of the call. Here a number's halves are put into the last bits of 2^84 and of 2^52, whose floats
// then hold them exactly, in vectors at every instruction level; the halves' sum is the one rounding. int64 in the cache
// takes 0.36 ns a number (0.66 one by one), and long arrays go on all threads.
#pragma once

#include <cstdint>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// A number of half precision (IEEE 754 binary16), by its bits.
struct Half {
  std::uint16_t bits;
};

// `to[i] = from[i]` for `size` numbers in a row, of From in (u)int8 to 64, Half or float32.
template <class From>
void convert(const From* from, index_t size, double* to);

}  // namespace mmlcore
