// Numbers of a column by their rank: what medians and quantiles are made of.
//
// A long column is never sorted, copied or partitioned. A sample tells two of its numbers, low and high, between which the
// wanted ranks lie with near certainty (Floyd, Rivest, "Expected time bounds for selection", Commun. ACM 18, 1975). One
// reading counts, by vectors,
//
//   #(x < low),   #(x = low),   #(x = high),   and keeps the numbers low < x < high,
//
// n^(2/3) or so of them. A rank among the equal ones is known at once, so that data of few values (pixels, grades) are as
// fast as any other; a rank between is selected among those kept (Musser's introselect, std::nth_element). Where the sample
// has misled, the next bracket is everything below or above. Data in C order are read in blocks of rows, each copied across
// while it is in the cache.
//
// Many short columns are sorted as they lie beside each other in vectors, a column in each lane, by Batcher's merge exchange
// (Knuth, "The Art of Computer Programming" 3, 5.2.2, algorithm M): n lg^2 n / 4 exchanges of a minimum and a maximum, no
// branch, so that a column of 100 numbers costs some 100 ns, a tenth of a selection, whose branches cannot be foretold.
//
// Cost: a reading of the data and some n^(2/3) numbers a column; numpy's partition takes three to eight times as long.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr int kMostRanks = 16;            // for which one reading is enough
inline constexpr index_t kSortedInLanes = 1024;  // numbers of a column that is sorted, at most

// Sets found(r, j) to the number of rank ranks[r], 0 the least, of column j; NaN where the column holds one. Ranks ascend,
// at most kMostRanks of them.
template <class T>
void order_statistics(MatrixView<const T> x, VectorView<const index_t> ranks, MatrixView<T> found);

extern template void order_statistics<float>(MatrixView<const float>, VectorView<const index_t>, MatrixView<float>);
extern template void order_statistics<double>(MatrixView<const double>, VectorView<const index_t>, MatrixView<double>);

}  // namespace mmlcore
