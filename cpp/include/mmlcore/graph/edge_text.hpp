// Edge list in text: two integers a line, a third column is the weight; separated by blanks, tabs or a comma; lines that
// start with # or % are comments.
//
// Text comes in blocks of whole lines, so that a file may be longer than memory or unpacked on the way. A block is cut into
// chunks at ends of lines. One reading counts the lines of each chunk, so that every chunk knows the number of its first
// line and where its edges go; a second one parses all chunks, each by itself. Node numbers take 32 bits until one needs
// more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mmlcore/core/growing.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <class Id>
struct EndColumns {
  Growing<Id> source, target;
};

class EdgeText {
 public:
  // The next lines; throws DomainError naming the first bad one. `mapped`: the text lies in a mapped file, whose pages are
  // given back when they are parsed.
  void feed(const char* text, index_t size, bool mapped);

  index_t lines = 0, edges = 0;  // so far
  std::optional<bool> weighted;  // as the first edge is
  bool wide = false;             // node numbers are in `wide_ends`
  EndColumns<std::uint32_t> ends;
  EndColumns<std::int64_t> wide_ends;
  Growing<double> weight;

 private:
  void widen();
};

}  // namespace mmlcore
