#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <utility>
#include <vector>

#include "mmlcore/eigen/complex_hessenberg.hpp"
#include "mmlcore/eigen/complex_pairs.hpp"
#include "mmlcore/eigen/hermitian_lanes.hpp"
#include "mmlcore/eigen/hermitian_pairs.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

template <class T>
using Matrices = std::vector<test::Matrix<std::complex<T>>>;

template <class T>
test::Matrix<std::complex<T>> random_complex(index_t m, index_t n, unsigned seed) {
  test::Matrix<std::complex<T>> a = test::random_matrix<T>(m, n, seed).template cast<std::complex<T>>();
  a.imag() = test::random_matrix<T>(m, n, seed + 1000);
  return a;
}

// Full, close to a multiple of the identity, of rank one, graded, zero.
template <class T>
Matrices<T> hermitian_matrices(index_t n) {
  using M = test::Matrix<std::complex<T>>;
  const M g = random_complex<T>(n, n, static_cast<unsigned>(n)), full = g + M(g.adjoint());
  M graded = full;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) graded(i, j) *= static_cast<T>(std::pow(10.0, -8.0 * static_cast<double>(i + j) / n));
  }
  return {full, M::Identity(n, n) + static_cast<T>(1e-4) * full, g.col(0) * g.col(0).adjoint(), graded, M::Zero(n, n)};
}

TEST_SUITE_BEGIN("eigen");

TEST_CASE_TEMPLATE("Hermitian pairs, alone and in lanes: LAPACK's ratios; the same values alone; strides", T, float,
                   double) {
  using C = std::complex<T>;
  using M = test::Matrix<C>;
  for (const index_t n : {1, 2, 3, 5, 8, 9, 16, 17, 40, 101}) {
    for (const M& source : hermitian_matrices<T>(n)) {
      const double room = 6 * static_cast<double>(n) * test::kUnit<T> * std::max<double>(source.norm(), 1e-30);
      M a = source, vectors(n, 2 * n);
      a.template triangularView<Eigen::StrictlyUpper>().setConstant(std::numeric_limits<T>::quiet_NaN());
      std::vector<T> values(static_cast<std::size_t>(n)), alone(values);
      const MatrixView<C> every_second{vectors.data(), n, n, 2 * n, 2};
      const auto check = [&](auto&& pairs, auto&& only) {
        REQUIRE(pairs());
        REQUIRE(only());
        M v(n, n);
        for (index_t i = 0; i < n; ++i) {
          for (index_t j = 0; j < n; ++j) v(i, j) = every_second(i, j);
        }
        const Eigen::Matrix<T, Eigen::Dynamic, 1> w = Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>>(values.data(), n);
        CHECK(std::is_sorted(values.begin(), values.end()));
        CHECK((source * v - v * w.template cast<C>().asDiagonal()).norm() <= room);
        CHECK((v.adjoint() * v - M::Identity(n, n)).norm() <= 12 * static_cast<double>(n) * test::kUnit<T>);
        for (std::size_t k = 0; k < values.size(); ++k) CHECK(std::abs(values[k] - alone[k]) <= room);
      };
      const auto view = test::view(std::as_const(a));
      check([&] { return hermitian_pairs<C>(view, values.data(), every_second); },
            [&] { return hermitian_values<C>(view, alone.data()); });
      if (n > 16) continue;
      const MatrixBatch<const C> one{view, {}};
      check(
          [&] {
            return hermitian_lanes<C>(one, values.data(), {every_second, {}});
          },
          [&] { return hermitian_lanes<C>(one, alone.data(), {}); });
    }
  }
}

TEST_CASE_TEMPLATE("Hermitian pairs: what is not finite, or leaves the range, is told", T, float, double) {
  using C = std::complex<T>;
  for (const index_t n : {4, 20}) {
    test::Matrix<C> a = test::Matrix<C>::Identity(n, n), vectors(n, n);
    std::vector<T> values(static_cast<std::size_t>(n));
    const auto told = [&] {
      const auto view = test::view(std::as_const(a));
      const bool alone = hermitian_pairs<C>(view, values.data(), test::view(vectors));
      CHECK(hermitian_values<C>(view, values.data()) == alone);
      if (n == 4) CHECK(hermitian_lanes<C>({view, {}}, values.data(), {}) == alone);
      return alone;
    };
    CHECK(told());
    a(n - 1, 1) = C(0, std::numeric_limits<T>::infinity());
    CHECK_FALSE(told());
    a.setConstant(std::numeric_limits<T>::max() / 2);
    CHECK_FALSE(told());
    a.setConstant(std::numeric_limits<T>::denorm_min() * 8);
    CHECK(told());
    CHECK(values.back() == static_cast<T>(8 * n) * std::numeric_limits<T>::denorm_min());
  }
}

