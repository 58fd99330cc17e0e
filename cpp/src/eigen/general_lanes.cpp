#include "mmlcore/eigen/general_lanes.hpp"

#include <algorithm>
#include <type_traits>

#include "lane_schur.hpp"

namespace mmlcore {
namespace {

// Eigenvectors of a quasi-triangular matrix by back substitution, turned back by Q and D.
template <class V, class Order>
class LaneVectors {
  using Mask = typename LaneTraits<V>::Mask;
  using Schur = LaneSchur<V, Order>;

 public:
  // below: n + 1 of the subdiagonal, with zeros at both ends; x: 2 n.
  LaneVectors(const Schur& schur, const V* values, V* below, V* x)
      : n_(schur.n), schur_(schur), values_(values), below_(below), re_(x), im_(x + schur.n) {
    below_[0] = below_[n_] = V{};
    for (index_t k = 1; k < n_; ++k) below_[k] = schur.at(k, k - 1);
    V most{};
    for (index_t i = 0; i < n_; ++i) {
      for (index_t j = i; j < n_; ++j) most = larger(most, lane::size(schur.at(i, j)));
    }
    small_ = larger(most * Schur::kUnit, lane::constant<V>(Schur::kLeast));
  }

  void run(V* vectors, double leading) {
    for (index_t k = n_; k-- > 0;) {
      const Mask second = lane::size(below_[k]) > 0.0, first = lane::size(below_[k + 1]) > 0.0;
      substitute(k, second);
      turn_back(k, leading);
      for (index_t i = 0; i < n_; ++i) {
        V* const to = vectors + (i * n_ + k) * 2;
        const V im = lane::choose(second, -im_[i], im_[i]);  // the conjugate of its neighbour's
        to[0] = k + 1 < n_ ? lane::choose(first, to[2], re_[i]) : re_[i];
        to[1] = k + 1 < n_ ? lane::choose(first, -to[3], im) : im;
      }
    }
  }

 private:
  [[gnu::always_inline]] static V larger(V x, V y) { return lane::choose(x > y, x, y); }
  [[gnu::always_inline]] V t(index_t i, index_t j) const { return schur_.at(i, j); }

  // (T - value) x = 0 with x_k = 1, of a pair with the positive imaginary part.
  void substitute(index_t k, Mask second) {
    const V one = Schur::one();
    const V value = values_[2 * k], turn = lane::choose(second, lane::size(values_[2 * k + 1]), V{});
    re_[k] = one;
    im_[k] = V{};
    for (index_t i = k + 1; i < n_; ++i) re_[i] = im_[i] = V{};
    if (k > 0) re_[k - 1] = im_[k - 1] = V{};
    if (k > 0 && lane::any(second)) {  // (a - value) x_(k-1) + b x_k = 0: the larger of both rows of the block
      const V b = t(k - 1, k), c = below_[k];
      const Mask upper = lane::size(b) >= lane::size(c);
      const V by_upper = turn / lane::choose(second, b, one), by_lower = -turn / lane::choose(second, c, one);
      re_[k] = lane::choose(second, V{}, re_[k]);
      im_[k] = lane::choose(second, lane::choose(upper, by_upper, one), im_[k]);
      re_[k - 1] = lane::choose(second, lane::choose(upper, one, by_lower), re_[k - 1]);
    }
    for (index_t j = k; j-- > 0;) {
      // Rows of x's own block are known, and so is the upper row of a block whose lower one was solved with it.
      Mask known = lane::size(below_[j + 1]) > 0.0;
      Mask pair = lane::size(below_[j]) > 0.0;
      if (j + 1 == k) {
        known = known | second;
        pair = pair & ~second;
      }
      V r{}, s{};
      for (index_t i = j + 1; i <= k; ++i) {
        r -= t(j, i) * re_[i];
        s -= t(j, i) * im_[i];
      }
      V a = t(j, j) - value, b = -turn;
      const Mask vanishes = lane::size(a) + lane::size(b) < small_;
      a = lane::choose(vanishes, small_, a);
      b = lane::choose(vanishes, V{}, b);
      const V inverse = 1.0 / (a * a + b * b);
      V x = (r * a + s * b) * inverse, y = (s * a - r * b) * inverse;
      if (j > 0 && lane::any(pair)) solve_pair(j, k, pair, value, turn, r, s, x, y);
      re_[j] = lane::choose(known, re_[j], x);
      im_[j] = lane::choose(known, im_[j], y);
      const V size = lane::size(re_[j]) + lane::size(im_[j]);
      if (const Mask large = size > 1e60; lane::any(large)) {
        const V down = 1.0 / lane::choose(large, size, one);
        for (index_t i = std::max<index_t>(j - 1, 0); i <= k; ++i) {
          re_[i] *= down;
          im_[i] *= down;
        }
      }
    }
  }

