// Eigenvalues of symmetric matrices: small ones in lanes, all of one and the largest few, its product with a vector.
#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>

#include "mmlcore/eigen/certify_spectrum_above.hpp"
#include "mmlcore/eigen/jacobi.hpp"
#include "mmlcore/eigen/largest_eigenpairs.hpp"
#include "mmlcore/eigen/symmetric_pairs.hpp"
#include "mmlcore/eigen/symmetric_product.hpp"
#include "rows.hpp"

namespace mmlcore::bench {
namespace {

constexpr index_t kCount = 1000;

struct Stack {
  explicit Stack(index_t n)
      : a(random_rows<double>(kCount * n, n, 1)), vectors(a), right(a), values(kCount, n), found(values) {}
  Rows<double> a, vectors, right, values, found;
};

template <int N>
void lanes() {
  using Square = Eigen::Matrix<double, N, N>;
  const auto s = std::make_shared<Stack>(N);
  for (index_t i = 0; i < kCount; ++i) {
    const Square item = s->a.middleRows(i * N, Eigen::fix<N>);
    s->a.middleRows(i * N, Eigen::fix<N>) = item + item.transpose();
  }
  row(
      "symmetric eigenvalues in lanes, 1000 of " + std::to_string(N), "SelfAdjointEigenSolver, item by item",
      [s] {
        jacobi<double>(stack<const double>(s->a.data(), kCount, N, N), s->values.data(),
                       stack<double>(s->vectors.data(), kCount, N, N));
      },
      [s] {
        for (index_t i = 0; i < kCount; ++i) {
          const Eigen::SelfAdjointEigenSolver<Square> found(Square(s->a.middleRows(i * N, Eigen::fix<N>)));
          s->found.row(i) = found.eigenvalues().transpose();
          s->right.middleRows(i * N, Eigen::fix<N>) = found.eigenvectors();
        }
      },
      [s] { return apart(s->values, s->found); });
}

struct Symmetric {
  explicit Symmetric(index_t n, index_t k = 1) : values(k), x(Eigen::VectorXd::Ones(n)), y(n), ey(n), vectors(n, k) {
    const Rows<double> half = random_rows<double>(n, n, 1);
    a = half + half.transpose();
    ea = a;
  }
  Rows<double> a;
  Columns<double> ea;
  Eigen::VectorXd values, x, y, ey;
  Rows<double> vectors;
};

void largest(index_t n, index_t k) {
  const auto s = std::make_shared<Symmetric>(n, k);
  row(
      "largest " + std::to_string(k) + " eigenvalues of " + std::to_string(n), "SelfAdjointEigenSolver",
      [s] { largest_eigenpairs(view(std::as_const(s->a)), s->values.data(), view(s->vectors)); },
      [s] { s->ey = Eigen::SelfAdjointEigenSolver<Columns<double>>(s->ea).eigenvalues().reverse(); },
      [s] { return apart(s->values, s->ey.head(s->values.size()).eval()); });
}

template <class T>
void pairs(index_t n) {
  struct All {
    explicit All(index_t n) : vectors(n, n), values(n) {
      const Rows<T> half = random_rows<T>(n, n, 1);
      a = half + half.transpose();
      ea = a;
    }
    Rows<T> a, vectors;
    Columns<T> ea;
    Eigen::Matrix<T, Eigen::Dynamic, 1> values, found;
  };
  const auto s = std::make_shared<All>(n);
  const std::string type = sizeof(T) == 8 ? "" : ", float32";
  row(
      "all eigenpairs of " + std::to_string(n) + type, "SelfAdjointEigenSolver",
      [s] { symmetric_pairs<T>(view(std::as_const(s->a)), s->values.data(), view(s->vectors)); },
      [s] { s->found = Eigen::SelfAdjointEigenSolver<Columns<T>>(s->ea).eigenvalues(); },
      [s] { return apart(s->values, s->found); });
  row(
      "all eigenvalues of " + std::to_string(n) + type, "SelfAdjointEigenSolver",
      [s] { symmetric_values<T>(view(std::as_const(s->a)), s->values.data()); },
      [s] { s->found = Eigen::SelfAdjointEigenSolver<Columns<T>>(s->ea, Eigen::EigenvaluesOnly).eigenvalues(); },
      [s] { return apart(s->values, s->found); });
}

void times_vector(index_t n) {
  const auto s = std::make_shared<Symmetric>(n);
  const std::string task = "symmetric matrix times vector " + std::to_string(n);
  const auto ours = [s] { symmetric_product(view(std::as_const(s->a)), s->x.data(), s->y.data()); };
  const auto eigen = [s] { s->ey.noalias() = s->ea.selfadjointView<Eigen::Lower>() * s->x; };
  const auto distance = [s] { return apart(s->y, s->ey); };
  row(task, "selfadjointView * x", ours, eigen, distance);
  shipped_row(task, "selfadjointView * x", ours, eigen, distance);
}

void certify(index_t n) {
  const auto s = std::make_shared<Symmetric>(n);
  s->vectors.setZero();
  s->values.setZero();
  const double bound = 4 * std::sqrt(static_cast<double>(n)) + 1;
  const auto found = std::make_shared<std::pair<bool, bool>>();
  const auto ours = [s, bound, found] {
    found->first =
        certify_spectrum_above(bound, view(std::as_const(s->a)), s->values.data(), view(std::as_const(s->vectors)), 1);
  };
  const auto eigen = [s, bound, found] {
    const auto n = s->ea.rows();
    Columns<double> moved = bound * Columns<double>::Identity(n, n) - s->ea;
    moved.selfadjointView<Eigen::Lower>().rankUpdate(s->vectors.col(0));
    found->second = Eigen::LLT<Columns<double>>(moved).info() == Eigen::Success;
  };
  const auto distance = [found] { return found->first == found->second ? 0.0 : 1.0; };
  const std::string task = "no eigenvalue above, " + std::to_string(n);
  row(task, "LLT of bound I - A", ours, eigen, distance);
  shipped_row(task, "LLT of bound I - A", ours, eigen, distance);
}

}  // namespace

void eigenvalues() {
  lanes<3>();
  lanes<4>();
  lanes<8>();
  for (const index_t n : {10, 30, 100, 300}) pairs<double>(n);
  for (const index_t n : {30, 300}) pairs<float>(n);
  largest(300, 5);
  for (const index_t n : {100, 300, 1000, 3000}) times_vector(n);
  for (const index_t n : {100, 300, 1000}) certify(n);
}

}  // namespace mmlcore::bench