TEST_CASE("the Hessenberg form is similar, and zero below") {
  for (const index_t n : {1, 2, 3, 9, 30}) {
    const test::Matrix<std::complex<double>> a = random_complex<double>(n, n, static_cast<unsigned>(n));
    const index_t stride = padded_rows<double>(n);
    std::vector<double> h(static_cast<std::size_t>(2 * rows_held(n) * stride)), v(h), tau(static_cast<std::size_t>(n)),
        scratch(static_cast<std::size_t>(hessenberg_scratch<double>(n)));
    const PaddedRows<double> rows{h.data(), stride};
    for (index_t i = 0; i < n; ++i) {
      for (index_t j = 0; j < n; ++j) {
        rows.row(2 * i)[j] = a(i, j).real();
        rows.row(2 * i + 1)[j] = a(i, j).imag();
      }
    }
    complex_hessenberg<double>(n, rows, {v.data(), stride}, tau.data(), scratch.data());
    double squares = 0;
    std::complex<double> trace = 0;
    for (index_t i = 0; i < n; ++i) {
      trace += std::complex<double>(rows.row(2 * i)[i], rows.row(2 * i + 1)[i]);
      for (index_t j = 0; j < n; ++j) {
        const double x = rows.row(2 * i)[j], y = rows.row(2 * i + 1)[j];
        squares += x * x + y * y;
        if (j + 1 < i) CHECK(std::abs(x) + std::abs(y) == 0);
      }
    }
    CHECK(std::sqrt(squares) == doctest::Approx(a.norm()));
    CHECK(std::abs(trace - a.trace()) <= 1e-13 * static_cast<double>(n) * a.norm());
  }
}

TEST_CASE_TEMPLATE("general complex pairs: residuals, balanced and not, cycles, Jordan blocks, one or a stack", T, float,
                   double) {
  using C = std::complex<T>;
  using M = test::Matrix<C>;
  for (const index_t n : {1, 2, 3, 8, 13, 40, 90}) {
    const M g = random_complex<T>(n, n, static_cast<unsigned>(n));
    M cycle = M::Zero(n, n), jordan = M::Identity(n, n) * C(0, 2);
    for (index_t i = 0; i < n; ++i) cycle(i, (i + 1) % n) = 1;
    for (index_t i = 0; i + 1 < n; ++i) jordan(i, i + 1) = 1;
    for (const M& a : Matrices<T>{g, cycle, jordan, M::Zero(n, n), M(g.template triangularView<Eigen::Upper>())}) {
      for (const bool balanced : {true, false}) {
        std::vector<C> values(static_cast<std::size_t>(2 * n)), alone(values), vectors(static_cast<std::size_t>(2 * n * n));
        MatrixBatch<const C> twice{test::view(a), {}};
        twice.batch.push(2, 0);
        bool poor[2] = {true, true};
        const GeneralPairs told = complex_pairs<C>(twice, values.data(), vectors.data(), poor, balanced);
        REQUIRE(told.found);
        CHECK(told.sharp);
        CHECK_FALSE(poor[0]);
        REQUIRE(complex_pairs<C>(twice, alone.data(), nullptr).found);
        CHECK(std::equal(vectors.begin(), vectors.begin() + n * n, vectors.begin() + n * n));
        const M v = Eigen::Map<M>(vectors.data(), n, n);
        const Eigen::Matrix<C, Eigen::Dynamic, 1> w = Eigen::Map<Eigen::Matrix<C, Eigen::Dynamic, 1>>(values.data(), n);
        const double room = 30 * static_cast<double>(n) * test::kUnit<T>;
        CHECK((a * v - v * w.asDiagonal()).norm() <= room * std::max<double>(a.norm(), 1e-30) * std::sqrt(n));
        for (index_t k = 0; k < n; ++k) CHECK(std::abs(v.col(k).norm() - 1) <= room);
        CHECK(std::abs(w.sum() - a.trace()) <= room * std::max<double>(a.norm(), 1e-30) * std::sqrt(n));
      }
    }
  }
  M bad = M::Identity(3, 3);
  bad(0, 1) = C(0, std::numeric_limits<T>::quiet_NaN());
  C values[3];
  CHECK_FALSE(complex_pairs<C>({test::view(std::as_const(bad)), {}}, values, nullptr).found);
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
