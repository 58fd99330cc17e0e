// Edges as the user holds them: two columns of integers of any width, sign and stride, read block by block in place.
//
// A column may also be given by runs, as compressed rows store it: element e is the number of the run that holds position e,
// run i reaching from starts[i] to starts[i + 1] - 1.
#pragma once

#include <cstdint>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// A column of integers. `load` writes elements first ... first + count - 1, as unsigned 64-bit or 32-bit numbers, and
// returns the largest as unsigned: a negative number turns into a huge one, so one comparison finds both kinds of bad ids.
struct IdColumn {
  const void* data = nullptr;
  index_t size = 0, stride = 1;  // in elements
  int bytes = 8;
  bool is_signed = true;
  const std::int64_t* starts = nullptr;  // of the runs, ascending from 0 to size; `data` is then not read
  index_t runs = 0;

  std::uint64_t load(index_t first, index_t count, std::uint32_t* out) const;
  std::uint64_t load(index_t first, index_t count, std::uint64_t* out) const;
};

// What may happen to the pages of the columns once they are read (core/pages.hpp).
enum class Pages {
  kKeep,    // the caller's memory: nothing
  kMapped,  // a file mapped into memory: given back after each reading
  kOwn,     // memory that nobody else will read: given back after the last reading
};

struct Edges {
  IdColumn source, target;
  VectorView<const double> weight;  // data == nullptr: all weights are 1
  Pages pages = Pages::kKeep;

  index_t size() const { return source.size; }
  // Edges first ... first + count - 1 were read.
  void release(index_t first, index_t count, bool last = false) const;
};

// Elements that are loaded at a time: two blocks of 64-bit numbers stay in the first-level cache.
inline constexpr index_t kEdgeBlock = 1024;

// The least and largest element, both 0 for an empty column: {least, largest}. As the column's own numbers, an unsigned
// column's largest as unsigned.
struct IdRange {
  std::int64_t least = 0;
  std::uint64_t largest = 0;
};
IdRange id_range(const IdColumn& column, Pages pages = Pages::kKeep);

}  // namespace mmlcore
