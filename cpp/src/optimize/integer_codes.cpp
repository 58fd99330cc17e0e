#include <algorithm>
#include <vector>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/optimize/regressions.hpp"

namespace mmlcore::optimize {
namespace {

constexpr index_t kShort = index_t{1} << 16;  // labels that one thread numbers

}  // namespace

IntegerCodes::IntegerCodes(const std::int64_t* label, index_t count) : label_(label), count_(count) {
  if (count == 0) return;
  const index_t parts = count < kShort ? 1 : num_threads();
  std::vector<std::int64_t> low(parts, label[0]), high(parts, label[0]);
  each_part(parts, [&](index_t part, index_t begin, index_t end) {
    std::int64_t least = label[0], most = label[0];
    for (index_t i = begin; i < end; ++i) {
      least = std::min(least, label[i]);
      most = std::max(most, label[i]);
    }
    low[part] = least, high[part] = most;
  });
  least_ = *std::min_element(low.begin(), low.end());
  const std::int64_t most = *std::max_element(high.begin(), high.end());
  const std::uint64_t span = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least_);
  narrow_ = span < static_cast<std::uint64_t>(std::max<index_t>(4 * count, 1 << 16));
  if (!narrow_) return;
  number_ = Buffer<std::int32_t>(static_cast<index_t>(span) + 1);
  std::fill_n(number_.data(), number_.size(), -1);
  for (index_t i = 0; i < count; ++i) number_[label[i] - least_] = 0;
  for (std::int32_t& number : number_) {
    if (number == 0) number = static_cast<std::int32_t>(groups_++);
  }
}

template <class F>
void IntegerCodes::each_part(index_t parts, F&& f) const {
  parallel_tasks(parts, [&](index_t part) { f(part, count_ * part / parts, count_ * (part + 1) / parts); });
}

void IntegerCodes::write(std::int32_t* code, std::int64_t* used) const {
  for (index_t v = 0; v < number_.size(); ++v) {
    if (number_[v] >= 0) used[number_[v]] = least_ + v;
  }
  each_part(count_ < kShort ? 1 : num_threads(), [&](index_t, index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) code[i] = number_[label_[i] - least_];
  });
}

}  // namespace mmlcore::optimize
