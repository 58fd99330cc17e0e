// libFuzzer's target for edge lists in text. Whatever the bytes are, they are read or refused with a sentence; and cutting
// them at an end of line, as a file is cut that comes in blocks, changes neither the edges nor the sentence.
//
//   nox -s fuzz -- 600        builds it by clang with AddressSanitizer and runs it for ten minutes
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "mmlcore/core/errors.hpp"
#include "mmlcore/graph/edge_text.hpp"

using mmlcore::EdgeText;
using mmlcore::index_t;

namespace {

struct Outcome {
  std::string refused;
  index_t lines = 0;
  std::vector<std::int64_t> source, target;
  std::vector<std::uint64_t> weight;  // bits: NaN equals itself

  bool operator==(const Outcome&) const = default;
};

template <class Id>
std::vector<std::int64_t> copy(const mmlcore::Growing<Id>& column, index_t size) {
  return {column.data(), column.data() + size};
}

// Reads [0, cut) and then [cut, size); each part in memory of its own size, so that a byte too many is seen.
Outcome read(const std::uint8_t* data, std::size_t size, std::size_t cut) {
  EdgeText text;
  Outcome out;
  try {
    for (const auto& [begin, end] : {std::pair{std::size_t{0}, cut}, std::pair{cut, size}}) {
      const std::vector<char> part(data + begin, data + end);
      if (!part.empty()) text.feed(part.data(), static_cast<index_t>(part.size()), false);
    }
  } catch (const mmlcore::DomainError& error) {
    out.refused = error.what();
    return out;
  }
  out.lines = text.lines;
  out.source = text.wide ? copy(text.wide_ends.source, text.edges) : copy(text.ends.source, text.edges);
  out.target = text.wide ? copy(text.wide_ends.target, text.edges) : copy(text.ends.target, text.edges);
  if (text.weighted.value_or(false)) {
    out.weight.resize(static_cast<std::size_t>(text.edges));
    std::memcpy(out.weight.data(), text.weight.data(), out.weight.size() * sizeof(double));
  }
  return out;
}

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz_edges: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Outcome whole = read(data, size, 0);
  require(whole.refused.empty() || (whole.refused.size() > 10 && whole.refused.back() == '.'), "refused without a sentence");
  for (const std::int64_t node : whole.source) require(node >= 0, "a negative node");
  for (const std::int64_t node : whole.target) require(node >= 0, "a negative node");
  const void* end = std::memchr(data + size / 2, '\n', size - size / 2);
  if (!end) return 0;
  const auto cut = static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - data) + 1;
  require(whole == read(data, size, cut), "cut into two blocks, the text reads otherwise");
  return 0;
}
