// Small sums of products over labels, as einsum has them, straight from the definition: one loop for each label,
//
//   out[labels of the result] += a_1[its labels] a_2[its labels] ...
//
// Up to some thousand products that takes less time than to plan a contraction by matrix products (2 x 6 x 2 times 2 x 2 x 4
// in 12 us, here 1). Loops over labels of the result are outside, but one along which all arrays are contiguous is the
// innermost, if there is one. Cost: one multiplication for each combination of the labels and each array.
#pragma once

#include <algorithm>
#include <utility>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr int kContractionLabels = 8, kContractionParts = 4;
inline constexpr index_t kContractionWork = index_t{1} << 14;  // products, at most

template <class T>
struct Contraction {
  struct Label {
    index_t size = 1;
    index_t stride[kContractionParts] = {};  // 0: that array does not carry it
    index_t to = 0;                          // of the result
  };
  int labels = 0, parts = 0;
  Label label[kContractionLabels];
  const T* part[kContractionParts] = {};

  index_t work() const {
    index_t product = 1;
    for (int i = 0; i < labels; ++i) product *= label[i].size;
    return product;
  }

  // Adds to `out`, which holds zeros.
  void run(T* out) {
    arrange();
    if (work() > 0) loop(0, part, out);
  }

 private:
  bool contiguous(const Label& l) const {
    bool one = false;
    for (int k = 0; k < parts; ++k) {
      if (l.stride[k] != 0 && l.stride[k] != 1) return false;
      one |= l.stride[k] == 1;
    }
    return one && l.to <= 1 && l.to >= 0;
  }

  void arrange() {
    std::stable_sort(label, label + labels, [](const Label& a, const Label& b) { return (a.to != 0) > (b.to != 0); });
    int best = -1;
    for (int i = 0; i < labels; ++i) {
      if (contiguous(label[i]) && (best < 0 || label[i].size > label[best].size)) best = i;
    }
    if (best >= 0 && label[best].size > 3) std::rotate(label + best, label + best + 1, label + labels);
  }

  void loop(int depth, const T* const* at, T* to) const {
    if (labels == 0) {
      T product = at[0][0];
      for (int k = 1; k < parts; ++k) product *= at[k][0];
      *to += product;
      return;
    }
    const Label& l = label[depth];
    if (depth == labels - 1) return innermost(l, at, to);
    const T* next[kContractionParts];
    for (index_t i = 0; i < l.size; ++i) {
      for (int k = 0; k < parts; ++k) next[k] = at[k] + i * l.stride[k];
      loop(depth + 1, next, to + i * l.to);
    }
  }

  void innermost(const Label& l, const T* const* at, T* to) const {
    T factor = 1;  // of the arrays without the label
    int moving[kContractionParts], count = 0;
    for (int k = 0; k < parts; ++k) {
      if (l.stride[k] == 0) {
        factor *= *at[k];
      } else {
        moving[count++] = k;
      }
    }
    if (count == 1) return add(l, factor, at[moving[0]], l.stride[moving[0]], to);
    if (count == 2) return add(l, factor, at[moving[0]], l.stride[moving[0]], at[moving[1]], l.stride[moving[1]], to);
    for (index_t i = 0; i < l.size; ++i) {
      T product = factor;
      for (int k = 0; k < count; ++k) product *= at[moving[k]][i * l.stride[moving[k]]];
      to[i * l.to] += product;
    }
  }

  static void add(const Label& l, T factor, const T* x, index_t sx, T* __restrict to) {
    const index_t n = l.size;
    if (l.to == 0) {
      T sum[8] = {};  // eight chains
      index_t i = 0;
      for (; i + 8 <= n; i += 8) {
        for (index_t c = 0; c < 8; ++c) sum[c] += x[(i + c) * sx];
      }
      for (; i < n; ++i) sum[0] += x[i * sx];
      *to += factor * (((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7])));
    } else if (sx == 1 && l.to == 1) {
      for (index_t i = 0; i < n; ++i) to[i] += factor * x[i];
    } else {
      for (index_t i = 0; i < n; ++i) to[i * l.to] += factor * x[i * sx];
    }
  }

  static void add(const Label& l, T factor, const T* x, index_t sx, const T* y, index_t sy, T* __restrict to) {
    const index_t n = l.size;
    if (l.to == 0) {
      T sum[4] = {};  // four chains
      index_t i = 0;
      for (; i + 4 <= n; i += 4) {
        for (index_t c = 0; c < 4; ++c) sum[c] += x[(i + c) * sx] * y[(i + c) * sy];
      }
      for (; i < n; ++i) sum[0] += x[i * sx] * y[i * sy];
      *to += factor * ((sum[0] + sum[1]) + (sum[2] + sum[3]));
    } else if (sx == 1 && sy == 1 && l.to == 1) {
      for (index_t i = 0; i < n; ++i) to[i] += factor * (x[i] * y[i]);
    } else {
      for (index_t i = 0; i < n; ++i) to[i * l.to] += factor * (x[i * sx] * y[i * sy]);
    }
  }
};

}  // namespace mmlcore