  // Rows j - 1 and j are a block: both at once, by Cramer's rule in complex numbers.
  void solve_pair(index_t j, index_t k, Mask pair, V value, V turn, V r, V s, V& x, V& y) {
    V r1{}, s1{};
    for (index_t i = j + 1; i <= k; ++i) {
      r1 -= t(j - 1, i) * re_[i];
      s1 -= t(j - 1, i) * im_[i];
    }
    const V c = below_[j], b = t(j - 1, j), a = t(j, j) - value, e = -turn;
    V d = a * a - e * e - c * b;
    const V f = 2.0 * a * e;
    d = lane::choose(lane::size(d) + lane::size(f) < small_ * small_, small_ * small_, d);
    const V inverse = 1.0 / (d * d + f * f);
    const V ur = a * r - e * s - c * r1, ui = a * s + e * r - c * s1;
    const V vr = a * r1 - e * s1 - b * r, vi = a * s1 + e * r1 - b * s;
    x = lane::choose(pair, (ur * d + ui * f) * inverse, x);
    y = lane::choose(pair, (ui * d - ur * f) * inverse, y);
    re_[j - 1] = lane::choose(pair, (vr * d + vi * f) * inverse, re_[j - 1]);
    im_[j - 1] = lane::choose(pair, (vi * d - vr * f) * inverse, im_[j - 1]);
  }

  // x <- D Q x, of length 1, the leading entry real and positive.
  void turn_back(index_t k, double leading) {
    const V one = Schur::one();
    V most{};
    V* const __restrict re = re_ + 2 * n_, * const __restrict im = re + n_;
    if constexpr (std::is_same_v<V, Lone>) {  // along the rows of Q'
      std::fill(re, re + 2 * n_, V{});
      for (index_t j = 0; j <= k; ++j) {
        const V x = re_[j], y = im_[j], *const __restrict row = schur_.q + j * n_;
        for (index_t i = 0; i < n_; ++i) {
          re[i] += row[i] * x;
          im[i] += row[i] * y;
        }
      }
    } else {
      for (index_t i = 0; i < n_; ++i) {
        V x{}, y{};
        for (index_t j = 0; j <= k; ++j) {
          const V here = schur_.q[j * n_ + i];
          x += here * re_[j];
          y += here * im_[j];
        }
        re[i] = x;
        im[i] = y;
      }
    }
    for (index_t i = 0; i < n_; ++i) {
      re[i] *= schur_.scale[i];
      im[i] *= schur_.scale[i];
      most = larger(most, larger(lane::size(re[i]), lane::size(im[i])));
    }
    const V near = 1.0 / lane::choose(most > 0.0, most, one);
    V squares{}, top{};
    for (index_t i = 0; i < n_; ++i) {
      re[i] *= near;
      im[i] *= near;
      const V square = re[i] * re[i] + im[i] * im[i];
      squares += square;
      top = larger(top, square);
    }
    top = top * (leading * leading);
    V lead_re{}, lead_im{}, which = lane::constant<V>(-1);
    for (index_t i = n_; i-- > 0;) {
      const Mask may = re[i] * re[i] + im[i] * im[i] >= top;
      lead_re = lane::choose(may, re[i], lead_re);
      lead_im = lane::choose(may, im[i], lead_im);
      which = lane::choose(may, lane::constant<V>(static_cast<double>(i)), which);
    }
    const V size = lane::root(lead_re * lead_re + lead_im * lead_im);
    const V unit = 1.0 / (size * lane::root(squares)), c = lead_re * unit, s = lead_im * unit;
    for (index_t i = 0; i < n_; ++i) {
      re_[i] = re[i] * c + im[i] * s;
      im_[i] = lane::choose(which == static_cast<double>(i), V{}, im[i] * c - re[i] * s);
    }
  }

