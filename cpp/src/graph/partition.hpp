// Write-combining: many streams are written at once, each a line of 64 bytes at a time. Private to build.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "builder.hpp"
#include "mmlcore/core/buffer.hpp"

namespace mmlcore::graph {

template <class Word>
class Combiner {
 public:
  static constexpr index_t kLine = 64 / sizeof(Word);

  // `first[s]` is where stream s starts in `out`, which is aligned to 64 bytes, and `last[s]` where it has to end.
  Combiner(Word* out, const index_t* first, const index_t* last, index_t streams)
      : out_(out), streams_(streams), lines_(streams * kLine), at_(streams), start_(first), end_(last) {
    std::copy(first, first + streams, at_.begin());
  }

  void put(index_t stream, Word word) {
    const index_t at = at_[stream];
    Word* line = lines_.data() + stream * kLine;
    line[at & (kLine - 1)] = word;
    at_[stream] = at + 1;
    if (((at + 1) & (kLine - 1)) == 0) flush(stream, line, at + 1 - kLine);
  }

  // Writes what is left. Every word is in memory, visible to all threads that meet this one at the end of the region.
  void finish() {
    for (index_t s = 0; s < streams_; ++s) {
      if (at_[s] != end_[s]) refuse_changed_columns();
      const index_t begin = std::max(at_[s] & ~(kLine - 1), start_[s]);
      std::copy(lines_.data() + s * kLine + (begin & (kLine - 1)),
                lines_.data() + s * kLine + (begin & (kLine - 1)) + (at_[s] - begin), out_ + begin);
    }
#if defined(__SSE2__)
    _mm_sfence();
#endif
  }

 private:
  void flush(index_t stream, const Word* line, index_t begin) {
    if (begin + kLine > end_[stream]) refuse_changed_columns();
    if (begin < start_[stream]) {  // the first line belongs to the stream in front as well
      const index_t own = start_[stream] - begin;
      std::copy(line + own, line + kLine, out_ + begin + own);
      return;
    }
#if defined(__SSE2__)
    const __m128i* from = reinterpret_cast<const __m128i*>(line);
    __m128i* to = reinterpret_cast<__m128i*>(out_ + begin);
    for (int i = 0; i < 4; ++i) _mm_stream_si128(to + i, _mm_load_si128(from + i));
#else
    std::memcpy(out_ + begin, line, 64);
#endif
  }

  Word* out_;
  index_t streams_;
  Buffer<Word> lines_;
  Buffer<index_t> at_;
  const index_t *start_, *end_;
};

}  // namespace mmlcore::graph
