#include <doctest/doctest.h>

#include <thread>
#include <utility>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/growing.hpp"
#include "mmlcore/core/result_memory.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("core");

TEST_CASE("scratch memory begins on a cache line, and is kept for the next of its size") {
  release_scratch();
  void* before;
  {
    Buffer<double> a(10'000);
    before = a.data();
    CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0);
  }
#if !defined(__SANITIZE_ADDRESS__)
  CHECK(Buffer<double>(10'000).data() == before);
  CHECK(release_scratch() >= 80'000);
#endif
  CHECK(release_scratch() == 0);
}

TEST_CASE("what another thread keeps is given back, too") {
  std::thread([] { Buffer<double> a(1'000'000); }).join();
  release_scratch();
  CHECK(release_scratch() == 0);
}

TEST_CASE("a buffer that was moved from is empty; one over foreign memory frees nothing") {
  Buffer<int> a(3);
  a[0] = 7;
  Buffer<int> b(std::move(a));
  CHECK(a.size() == 0);
  CHECK(a.data() == nullptr);
  CHECK(b[0] == 7);
  int own[2] = {1, 2};
  {
    auto over = Buffer<int>::over(own, 2);
    over[1] = 5;
  }
  CHECK(own[1] == 5);
}

TEST_CASE("sizes that no memory holds are refused") {
  CHECK_THROWS_AS(Buffer<double>(-1), std::bad_alloc);
  CHECK_THROWS_AS(Buffer<double>(index_t{1} << 61), std::bad_alloc);
}

TEST_CASE("a growing column keeps what was written") {
  Growing<long> column;
  for (index_t i = 0; i < 300'000; ++i) {
    column.reserve(i + 1);
    column[i] = static_cast<long>(3 * i);
  }
  bool same = true;
  for (index_t i = 0; i < 300'000; ++i) same &= column[i] == 3 * i;
  CHECK(same);
  Growing<long> other(std::move(column));
  CHECK(column.data() == nullptr);
  column.reserve(1);  // has room again, of its own
  column[0] = 1;
  CHECK(other[1] == 3);
}

TEST_CASE("results reuse freed memory of the same size") {
  release_kept();
  void* a = take_result(1 << 20);
  REQUIRE(a);
  give_result(a, 1 << 20);
#if !defined(__SANITIZE_ADDRESS__)
  void* b = take_result(1 << 20);
  CHECK(b == a);
  give_result(b, 1 << 20);
  CHECK(release_kept() >= (1 << 20));
#endif
}

TEST_CASE("columns of padded matrices do not start at multiples of large powers of two") {
  for (const index_t n : {1, 8, 100, 512, 1024, 4096}) {
    const index_t stride = padded_stride<double>(n);
    CHECK(stride >= n);
    CHECK(stride % 8 == 0);
    if (n >= 512) CHECK(stride % 64 != 0);
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
