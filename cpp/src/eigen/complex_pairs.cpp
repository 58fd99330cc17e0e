#include "mmlcore/eigen/complex_pairs.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/eigen/back_transformation.hpp"
#include "mmlcore/eigen/complex_hessenberg.hpp"
#include "mmlcore/eigen/complex_schur.hpp"
#include "mmlcore/eigen/row_product.hpp"
#include "mmlcore/eigen/split_rows.hpp"
#include "pointed_columns.hpp"
#include "uneven_rows.hpp"

namespace mmlcore {
namespace {

// Vectors are brought back when they become longer, and matrices of numbers beyond these are not taken.
template <class T>
inline constexpr T kLong = sizeof(T) == 8 ? T(1e60) : T(1e12);
template <class T>
inline constexpr T kHuge = sizeof(T) == 8 ? T(1e280) : T(1e30);

constexpr index_t kSingle = 12;  // rows from which on float32 is faster than float64

template <class T>
class Problem {
 public:
  Problem(index_t n, bool vectors)
      : n_(n),
        whole_(whole_vectors<T>(n)),
        stride_(padded_rows<T>(n)),
        square_(whole_ * stride_),
        vectors_(vectors),
        numbers_(2 * n + hessenberg_scratch<T>(n)),
        memory_((vectors ? 12 : 4) * square_) {}

  template <Complex C>
  GeneralPairs solve(const MatrixView<const C>& a, C* values, const MatrixView<C>& vectors, bool balanced) {
    GeneralPairs told;
    told.real = false;
    if (!read(a)) return told;
    if (vectors_) std::copy_n(square(0).data, 2 * square_, original().data);
    std::fill_n(scale(), n_, T{1});
    if (balanced && uneven<T>(n_, square(0), scratch())) {
      if (sizeof(T) == sizeof(float)) return told;
      balance<T>(n_, square(0), scale());
    }
    complex_hessenberg<T>(n_, square(0), square(2), tau(), scratch());
    if (vectors_) form_q();
    if (!complex_schur<T>(n_, square(0), vectors_ ? q() : Rows{})) return told;
    told.found = true;
    const T up = std::ldexp(T{1}, power_);
    for (index_t k = 0; k < n_; ++k) {
      values[k] = static_cast<C>(split_row(square(0), k)[k] * up);
      told.found &= std::isfinite(values[k].real()) && std::isfinite(values[k].imag());
    }
    if (!vectors_) return told;
    substitute();
    turn_back();
    told.found &= normalize();
    told.sharp = told.found && residual() <= 16 * static_cast<T>(n_) * std::numeric_limits<RealPart<C>>::epsilon() * top_;
    Buffer<index_t> places(n_);
    for (index_t k = 0; k < n_; ++k) places[k] = k;
    write_pointed<T>(n_, found(), places.data(), vectors);
    return told;
  }

 private:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Int = typename S::Int;
  using Part = SplitVec<T>;
  using Row = SplitRow<T>;
  using Rows = PaddedRows<T>;
  static constexpr index_t W = S::width;

  Rows square(index_t i) const { return {memory_.data() + i * square_, stride_}; }
  Rows original() const { return square(10); }
  Rows q() const { return square(4); }  // the columns of Q, as rows
  // Vectors, as rows of W real parts, W imaginary ones, ...; x: rows 2 j, and i times them in rows 2 j + 1.
  Rows found() const { return {square(2).data, 2 * stride_}; }
  Rows x() const { return {square(6).data, 2 * stride_}; }
  T* scale() const { return numbers_.data(); }
  T* tau() const { return scale() + n_; }
  T* scratch() const { return tau() + n_; }

  // Parts apart, the largest in [1/2, 1); zeros behind the rows.
  template <Complex C>
  bool read(const MatrixView<const C>& a) {
    const Rows to = square(0);
    T top = 0, check = 0;
    for (index_t i = 0; i < n_; ++i) {
      const Row row = split_row(to, i);
      for (index_t j = 0; j < n_; ++j) {
        const C x = a(i, j);
        row.re[j] = static_cast<T>(x.real());
        row.im[j] = static_cast<T>(x.imag());
        check += (row.re[j] + row.im[j]) * 0;
        top = std::max({top, std::abs(row.re[j]), std::abs(row.im[j])});
      }
      std::fill(row.re + n_, row.re + whole_, T{0});
      std::fill(row.im + n_, row.im + whole_, T{0});
    }
    for (index_t i = 2 * n_; i < 2 * whole_; ++i) std::fill_n(to.row(i), stride_, T{0});
    if (check != 0 || !(top == 0 || (top > 1 / kHuge<T> && top < kHuge<T>))) return false;
    if (top == 0) return true;
    std::frexp(top, &power_);
    const T down = std::ldexp(T{1}, -power_);
    top_ = top * down;
    for (index_t i = 0; i < 2 * n_; ++i) {
      T* const row = to.row(i);
      for (index_t j = 0; j < whole_; j += W) S::store(row + j, S::load(row + j) * down);
    }
    return true;
  }

