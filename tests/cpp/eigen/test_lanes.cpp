#include <doctest/doctest.h>

#include <complex>
#include <utility>
#include <vector>

#include "mmlcore/core/maps.hpp"
#include "mmlcore/eigen/general_pairs.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("eigen");

// || A V - V diag(values) || of one matrix and of each of a stack in lanes, groups that are not full among them.
TEST_CASE_TEMPLATE("general matrices, one and in lanes", T, float, double) {
  for (const index_t n : {1, 2, 3, 4, 6, 8, 9, 16, 30}) {
    for (const index_t count : {1, 2, 11, 19}) {
      const test::Matrix<T> all = test::random_matrix<T>(count * n, n, static_cast<unsigned>(n));
      MatrixBatch<const T> stack{c_order<const T>(all.data(), n, n), {}};
      stack.batch.push(count, n * n);
      std::vector<std::complex<T>> values(static_cast<std::size_t>(count * n)), vectors(values.size() * n);
      const GeneralPairs told = general_pairs<T>(stack, values.data(), vectors.data());
      REQUIRE(told.found);
      for (index_t i = 0; i < count; ++i) {
        const auto a = map(stack[i]).template cast<std::complex<double>>().eval();
        const auto v = map(c_order(vectors.data() + i * n * n, n, n)).template cast<std::complex<double>>().eval();
        const auto w = map(values.data() + i * n, n).template cast<std::complex<double>>().eval();
        const double room = 60 * static_cast<double>(n) * test::kUnit<T>;
        CHECK((a * v - v * w.asDiagonal()).norm() <= room * a.norm());
        CHECK((v.colwise().norm().array() - 1).abs().maxCoeff() <= room);
      }
    }
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
