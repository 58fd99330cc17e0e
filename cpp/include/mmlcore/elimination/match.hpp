// The assignment of largest product, by exponents (equilibrate.hpp).
#pragma once

#include <climits>
#include <vector>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr int kNoExponent = INT_MIN / 2;  // of a zero

// x: the exponents of n x n entries by rows. On entry rows[i] + cols[j] >= x_ij for all i and j; on exit with equality in n
// places, one in each row and column, and as little as can be elsewhere: of [[1, 1], [1e300, 1]] the first entry comes to
// 1e-150, so that no pivot is taken from it. Rows without such a place get one through the shortest augmenting path, each in
// n steps of n operations at most (Jonker and Volgenant, Computing 38, 1987). False where only zeros are left, and where it
// takes long: rows and cols then serve no more.
bool match(const int* x, std::vector<int>& rows, std::vector<int>& cols);

}  // namespace mmlcore