  // Q' from the reflections.
  void form_q() {
    const Rows z = x(), to = q();
    for (index_t i = 0; i < whole_; ++i) {
      std::fill_n(z.row(i), 2 * whole_, T{0});
      if (i < n_) z.row(i)[2 * (i / W * W) + i % W] = 1;
    }
    back_transform_hermitian<T>(1, n_, {square(2).row(2), stride_}, tau() + 1, z, n_);
    for (index_t i = 0; i < n_; i += W) {
      for (index_t c = 0; c < 2 * whole_; c += W) {
        Vec tile[W];
        for (index_t t = 0; t < W; ++t) tile[t] = S::load(z.row(i + t) + c);
        transpose<T>(tile);
        const index_t first = 2 * (c / (2 * W) * W) + (c / W) % 2;  // row 2 j, or 2 j + 1 for imaginary parts
        for (index_t t = 0; t < W; ++t) S::store(to.row(first + 2 * t) + i, tile[t]);
      }
    }
  }

  // Eigenvectors of T, the rows of x.
  void substitute() {
    const Rows t = square(0), to = x();
    Buffer<T> diagonal(2 * whole_);
    T *const re = diagonal.data(), *const im = re + whole_, most = largest(t);
    const T small = std::max(most * std::numeric_limits<T>::epsilon(), 1 / (kLong<T> * kLong<T>));
    std::fill(diagonal.begin(), diagonal.end(), T{0});
    for (index_t k = 0; k < n_; ++k) {
      re[k] = t.row(2 * k)[k];
      im[k] = t.row(2 * k + 1)[k];
    }
    for (index_t i = n_; i-- > 0;) {
      const Row own = split_row(t, i);
      const index_t head = i / W * W;
      for (index_t c = 0; c < head; c += W) put(i, c, {});
      for (index_t c = head; c < whole_; c += W) {
        Part sum;
        for (index_t j = i + 1; j < std::min(n_, c + W); ++j) sum.add(Part::splat(own[j]), get(to, j, c));
        Vec a = re[i] - S::load(re + c), b = im[i] - S::load(im + c);
        const auto vanishes = S::abs(a) + S::abs(b) < small;
        a = vanishes ? S::splat(small) : a;
        b = vanishes ? Vec{} : b;
        const Vec inverse = -1 / (a * a + b * b);
        Part value{(sum.re * a + sum.im * b) * inverse, (sum.im * a - sum.re * b) * inverse};
        if (c == head) {
          const auto place = lane_numbers<T>() - static_cast<Int>(i - head);
          value.re = place > 0 ? value.re : place == 0 ? S::splat(1) : Vec{};
          value.im = place > 0 ? value.im : Vec{};
        }
        put(i, c, value);
        const Vec size = S::abs(value.re) + S::abs(value.im);
        if (const auto large = size > kLong<T>; S::any(large)) shrink(i, c, 1 / (large ? size : S::splat(1)));
      }
    }
  }

  static T largest(Rows t, index_t rows, index_t columns) {
    Vec most{};
    for (index_t i = 0; i < rows; ++i) {
      for (index_t c = 0; c < columns; c += W) {
        const Vec size = S::abs(S::load(t.row(i) + c));
        most = size > most ? size : most;
      }
    }
    return lane_max<T>(most);
  }
  T largest(Rows t) const { return largest(t, 2 * n_, whole_); }

  static Part get(Rows rows, index_t j, index_t c) {
    const T* const row = rows.row(2 * j) + 2 * c;
    return {S::load(row), S::load(row + W)};
  }
  void put(index_t j, index_t c, Part value) const {
    T *const row = x().row(2 * j) + 2 * c, *const turned = x().row(2 * j + 1) + 2 * c;
    S::store(row, value.re);
    S::store(row + W, value.im);
    S::store(turned, -value.im);
    S::store(turned + W, value.re);
  }
  void shrink(index_t first, index_t c, Vec by) const {
    for (index_t j = first; j < n_; ++j) {
      const Part old = get(x(), j, c);
      put(j, c, {old.re * by, old.im * by});
    }
  }

  // D Q X.
  void turn_back() const {
    constexpr index_t strip = 6 * W;
    for (index_t c = 0; c < 2 * whole_; c += strip) {
      const index_t width = std::min(strip, 2 * whole_ - c), depth = std::min(n_, (c + width) / 2);
      row_product<T, Into::set>({q().data, n_, 2 * depth, 1, stride_}, {x().data + c, 2 * stride_},
                                {found().data + c, 2 * stride_}, width);
    }
    for (index_t i = 0; i < n_; ++i) {
      const T by = scale()[i];
      T* const row = found().row(i);
      for (index_t c = 0; by != 1 && c < 2 * whole_; c += W) S::store(row + c, S::load(row + c) * by);
    }
  }

