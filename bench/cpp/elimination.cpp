// Factors, systems, determinants, triangles. Eigen's own determinant of up to four rows takes cofactors, which are faster
// and lose digits: pivoted elimination stands beside pivoted elimination.
#include <Eigen/Cholesky>
#include <Eigen/LU>

#include "mmlcore/elimination/cholesky.hpp"
#include "mmlcore/elimination/determinant.hpp"
#include "mmlcore/elimination/determinant_small.hpp"
#include "mmlcore/elimination/lu.hpp"
#include "mmlcore/elimination/solve_batch.hpp"
#include "mmlcore/elimination/solve_small.hpp"
#include "mmlcore/elimination/triangular.hpp"
#include "rows.hpp"

namespace mmlcore::bench {
namespace {

constexpr index_t kCount = 1000;

struct System {
  System(index_t n, index_t k) : a(random_rows<double>(n, n, 1)), b(random_rows<double>(n, k, 2)), x(n, k), ea(a), eb(b) {}
  Rows<double> a, b, x;
  Columns<double> ea, eb, ex;
  double ours = 0, theirs = 0;
};

void factor(index_t n) {
  struct Both {
    Rows<double> a, lu;
    Columns<double> ea;
    Eigen::Matrix<index_t, Eigen::Dynamic, 1> pivots;
    Eigen::PartialPivLU<Columns<double>> solver;
  };
  const auto s = std::make_shared<Both>();
  s->ea = s->a = random_rows<double>(n, n, 1);
  s->pivots.resize(n);
  const auto eigen = [s] { s->solver.compute(s->ea); };
  const auto distance = [s] { return apart(s->lu, s->solver.matrixLU()); };
  const auto kernel = [s](bool parallel) {
    s->lu = s->a;
    lu_factor<double>(view(s->lu), s->pivots.data(), parallel);
  };
  const std::string task = "LU " + std::to_string(n);
  const auto rows = std::make_shared<Eigen::PartialPivLU<Rows<double>>>();
  row(
      task + ", in rows", "PartialPivLU of rows", [kernel] { kernel(false); }, [s, rows] { rows->compute(s->a); },
      [s, rows] { return apart(s->lu, rows->matrixLU()); });
  row(
      task, "PartialPivLU", [kernel] { kernel(false); }, eigen, distance);
  shipped_row(
      task, "PartialPivLU", [kernel] { kernel(true); }, eigen, distance);
}

void single(index_t n) {
  const auto s = std::make_shared<System>(n, 1);
  row(
      "one small system " + std::to_string(n), "PartialPivLU, solve",
      [s] { solve_small<double>(view(std::as_const(s->a)), view(std::as_const(s->b)), s->x.data()); },
      [s] { s->ex = s->ea.partialPivLu().solve(s->eb); }, [s] { return apart(s->x, s->ex); });
}

void one_determinant(index_t n) {
  const auto s = std::make_shared<System>(n, 1);
  row(
      "one small determinant " + std::to_string(n), "PartialPivLU, determinant",
      [s] { determinant_small<double>(view(std::as_const(s->a)), s->ours); },
      [s] { s->theirs = s->ea.partialPivLu().determinant(); },
      [s] { return std::abs(s->ours - s->theirs) / std::abs(s->theirs); });
}

template <int N>
void systems() {
  using Square = Eigen::Matrix<double, N, N, Eigen::RowMajor>;
  using Vector = Eigen::Matrix<double, N, 1>;
  const auto s = std::make_shared<System>(N, 1);
  s->a = random_rows<double>(kCount * N, N, 1);
  s->b = random_rows<double>(kCount * N, 1, 2);
  s->x.resize(kCount * N, 1);
  s->ex.resize(kCount * N, 1);
  row(
      "systems in lanes, 1000 of " + std::to_string(N), "PartialPivLU, item by item",
      [s] {
        solve_lanes<double>(stack<const double>(s->a.data(), kCount, N, N), stack<const double>(s->b.data(), kCount, N, 1),
                            stack<double>(s->x.data(), kCount, N, 1));
      },
      [s] {
        for (index_t i = 0; i < kCount; ++i) {
          Eigen::Map<Vector>(s->ex.data() + i * N) = Eigen::Map<const Square>(s->a.data() + i * N * N)
                                                         .partialPivLu()
                                                         .solve(Eigen::Map<const Vector>(s->b.data() + i * N));
        }
      },
      [s] { return apart(s->x, s->ex); });
  const auto found =
      std::make_shared<std::pair<Eigen::VectorXd, Eigen::VectorXd>>(Eigen::VectorXd(kCount), Eigen::VectorXd(kCount));
  row(
      "determinants in lanes, 1000 of " + std::to_string(N), "PartialPivLU, determinant, item by item",
      [s, found] { determinants<double>(stack<const double>(s->a.data(), kCount, N, N), found->first.data(), nullptr); },
      [s, found] {
        for (index_t i = 0; i < kCount; ++i)
          found->second[i] = Eigen::Map<const Square>(s->a.data() + i * N * N).partialPivLu().determinant();
      },
      [found] { return apart(found->first, found->second); });
}

void triangle(index_t n, index_t k) {
  const auto s = std::make_shared<System>(n, k);
  s->a = (s->a / static_cast<double>(n) + Rows<double>::Identity(n, n)).eval();
  s->ea = s->a;
  const auto eigen = [s] {
    s->ex = s->eb;
    s->ea.triangularView<Eigen::Upper>().solveInPlace(s->ex);
  };
  const auto distance = [s] { return apart(s->x, s->ex); };
  const auto kernel = [s](bool parallel) {
    s->x = s->b;
    solve_upper<double>(view(std::as_const(s->a)), view(s->x), parallel);
  };
  const std::string task = "triangular system " + std::to_string(n) + ", " + std::to_string(k) + " sides";
  row(
      task, "triangularView, solveInPlace", [kernel] { kernel(false); }, eigen, distance);
  shipped_row(
      task, "triangularView, solveInPlace", [kernel] { kernel(true); }, eigen, distance);
}

void factor_definite(index_t n) {
  struct Both {
    Columns<double> a, l;
    Eigen::LLT<Columns<double>> llt;
  };
  const auto s = std::make_shared<Both>();
  const Columns<double> x = random_rows<double>(n + 5, n, 1);
  s->a = x.transpose() * x;
  row(
      "Cholesky " + std::to_string(n), "LLT",
      [s] {
        s->l = s->a;
        cholesky(view(s->l));
      },
      [s] { s->llt.compute(s->a); },
      [s] { return apart(Columns<double>(s->l.triangularView<Eigen::Lower>()), Columns<double>(s->llt.matrixL())); });
}

}  // namespace

void elimination() {
  for (const index_t n : {3, 8, 16, 64}) factor_definite(n);
  for (const index_t n : {17, 32, 48, 100, 300, 1000}) factor(n);
  for (const index_t n : {3, 6, 12}) single(n);
  for (const index_t n : {3, 6, 12}) one_determinant(n);
  systems<3>();
  systems<4>();
  systems<8>();
  systems<16>();
  for (const index_t n : {32, 200, 1000}) triangle(n, 1);
  for (const index_t n : {20, 32, 100, 300, 1000}) triangle(n, n);
}

}  // namespace mmlcore::bench
