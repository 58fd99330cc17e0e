// How a block of points comes into the slots of a runner, and its results out of them: [point][number] turned.
#pragma once

#include "runner.hpp"

namespace mmlcore::calculus {

// The result of a single point that the last operation makes, if whole vectors are its numbers and those of its operands,
// and no other result is there too; -1: none.
template <class T>
int Runner<T>::last_output() const {
  if (layout_.code.empty() || !is_elementwise(layout_.code.back().op)) return -1;
  const Instruction& last = layout_.code.back();
  if (last.size % W != 0) return -1;
  for (int k = 0; k < operand_count(last.op); ++k) {
    if (last.operands[k].size != last.size && last.operands[k].size != 1) return -1;
  }
  int found = -1;
  for (std::size_t i = 0; i < layout_.outputs.size(); ++i) {
    const Operand& out = layout_.outputs[i];
    if (out.constant || out.far >= 0 || out.place != last.place) continue;
    if (found >= 0 || out.size != last.size) return -1;
    found = static_cast<int>(i);
  }
  return found;
}

template <class T>
void Runner<T>::load(const Operand& to, const Points<const T>& from, index_t first, index_t count) {
  if (to.size == 0) return;
  const T* data = from.data + first * from.stride;
  if (b_ == 1) {
    std::copy(data, data + to.size, slot(to.place));
    return;
  }
  const MatrixView<T> place = c_order(slot(to.place), to.size, b_).transposed();  // [point][number]
  if (from.stride == 0) {
    for (index_t i = 0; i < to.size; ++i) std::fill(&place(0, i), &place(0, i) + b_, data[i * from.step]);
    return;
  }
  if (to.size == 1) {
    T* row = slot(to.place);
    index_t p = 0;
    for (; p + 4 <= count; p += 4) {  // four loads on their way at once: gathers of the processor are slower
      const T* at = data + p * from.stride;
      const T a = at[0], b = at[from.stride], c = at[2 * from.stride], d = at[3 * from.stride];
      row[p] = a, row[p + 1] = b, row[p + 2] = c, row[p + 3] = d;
    }
    for (; p < count; ++p) row[p] = data[p * from.stride];
  } else if (from.stride != to.size || from.step != 1 ||
             !by_size(to.size, [&](auto n) { this->template part<n>(data, &place(0, 0), count); }))
    copy<T>(MatrixView<const T>{data, count, to.size, from.stride, from.step}, place.block(0, 0, count, to.size));
  for (index_t i = 0; count < b_ && i < to.size; ++i) {  // what is computed beyond the last point is that point again
    std::fill(&place(count, i), &place(0, i) + b_, place(count - 1, i));
  }
}

template <class T>
bool Runner<T>::store(const Operand& from, const Points<T>& to, index_t first, index_t count) {
  T* data = to.data + first * to.stride;
  const T* in = source(from);
  if (b_ == 1 || from.constant) {
    bool nan = false;
    for (index_t i = 0; i < from.size; i += kPiece) {  // looked at while it is in the first-level cache
      const index_t end = std::min(i + kPiece, index_t{from.size});
      if (layout_.absorbs && !from.constant) nan |= holds_nan(in + i, end - i);
      for (index_t point = 0; point < count; ++point) std::copy(in + i, in + end, data + point * to.stride + i);
    }
    return nan;
  }
  const bool nan = layout_.absorbs && holds_nan(in, from.size * b_);
  if (to.stride != from.size || !by_size(from.size, [&](auto n) { this->template join<n>(in, data, count); }))
    copy<T>(MatrixView<const T>{in, count, from.size, 1, b_}, MatrixView<T>{data, count, from.size, to.stride, 1});
  return nan;
}

}  // namespace mmlcore::calculus