  // Columns of length 1; false where there is none.
  bool normalize() const {
    const Rows v = found();
    bool fine = true;
    for (index_t c = 0; c < whole_; c += W) {
      T* const block = v.data + 2 * c;
      Vec most{}, squares{};
      for (index_t i = 0; i < n_; ++i) {
        const Vec x = S::abs(S::load(block + i * v.stride)), y = S::abs(S::load(block + i * v.stride + W));
        most = x > most ? x : most;
        most = y > most ? y : most;
      }
      const Vec near = 1 / (most > 0 ? most : S::splat(1));
      for (index_t i = 0; i < n_; ++i) {
        const Vec x = S::load(block + i * v.stride) * near, y = S::load(block + i * v.stride + W) * near;
        squares += x * x + y * y;
      }
      const Vec unit = 1 / S::sqrt(squares > 0 ? squares : S::splat(1));
      for (index_t i = 0; i < n_; ++i) {
        T* const at = block + i * v.stride;
        S::store(at, S::load(at) * near * unit);
        S::store(at + W, S::load(at + W) * near * unit);
      }
      const auto inside = lane_numbers<T>() < static_cast<Int>(n_ - c);
      fine &= !S::any(inside & ~((squares > 0) & (squares <= std::numeric_limits<T>::max())));
    }
    return fine;
  }

  // The largest part of a number of A V - V diag(values); NaN where one is.
  T residual() const {
    const Rows v = found(), gap{q().data, 2 * stride_}, a = original(), t = square(0);
    for (index_t j = 0; j < n_; ++j) {
      for (index_t c = 0; c < whole_; c += W) put(j, c, {S::load(v.row(j) + 2 * c), S::load(v.row(j) + 2 * c + W)});
    }
    const index_t twice = 2 * stride_;
    row_product<T, Into::set>({a.data, n_, n_, twice, 1}, {x().data, 2 * twice}, gap, 2 * whole_);
    row_product<T, Into::add>({a.data + stride_, n_, n_, twice, 1}, {x().data + twice, 2 * twice}, gap, 2 * whole_);
    Buffer<T> values(2 * whole_);
    std::fill(values.begin(), values.end(), T{0});
    for (index_t k = 0; k < n_; ++k) {
      values[k] = t.row(2 * k)[k];
      values[whole_ + k] = t.row(2 * k + 1)[k];
    }
    Vec worst{}, check{};
    for (index_t c = 0; c < whole_; c += W) {
      const auto inside = lane_numbers<T>() < static_cast<Int>(n_ - c);
      const Part value{S::load(values.data() + c), S::load(values.data() + whole_ + c)};
      for (index_t i = 0; i < n_; ++i) {
        Part own{-S::load(gap.row(i) + 2 * c), -S::load(gap.row(i) + 2 * c + W)};
        own.add(value, {S::load(v.row(i) + 2 * c), S::load(v.row(i) + 2 * c + W)});
        const Vec size = inside ? S::abs(own.re) + S::abs(own.im) : Vec{};
        check += size * 0;
        worst = size > worst ? size : worst;
      }
    }
    return lane_sum<T>(check) == 0 ? lane_max<T>(worst) : std::numeric_limits<T>::quiet_NaN();
  }

  const index_t n_, whole_, stride_, square_;
  const bool vectors_;
  int power_ = 0;  // of two, taken out
  T top_ = 0;      // the largest part of an entry then
  Buffer<T> numbers_, memory_;
};

// In the type's own arithmetic where that will do.
template <Complex C>
GeneralPairs of_one(const MatrixView<const C>& a, C* values, const MatrixView<C>& vectors, bool balanced) {
  if constexpr (sizeof(RealPart<C>) == sizeof(float)) {
    if (a.rows >= kSingle) {
      const GeneralPairs told = Problem<float>(a.rows, vectors.data != nullptr).solve<C>(a, values, vectors, balanced);
      if (told.found && (told.sharp || !vectors.data)) return told;
    }
  }
  return Problem<double>(a.rows, vectors.data != nullptr).solve<C>(a, values, vectors, balanced);
}

}  // namespace

template <Complex C>
GeneralPairs complex_pairs(const MatrixBatch<const C>& a, C* values, C* vectors, bool* poor, bool balanced) {
  const index_t n = a.item.rows;
  std::atomic<bool> found{true}, sharp{true};
  parallel_ranges(a.count(), 20000 / (100 * n * n * n + 1000) + 1, [&](index_t first, index_t last) {
    for (index_t i = first; i < last && (found || poor); ++i) {
      const GeneralPairs own =
          of_one<C>(a[i], values + i * n, c_order(vectors ? vectors + i * n * n : nullptr, n, n), balanced);
      if (poor) poor[i] = !own.found || !own.sharp;
      if (!own.found) found = false;
      if (!own.sharp) sharp = false;
    }
  });
  return {found, false, sharp};
}

template GeneralPairs complex_pairs<std::complex<float>>(const MatrixBatch<const std::complex<float>>&, std::complex<float>*,
                                                         std::complex<float>*, bool*, bool);
template GeneralPairs complex_pairs<std::complex<double>>(const MatrixBatch<const std::complex<double>>&,
                                                          std::complex<double>*, std::complex<double>*, bool*, bool);

}  // namespace mmlcore
