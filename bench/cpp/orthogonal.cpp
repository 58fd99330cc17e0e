// Orthogonal factors: in lanes, by blocks, of tall matrices.
#include <Eigen/QR>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/orthogonal/gram_schmidt.hpp"
#include "mmlcore/orthogonal/qr.hpp"
#include "rows.hpp"

namespace mmlcore::bench {
namespace {

struct Factors {
  Factors(index_t m, index_t n) : a(random_rows<double>(m, n, 1)), q(m, n), r(n, n), ea(a), eq(m, n), er(n, n), norms(n) {}
  Rows<double> a, q, r;
  Columns<double> ea, eq, er;
  Eigen::VectorXd norms;
  double distance() const { return apart(r.cwiseAbs(), er.cwiseAbs()); }
};

void eigen_qr(Factors& f) {
  const index_t n = f.ea.cols();
  const Eigen::HouseholderQR<Columns<double>> qr(f.ea);
  f.eq.setIdentity();
  f.eq.applyOnTheLeft(qr.householderQ());
  f.er = qr.matrixQR().topRows(n).triangularView<Eigen::Upper>();
}

template <class Kernel>
void one(const std::string& task, index_t m, index_t n, Kernel kernel) {
  const auto f = std::make_shared<Factors>(m, n);
  const auto ours = [f, kernel] { kernel(*f); };
  const auto eigen = [f] { eigen_qr(*f); };
  const auto distance = [f] { return f->distance(); };
  row(task, "HouseholderQR, thin Q", ours, eigen, distance);
  shipped_row(task, "HouseholderQR, thin Q", ours, eigen, distance);
}

template <int M, int N>
void lanes() {
  constexpr index_t count = 1000;
  using Item = Eigen::Matrix<double, M, N>;
  struct Stack {
    Rows<double> a = random_rows<double>(count * M, N, 1), q{count * M, N}, r{count * N, N}, eq{count * M, N},
                 er{count * N, N};
  };
  const auto s = std::make_shared<Stack>();
  row(
      "QR in lanes, 1000 of " + std::to_string(M) + " x " + std::to_string(N), "HouseholderQR, item by item",
      [s] {
        qr<double>(stack<const double>(s->a.data(), count, M, N), stack<double>(s->q.data(), count, M, N),
                   stack<double>(s->r.data(), count, N, N));
      },
      [s] {
        for (index_t i = 0; i < count; ++i) {
          const Eigen::HouseholderQR<Item> found(Item(s->a.middleRows(i * M, Eigen::fix<M>)));
          Item q = Item::Identity();
          q.applyOnTheLeft(found.householderQ());
          s->eq.middleRows(i * M, Eigen::fix<M>) = q;
          s->er.middleRows(i * N, Eigen::fix<N>) =
              found.matrixQR().topRows(Eigen::fix<N>).template triangularView<Eigen::Upper>();
        }
      },
      [s] { return apart(s->r.cwiseAbs(), s->er.cwiseAbs()); });
}

}  // namespace

void orthogonal() {
  lanes<4, 4>();
  lanes<8, 8>();
  lanes<20, 4>();
  const auto householder = [](Factors& f) { householder_qr<double>(view(std::as_const(f.a)), view(f.q), view(f.r)); };
  for (const index_t n : {20, 32, 100, 300, 1000})
    one("Householder QR " + std::to_string(n) + " x " + std::to_string(n), n, n, householder);
  one("Householder QR 1000 x 50", 1000, 50, householder);
  const auto cholesky = [](Factors& f) {
    const auto r = view(f.r);
    cholesky_qr<double>(view(std::as_const(f.a)), view(f.q), f.norms.data(), 0, &r);
  };
  one("Cholesky QR 1000 x 50", 1000, 50, cholesky);
  one("Cholesky QR 20000 x 12", 20000, 12, cholesky);
}

}  // namespace mmlcore::bench