  Order n_;
  const Schur& schur_;
  const V* values_;
  V *below_, *re_, *im_, small_;
};

// The lanes whose residuals are larger than `bound` times the largest entry. gaps: 2 n.
template <class V, class Order>
typename LaneTraits<V>::Mask dull(Order n, const V* a, const V* values, const V* vectors, double bound, V* __restrict gaps) {
  V most{}, worst{};
  for (index_t e = 0; e < n * n; ++e) most = lane::choose(lane::size(a[e]) > most, lane::size(a[e]), most);
  for (index_t i = 0; i < n; ++i) {
    const V *const row = a + i * n, *const own = vectors + i * n * 2;
    for (index_t k = 0; k < n; ++k) {
      const V x = values[2 * k], y = values[2 * k + 1];
      gaps[2 * k] = y * own[2 * k + 1] - x * own[2 * k];
      gaps[2 * k + 1] = -x * own[2 * k + 1] - y * own[2 * k];
    }
    for (index_t j = 0; j < n; ++j) {
      const V factor = row[j], *const __restrict other = vectors + j * n * 2;
      for (index_t c = 0; c < 2 * n; ++c) gaps[c] += factor * other[c];
    }
    for (index_t k = 0; k < n; ++k) {
      const V gap = lane::size(gaps[2 * k]) + lane::size(gaps[2 * k + 1]);
      worst = lane::choose(gap > worst, gap, lane::choose(gap == gap, worst, gap));  // a NaN stays
    }
  }
  return ~(worst <= most * bound);
}

// Two rows: the roots of the quadratic.
template <class V>
typename LaneTraits<V>::Mask two_values(const V* a, V* values) {
  const V b = a[1], c = a[2], bc = b * c, p = 0.5 * (a[0] - a[3]), discriminant = p * p + bc, middle = a[3] + p;
  const auto real = discriminant >= 0.0;
  const V root = lane::root(lane::size(discriminant)), z = p + lane::with_sign(root, p);
  values[0] = lane::choose(real, a[3] + z, middle);
  values[1] = lane::choose(real, V{}, root);
  values[2] = lane::choose(real, a[3] - bc / lane::choose(z == 0.0, lane::constant<V>(1), z), middle);
  values[3] = lane::choose(real, V{}, -root);
  // What vanished on the way is small beside the matrix, not beside its values.
  return (lane::size(bc) < 1e-200) & (b != 0.0) & (c != 0.0);
}

template <class V, class Order>
typename LaneTraits<V>::Mask solve(Order n, V* a, V* values, V* vectors, double leading, double bound, V* work) {
  V* const h = vectors ? work : a;
  V* const q = vectors ? work + n * n : nullptr;
  V *const scale = work + 2 * n * n, *const rest = scale + n;
  if (vectors) {
    std::copy(a, a + n * n, h);
    for (index_t i = 0; i < n; ++i) {
      for (index_t j = 0; j < n; ++j) q[i * n + j] = lane::constant<V>(i == j ? 1 : 0);
    }
  }
  LaneSchur<V, Order> schur{n, h, q, scale};
  schur.balance();
  schur.to_hessenberg(rest);
  schur.iterate();
  if (vectors) schur.standardize();
  schur.read_values(values);
  if (!vectors) return schur.unfinished;
  LaneVectors<V, Order>(schur, values, rest, rest + n + 1).run(vectors, leading);
  return schur.unfinished | dull(n, a, values, vectors, bound, rest);
}

}  // namespace

template <class V>
typename LaneTraits<V>::Mask general_lanes(index_t n, V* a, V* values, V* vectors, double leading, double bound, V* work) {
  if (n == 2 && !vectors) return two_values(a, values);
  switch (n) {
    case 2:
      return solve(std::integral_constant<index_t, 2>{}, a, values, vectors, leading, bound, work);
    case 3:
      return solve(std::integral_constant<index_t, 3>{}, a, values, vectors, leading, bound, work);
    case 4:
      return solve(std::integral_constant<index_t, 4>{}, a, values, vectors, leading, bound, work);
    default:
      return solve(n, a, values, vectors, leading, bound, work);
  }
}

template LaneTraits<Lone>::Mask general_lanes<Lone>(index_t, Lone*, Lone*, Lone*, double, double, Lone*);
template LaneTraits<Twin>::Mask general_lanes<Twin>(index_t, Twin*, Twin*, Twin*, double, double, Twin*);
template LaneTraits<lane::Vec>::Mask general_lanes<lane::Vec>(index_t, lane::Vec*, lane::Vec*, lane::Vec*, double, double,
                                                              lane::Vec*);

}  // namespace mmlcore
