// Products of matrices: large, small, in lanes, tall.
#include "mmlcore/matrices/matrix_vector.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/matrices/product_tall.hpp"
#include "rows.hpp"

namespace mmlcore::bench {
namespace {

template <class T>
struct Factors {
  Factors(index_t m, index_t k, index_t n)
      : a(random_rows<T>(m, k, 1)), b(random_rows<T>(k, n, 2)), c(m, n), ea(a), eb(b), ec(m, n) {}
  Rows<T> a, b, c;
  Columns<T> ea, eb, ec;
};

template <class T, class Kernel>
void one(const std::string& task, index_t m, index_t k, index_t n, Kernel kernel) {
  const auto f = std::make_shared<Factors<T>>(m, k, n);
  const auto ours = [f, kernel] { kernel(view(std::as_const(f->a)), view(std::as_const(f->b)), view(f->c)); };
  const auto eigen = [f] { f->ec.noalias() = f->ea * f->eb; };
  const auto distance = [f] { return apart(f->c, f->ec); };
  row(task, "noalias() = a * b", ours, eigen, distance);
  if (m * k * n > 100000) shipped_row(task, "noalias() = a * b", ours, eigen, distance);
}

template <class T, int N>
void lanes(const std::string& task) {
  constexpr index_t count = 1000;
  using Square = Eigen::Matrix<T, N, N, Eigen::RowMajor>;
  const auto f = std::make_shared<Factors<T>>(count * N, N, N);
  f->b = random_rows<T>(count * N, N, 2);
  const auto right = std::make_shared<Rows<T>>(count * N, N);
  row(
      task, "fixed size, item by item",
      [f] {
        product_lanes<T>(stack<const T>(f->a.data(), count, N, N), stack<const T>(f->b.data(), count, N, N),
                         stack<T>(f->c.data(), count, N, N));
      },
      [f, right] {
        for (index_t i = 0; i < count; ++i) {
          Eigen::Map<Square>(right->data() + i * N * N).noalias() =
              Eigen::Map<const Square>(f->a.data() + i * N * N) * Eigen::Map<const Square>(f->b.data() + i * N * N);
        }
      },
      [f, right] { return apart(f->c, *right); });
}

}  // namespace

void products() {
  const auto large = [](auto a, auto b, auto c) { product<double>(a, b, c); };
  const auto small = [](auto a, auto b, auto c) { product_small<double>(a, b, c); };
  for (const index_t n : {32, 100, 300, 500, 1000})
    one<double>("product " + std::to_string(n) + " x " + std::to_string(n), n, n, n, large);
  one<double>("product 1000 x 64 by 64 x 64", 1000, 64, 64, large);
  one<float>("product 500 x 500, float", 500, 500, 500, [](auto a, auto b, auto c) { product<float>(a, b, c); });
  for (const index_t n : {4, 12, 32, 96}) one<double>("product small " + std::to_string(n), n, n, n, small);
  for (const index_t n : {30, 100, 300, 1000}) {
    one<double>("matrix times vector " + std::to_string(n), n, n, 1,
                [](auto a, auto b, auto c) { matrix_vector<double>(a, b.col(0), c.col(0)); });
  }
  one<double>("product tall 20000 x 12 by 12 x 12", 20000, 12, 12,
              [](auto a, auto b, auto c) { product_tall<double>(a, b, c); });
  lanes<double, 3>("product in lanes, 1000 of 3");
  lanes<double, 4>("product in lanes, 1000 of 4");
  lanes<float, 4>("product in lanes, 1000 of 4, float");
}

}  // namespace mmlcore::bench
