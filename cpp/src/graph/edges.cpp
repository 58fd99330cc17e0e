#include "mmlcore/graph/edges.hpp"

#include <algorithm>
#include <type_traits>
#include <vector>

#include "mmlcore/core/pages.hpp"
#include "mmlcore/core/parallel.hpp"

namespace mmlcore {
namespace {

// Calls f with a null pointer of the column's element type.
template <class F>
auto by_width(const IdColumn& column, F&& f) {
  if (column.is_signed) {
    switch (column.bytes) {
      case 1:
        return f(static_cast<const std::int8_t*>(nullptr));
      case 2:
        return f(static_cast<const std::int16_t*>(nullptr));
      case 4:
        return f(static_cast<const std::int32_t*>(nullptr));
      default:
        return f(static_cast<const std::int64_t*>(nullptr));
    }
  }
  switch (column.bytes) {
    case 1:
      return f(static_cast<const std::uint8_t*>(nullptr));
    case 2:
      return f(static_cast<const std::uint16_t*>(nullptr));
    case 4:
      return f(static_cast<const std::uint32_t*>(nullptr));
    default:
      return f(static_cast<const std::uint64_t*>(nullptr));
  }
}

template <class T, class Id>
std::uint64_t load_as(const T* from, index_t count, index_t stride, Id* out) {
  // OR keeps every bit that exceeds: it vectorizes where a maximum of 64-bit numbers does not, and the exact maximum is
  // computed only where the OR leaves doubt.
  std::uint64_t bits = 0;
  if (stride == 1) {
    for (index_t i = 0; i < count; ++i) {
      const auto id = static_cast<std::uint64_t>(from[i]);
      bits |= id;
      out[i] = static_cast<Id>(id);
    }
  } else {
    for (index_t i = 0; i < count; ++i) {
      const auto id = static_cast<std::uint64_t>(from[i * stride]);
      bits |= id;
      out[i] = static_cast<Id>(id);
    }
  }
  if (sizeof(Id) < 8 && bits >> 32) return bits;
  Id most = 0;
  for (index_t i = 0; i < count; ++i) most = std::max(most, out[i]);
  return most;
}

// Elements of a column of runs; the largest is the last.
template <class Id>
std::uint64_t load_runs(const IdColumn& column, index_t first, index_t count, Id* out) {
  if (count == 0) return 0;
  const std::int64_t* end = column.starts + column.runs + 1;
  index_t run = std::upper_bound(column.starts, end, static_cast<std::int64_t>(first)) - column.starts - 1;
  for (index_t e = first; e < first + count; ++run) {
    const index_t stop = std::min(first + count, static_cast<index_t>(column.starts[run + 1]));
    for (; e < stop; ++e) out[e - first] = static_cast<Id>(run);
  }
  return static_cast<std::uint64_t>(out[count - 1]);
}

void release_column(const IdColumn& column, index_t first, index_t count) {
  if (column.starts || column.stride != 1) return;
  release_pages(static_cast<const char*>(column.data) + first * column.bytes,
                static_cast<std::size_t>(count) * static_cast<std::size_t>(column.bytes));
}

template <class Id>
std::uint64_t load_block(const IdColumn& column, index_t first, index_t count, Id* out) {
  if (column.starts) return load_runs(column, first, count, out);
  return by_width(column, [&](auto null) {
    using T = std::remove_const_t<std::remove_pointer_t<decltype(null)>>;
    return load_as(static_cast<const T*>(column.data) + first * column.stride, count, column.stride, out);
  });
}

}  // namespace

std::uint64_t IdColumn::load(index_t first, index_t count, std::uint32_t* out) const {
  return load_block(*this, first, count, out);
}

std::uint64_t IdColumn::load(index_t first, index_t count, std::uint64_t* out) const {
  return load_block(*this, first, count, out);
}

void Edges::release(index_t first, index_t count, bool last) const {
  if (pages == Pages::kKeep || (pages == Pages::kOwn && !last)) return;
  release_column(source, first, count);
  release_column(target, first, count);
  if (weight.data && weight.stride == 1) release_pages(weight.data, first, count);
}

IdRange id_range(const IdColumn& column, Pages pages) {
  if (column.size == 0) return {};
  constexpr index_t step = index_t{1} << 20;
  const index_t tasks = (column.size + step - 1) / step;
  std::vector<IdRange> found(tasks);
  parallel_tasks(tasks, [&](index_t task) {
    const index_t first = task * step, last = std::min(column.size, first + step);
    found[task] = by_width(column, [&](auto null) -> IdRange {
      using T = std::remove_const_t<std::remove_pointer_t<decltype(null)>>;
      const T* data = static_cast<const T*>(column.data);
      T least = data[first * column.stride], largest = least;
      for (index_t i = first; i < last; ++i) {
        least = std::min(least, data[i * column.stride]);
        largest = std::max(largest, data[i * column.stride]);
      }
      // A negative largest element is of no use to anybody: least tells.
      return {std::is_signed_v<T> ? static_cast<std::int64_t>(least) : 0,
              largest < T{0} ? 0 : static_cast<std::uint64_t>(largest)};
    });
    if (pages == Pages::kMapped) release_column(column, first, last - first);
  });
  IdRange range = found[0];
  for (const IdRange& one : found) {
    range.least = std::min(range.least, one.least);
    range.largest = std::max(range.largest, one.largest);
  }
  return range;
}

}  // namespace mmlcore
