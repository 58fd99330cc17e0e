// Sorting, and picking numbers at places that depend on values.
//
// A sort is two operations: the places that sort (Order), which are constant between ties and have no derivative, and the
// numbers picked there (Pick), a linear operation for fixed places, whose transpose adds numbers at places (Place). So the
// derivative of a median is that of the number in the middle, of any of several equal ones that of the first of them.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "matrix_steps.hpp"

namespace mmlcore::calculus {

// Operands and result lie as [number][point]; numbers of a constant are the same for all points.
template <class T>
void run_ordering(Op op, std::int32_t aux, const std::int32_t* dims, index_t points, const StackOperand<T>& a,
                  const StackOperand<T>& b, const StackResult<T>& out) {
  const index_t outer = dims[0], n = dims[1], inner = dims[2], lines = std::max<index_t>(1, outer * inner);
  const auto number = [points](const StackOperand<T>& x, index_t i, index_t p) {
    i %= x.size;
    return x.data[x.same ? i : i * points + p];
  };
  if (op == Op::Search) {
    for (index_t p = 0; p < points; ++p) {
      for (index_t i = 0; i < out.size; ++i) {
        const T wanted = number(b, i, p);
        index_t low = 0, high = n;
        while (low < high) {  // NaN is larger than any number
          const index_t middle = (low + high) / 2;
          const T x = number(a, middle, p);
          const bool before = aux & 1 ? x <= wanted || wanted != wanted : x < wanted || (wanted != wanted && x == x);
          before ? low = middle + 1 : high = middle;
        }
        out.data[i * points + p] = static_cast<T>(low);
      }
    }
    return;
  }
  if (op == Op::Place) std::fill(out.data, out.data + out.size * points, T{0});
  std::vector<std::int32_t> places(op == Op::Order ? n : 0);
  std::vector<T> line(places.size());
  const index_t few = (op == Op::Place ? a.size : out.size) / lines;  // picked numbers of a line
  for (index_t p = 0; p < points; ++p) {
    for (index_t o = 0; o < outer; ++o) {
      for (index_t i = 0; i < inner; ++i) {
        const auto at = [&](index_t r, index_t length) { return (o * length + r) * inner + i; };
        if (op == Op::Order) {
          for (index_t r = 0; r < n; ++r) line[r] = number(a, at(r, n), p);
          std::iota(places.begin(), places.end(), 0);
          std::stable_sort(places.begin(), places.end(), [&](std::int32_t x, std::int32_t y) {
            return line[x] < line[y] || (line[x] == line[x] && line[y] != line[y]);
          });
          for (index_t r = 0; r < n; ++r) out.data[at(r, n) * points + p] = static_cast<T>(places[r]);
          continue;
        }
        for (index_t r = 0; r < few; ++r) {
          const T place = number(b, at(r, few), p);
          const bool inside = place >= 0 && place < static_cast<T>(n);
          if (op == Op::Pick) {
            out.data[at(r, few) * points + p] =
                inside ? number(a, at(static_cast<index_t>(place), n), p) : std::numeric_limits<T>::quiet_NaN();
          } else if (inside) {
            out.data[at(static_cast<index_t>(place), n) * points + p] += number(a, at(r, few), p);
          }
        }
      }
    }
  }
}

}  // namespace mmlcore::calculus
